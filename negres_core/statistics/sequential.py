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
from negres_core.statistics.level import check_alpha

QUADRATURE_POINTS = 200
"""Points of the quadrature over paths that have not crossed yet; they give a bound to nine digits or more."""

QUADRATURE_REACH_SD = 9.0
"""Standard deviations below 0 at which the quadrature ends; the mass beyond is smaller than the rounding error."""

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


def spent_level(fraction: float, *, alpha: float) -> float:
    """Return how much of a one-sided level may be spent up to a share of the information, after O'Brien and Fleming.

    References:
        Lan & DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70.
    """
    return float(2.0 * ndtr(-ndtri(1.0 - alpha / 2.0) / math.sqrt(fraction)))


def sequential_bounds(fractions: Sequence[float], *, alpha: float) -> tuple[float, ...]:
    """Compute the bounds that a one-sided z statistic has to exceed at each look.

    Null hypothesis: the effect is at most 0. If the effect is 0, it is rejected at any of the looks with probability
    alpha.

    The probability of crossing for the first time at a look, computed by recursive integration over the paths that have
    not crossed before (Armitage, McPherson & Rowe 1969), equals the level that the spending function adds at that look.

    Args:
        fractions: the share of the full information at each look, ascending, the last one 1.
        alpha: the one-sided level of all looks together, between 0 and 0.5.

    Returns:
        One bound per look.

    Raises:
        InputError: the fractions do not ascend to 1, or the level is not between 0 and 0.5.

    References:
        Lan & DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70.

    Examples:
        >>> [round(bound, 4) for bound in sequential_bounds([1 / 3, 2 / 3, 1], alpha=0.025)]
        [3.7103, 2.5114, 1.993]
    """
    _check(fractions, alpha)
    return _bounds(tuple(fractions), alpha)


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
        [0.0146, 0.027, 0.0307, 0.0322, 0.033]
        >>> round(Look(folds=5, repeat=2, repeats=5).p_value(0.001), 4)
        0.0029
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
        return float(ndtr(-_bounds(self._fractions, alpha)[self.repeat - 1]))

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
        fractions = self._fractions[: self.repeat]

        def excess(quantile: float) -> float:
            return float(ndtri(nominal)) + _bounds(fractions, float(ndtr(quantile)))[-1]

        lowest, highest = float(ndtri(SMALLEST_P)), -1e-9
        if excess(lowest) <= 0:
            return SMALLEST_P
        if excess(highest) >= 0:
            return 0.5
        return float(ndtr(brentq(excess, lowest, highest, xtol=1e-10)))

    @property
    def _fractions(self) -> tuple[float, ...]:
        return information_fractions(folds=self.folds, repeats=self.repeats)


ONLY_LOOK = Look(folds=2, repeat=1, repeats=1)
"""The look of a design with a single one, at the end: its levels and p-values are the nominal ones."""


@functools.lru_cache(maxsize=4096)
def _bounds(fractions: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    bounds, spent_before = [], 0.0
    paths = _Paths()
    for fraction in fractions:
        spent = spent_level(fraction, alpha=alpha)
        bounds.append(paths.bound(fraction, spent - spent_before))
        paths.stop(fraction, bounds[-1])
        spent_before = spent
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


def _check(fractions: Sequence[float], alpha: float) -> None:
    check_alpha(alpha)
    ascending = all(before < after for before, after in zip([0.0, *fractions], fractions, strict=False))
    if not fractions or not ascending or not math.isclose(fractions[-1], 1.0):
        raise InputError(
            "The shares of information at the looks have to ascend from above 0 to 1.",
            received=f"fractions={list(fractions)!r}",
            remedy="Give the share of the full information at each look, the last one 1.",
        )
