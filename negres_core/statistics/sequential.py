"""Group-sequential looks: testing after each repeat of the folds, at an error rate that holds over all looks."""

from __future__ import annotations

import functools
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri

from negres_core.errors import InputError
from negres_core.statistics.estimate import Estimate
from negres_core.statistics.level import check_alpha

QUADRATURE_POINTS = 200
"""Points of the quadrature over paths that have not crossed yet; they give a bound to nine digits or more."""

QUADRATURE_REACH_SD = 9.0
"""Standard deviations below 0 at which the quadrature ends; the mass beyond is smaller than the rounding error."""

STEEPNESS = 6.0
"""Minus the parameter of Hwang, Shih and DeCani's spending function; the larger it is, the less is spent early."""

SMALLEST_P = 1e-12
"""Smallest p-value returned. The quadrature is good to nine digits, and no conclusion depends on smaller ones."""


def information_fractions(*, folds: int, repeats: int) -> tuple[float, ...]:
    """Return the share of the full information after each repeat of a repeated k-fold cross-validation.

    Cells are correlated, with rho = 1 / k as the corrected resampled t-test assumes. So m of M cells carry
    (rho + (1 - rho) / M) / (rho + (1 - rho) / m) of the information: each repeat adds less than the one before.

    Args:
        folds: k.
        repeats: repeats of the full design.

    Returns:
        One share per repeat, the last one 1.

    Examples:
        >>> [round(fraction, 3) for fraction in information_fractions(folds=5, repeats=5)]
        [0.644, 0.829, 0.916, 0.967, 1.0]
    """
    rho = 1.0 / folds
    full_variance = rho + (1.0 - rho) / (folds * repeats)
    return tuple(full_variance / (rho + (1.0 - rho) / (folds * repeat)) for repeat in range(1, repeats + 1))


def spent_level(share: float, *, alpha: float, steepness: float = STEEPNESS) -> float:
    """Return how much of a one-sided level may be spent up to a share of the planned repeats, between 0 and alpha.

    A Student's t statistic of few cells tells little about a skewed distribution, or one with rare collapses: the cells
    have not shown the tail yet. So early looks get a very small level, and nearly all of it is left for the end.

    References:
        Hwang, Shih & DeCani (1990), Group sequential designs using a family of type I error probability spending
        functions, Statistics in Medicine 9.
    """
    return alpha * math.expm1(steepness * share) / math.expm1(steepness)


def sequential_bounds(fractions: Sequence[float], *, spent: Sequence[float]) -> tuple[float, ...]:
    """Compute the bounds that a one-sided z statistic has to exceed at each look.

    Null hypothesis: the effect is at most 0. If the effect is 0, it is rejected up to a look with the probability that
    may be spent up to that look.

    The probability of crossing for the first time at a look, computed by recursive integration over the paths that have
    not crossed before (Armitage, McPherson & Rowe 1969), equals the level that is added at that look.

    Args:
        fractions: the share of the full information at each look, ascending, the last one 1.
        spent: the one-sided level that is spent up to each look, ascending, between 0 and 0.5.

    Returns:
        One bound per look.

    Raises:
        InputError: the fractions do not ascend to 1, or the levels do not ascend between 0 and 0.5, one per look.

    References:
        Lan & DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70.

    Examples:
        Pocock's bounds are all equal.

        >>> [round(bound, 2) for bound in sequential_bounds([1 / 2, 1], spent=[0.014702, 0.025])]
        [2.18, 2.18]
    """
    _check(fractions, spent)
    return _bounds(tuple(fractions), tuple(spent))


class Look(NamedTuple):
    """One look at a repeated k-fold cross-validation, after some of its repeats.

    A p-value of Student's t is compared with the level of the look. This is the significance-level approach, by which
    bounds derived for a normal statistic serve for one with few degrees of freedom.

    Attributes:
        folds: k.
        repeat: repeats so far, from 1.
        repeats: repeats of the full design, each with a look after it.

    Examples:
        >>> [round(Look(folds=5, repeat=repeat, repeats=5).level(0.05), 4) for repeat in range(1, 6)]
        [0.0003, 0.0011, 0.0043, 0.0149, 0.05]
        >>> round(Look(folds=5, repeat=2, repeats=5).p_value(0.001), 4)
        0.0437
    """

    folds: int
    repeat: int
    repeats: int

    @property
    def information(self) -> float:
        """The share of the full information at this look."""
        return self._fractions[self.repeat - 1]

    def level(self, alpha: float) -> float:
        """Return the one-sided nominal level of this look if all looks together have the level alpha."""
        return float(ndtr(-self._bound(alpha)))

    def p_value(self, nominal: float) -> float:
        """Return the repeated p-value of a one-sided test at this look: the smallest level at which it rejects.

        It is at most alpha exactly if this look rejects when all looks together have the level alpha. The level that
        earlier looks have spent is not added: overwhelming evidence stays overwhelming, also in a family.

        Args:
            nominal: the one-sided p-value of this look by itself.

        Returns:
            The p-value, from 1e-12 to 0.5; the nominal one if there is only one look.

        References:
            Jennison & Turnbull (2000), Group Sequential Methods with Applications to Clinical Trials, section 9.4.
        """
        if self.repeats == 1:
            return nominal

        def excess(quantile: float) -> float:
            return float(ndtri(nominal)) + self._bound(float(ndtr(quantile)))

        lowest, highest = float(ndtri(SMALLEST_P)), -1e-9
        if excess(lowest) <= 0:
            return SMALLEST_P
        if excess(highest) >= 0:
            return 0.5
        return float(ndtr(brentq(excess, lowest, highest, xtol=1e-10)))

    def interval(self, estimate: Estimate, *, alpha: float) -> tuple[float, float]:
        """Return the interval that covers the effect at all looks simultaneously, with probability 1 - 2 alpha.

        Each end excludes what the one-sided test with the level alpha rejects, so an end on a side that the estimate
        trusts less is further away.

        Args:
            estimate: the estimate at this look.
            alpha: the one-sided level, between 0 and 0.5.

        Returns:
            The lower and the upper end, in the metric's unit.
        """
        level = self.level(alpha)
        low, _ = estimate.interval(1 - 2 * min(level, alpha * estimate.share_greater))
        _, high = estimate.interval(1 - 2 * min(level, alpha * estimate.share_less))
        return low, high

    @functools.lru_cache(maxsize=4096)  # noqa: B019 - a look is three small numbers
    def _bound(self, alpha: float) -> float:
        check_alpha(alpha)
        spent = tuple(spent_level(repeat / self.repeats, alpha=alpha) for repeat in range(1, self.repeat + 1))
        return _bounds(self._fractions[: self.repeat], spent)[-1]

    @property
    def _fractions(self) -> tuple[float, ...]:
        return information_fractions(folds=self.folds, repeats=self.repeats)


ONLY_LOOK = Look(folds=2, repeat=1, repeats=1)
"""The look of a design with a single one, at the end: its levels and p-values are the nominal ones."""


@functools.lru_cache(maxsize=4096)
def _bounds(fractions: tuple[float, ...], spent: tuple[float, ...]) -> tuple[float, ...]:
    bounds: list[float] = []
    paths = _Paths()
    for fraction, before, now in zip(fractions, (0.0, *spent), spent, strict=False):
        bounds.append(paths.bound(fraction, now - before))
        paths.stop(fraction, bounds[-1])
    return tuple(bounds)


class _Paths:
    """The density of the paths that have not crossed yet; a path is a Brownian motion in information."""

    def __init__(self) -> None:
        self._fraction = 0.0
        # Before the first look every path is at 0.
        self._points, self._mass = np.zeros(1), np.ones(1)

    def crossing(self, fraction: float, bound: float) -> float:
        """Return the probability that a path first crosses a bound of the z statistic at this information."""
        end = bound * math.sqrt(fraction)
        return float(self._mass @ ndtr((self._points - end) / math.sqrt(fraction - self._fraction)))

    def bound(self, fraction: float, probability: float) -> float:
        """Return the bound that is first crossed with a probability; infinite if no finite one is far enough out."""
        low, high = -QUADRATURE_REACH_SD, 3 * QUADRATURE_REACH_SD
        if self.crossing(fraction, high) >= probability:
            return math.inf
        return float(brentq(lambda bound: self.crossing(fraction, bound) - probability, low, high, xtol=1e-12))

    def stop(self, fraction: float, bound: float) -> None:
        """Stop the paths that cross a bound at this information, and go on with the others."""
        scale = math.sqrt(fraction)
        nodes, weights = _quadrature()
        low, high = -QUADRATURE_REACH_SD * scale, min(bound, QUADRATURE_REACH_SD) * scale
        points = (high - low) / 2 * nodes + (high + low) / 2
        spread = math.sqrt(fraction - self._fraction)
        steps = (points[:, None] - self._points[None, :]) / spread
        density = np.exp(-(steps**2) / 2) @ self._mass / (spread * math.sqrt(2 * math.pi))
        self._mass = density * weights * (high - low) / 2
        self._points, self._fraction = points, fraction


@functools.cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(QUADRATURE_POINTS)


def _check(fractions: Sequence[float], spent: Sequence[float]) -> None:
    if not _ascends(fractions) or not math.isclose(fractions[-1], 1.0):
        raise InputError(
            "The shares of information at the looks have to ascend from above 0 to 1.",
            received=f"fractions={list(fractions)!r}",
            remedy="Give the share of the full information at each look, the last one 1.",
        )
    if not _ascends(spent) or len(spent) != len(fractions):
        raise InputError(
            "The levels that are spent up to each look have to ascend, one per look.",
            received=f"spent={list(spent)!r} for {len(fractions)} looks",
            remedy="Give the level of all looks so far together, up to each look; the last one is the whole level.",
        )
    check_alpha(spent[-1])


def _ascends(values: Sequence[float]) -> bool:
    return bool(values) and all(before < after for before, after in zip([0.0, *values], values, strict=False))
