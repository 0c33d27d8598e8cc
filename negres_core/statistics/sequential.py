"""Group-sequential looks: judging after each repeat of the folds, at a level that all looks together keep."""

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

NODES = 200
"""Points of the quadrature over paths that have not crossed yet: nine digits of a bound or more."""

REACH = 9.0
"""Standard deviations that the quadrature reaches down to; what lies below is less than the rounding."""


def information_fractions(*, folds: int, repeats: int) -> tuple[float, ...]:
    """Return which share of the planned information there is after each repeat of a repeated k-fold cross-validation.

    Cells are correlated, by rho = 1 / k as the corrected resampled t-test takes it. So m of M planned cells carry
    (rho + (1 - rho) / M) / (rho + (1 - rho) / m) of the information: repeats bring ever less.

    Args:
        folds: k.
        repeats: repeats that are planned.

    Examples:
        >>> [round(fraction, 3) for fraction in information_fractions(folds=5, repeats=5)]
        [0.644, 0.829, 0.916, 0.967, 1.0]
    """
    rho = 1.0 / folds
    planned = rho + (1.0 - rho) / (folds * repeats)
    return tuple(planned / (rho + (1.0 - rho) / (folds * repeat)) for repeat in range(1, repeats + 1))


def spent_level(fraction: float, *, alpha: float) -> float:
    """Return how much of a one-sided level may be spent by a share of the information, after O'Brien and Fleming.

    References:
        Lan & DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70.
    """
    return float(2.0 * ndtr(-ndtri(1.0 - alpha / 2.0) / math.sqrt(fraction)))


def sequential_bounds(fractions: Sequence[float], *, alpha: float) -> tuple[float, ...]:
    """Compute the bounds that a one-sided z statistic has to exceed at each look.

    Null hypothesis: the effect is at most 0. It is rejected at any look with probability alpha.

    The probability to cross for the first time at a look, found by recursive integration over the paths that have not
    crossed before (Armitage, McPherson & Rowe 1969), is what the spending function allows since the look before.

    Args:
        fractions: the share of the planned information at each look, ascending, the last one 1.
        alpha: the one-sided level of all looks together, between 0 and .5.

    Returns:
        One bound a look.

    Raises:
        InputError: the fractions do not ascend to 1, or the level is not between 0 and .5.

    References:
        Lan & DeMets (1983), Discrete sequential boundaries for clinical trials, Biometrika 70.

    Examples:
        >>> [round(bound, 4) for bound in sequential_bounds([1 / 3, 2 / 3, 1], alpha=0.025)]
        [3.7103, 2.5114, 1.993]
    """
    _check(fractions, alpha)
    return _bounds(tuple(fractions), alpha)


class Look(NamedTuple):
    """One look at a repeated k-fold cross-validation, after some of the repeats that are planned.

    A p-value of Student's t is compared with its level: the significance-level approach, by which bounds that were made
    for a normal statistic serve one of few degrees of freedom.

    Attributes:
        folds: k.
        repeat: repeats so far, from 1.
        repeats: repeats that are planned, each with a look after it.

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
        """The share of the planned information that is there."""
        return self._fractions[self.repeat - 1]

    def level(self, alpha: float) -> float:
        """Return the one-sided nominal level of this look, where all looks together have the level alpha."""
        return float(ndtr(-_bounds(self._fractions, alpha)[self.repeat - 1]))

    def p_value(self, nominal: float) -> float:
        """Return the repeated p-value of a one-sided test at this look: the smallest level at which it rejects.

        It is at most alpha exactly where this look rejects at the level alpha of all looks together, and no level that
        earlier looks have spent is added to it: overwhelming evidence stays overwhelming, in a family too.

        Args:
            nominal: the one-sided p-value of this look by itself.

        Returns:
            The p-value; one under 1e-12 is given as that.

        References:
            Jennison & Turnbull (2000), Group Sequential Methods with Applications to Clinical Trials, section 9.4.
        """
        if self.repeats == 1:
            return nominal
        fractions = self._fractions[: self.repeat]

        def excess(quantile: float) -> float:
            return float(ndtri(nominal)) + _bounds(fractions, float(ndtr(quantile)))[-1]

        least, most = float(ndtri(LEAST_P)), -1e-9
        if excess(least) <= 0:
            return LEAST_P
        if excess(most) >= 0:
            return 0.5
        return float(ndtr(brentq(excess, least, most, xtol=1e-10)))

    @property
    def _fractions(self) -> tuple[float, ...]:
        return information_fractions(folds=self.folds, repeats=self.repeats)


ONLY_LOOK = Look(folds=2, repeat=1, repeats=1)
"""The look at a design that is looked at once, at the end: levels and p-values are the nominal ones."""


@functools.lru_cache(maxsize=4096)
def _bounds(fractions: tuple[float, ...], alpha: float) -> tuple[float, ...]:
    bounds, before = [], 0.0
    paths = _Paths()
    for fraction in fractions:
        spent = spent_level(fraction, alpha=alpha)
        bounds.append(paths.bound(fraction, spent - before))
        paths.stop(fraction, bounds[-1])
        before = spent
    return tuple(bounds)


LEAST_P = 1e-12
"""The quadrature is good to nine digits, and no conclusion hangs on what lies further out."""


class _Paths:
    """The density of the statistic's path, as a Brownian motion in information, over paths that have not crossed."""

    def __init__(self) -> None:
        self._fraction = 0.0
        # Before the first look every path is at 0.
        self._points, self._mass = np.zeros(1), np.ones(1)

    def crossing(self, fraction: float, bound: float) -> float:
        """Return the probability that a path first crosses a bound, of the z statistic, at this information."""
        end = bound * math.sqrt(fraction)
        return float(self._mass @ ndtr((self._points - end) / math.sqrt(fraction - self._fraction)))

    def bound(self, fraction: float, probability: float) -> float:
        """Return the bound that is first crossed with a probability; infinite where none is far enough out."""
        if self.crossing(fraction, 3 * REACH) >= probability:
            return math.inf
        return float(brentq(lambda bound: self.crossing(fraction, bound) - probability, -REACH, 3 * REACH, xtol=1e-12))

    def stop(self, fraction: float, bound: float) -> None:
        """Go on with the paths that have not crossed a bound at this information."""
        scale = math.sqrt(fraction)
        nodes, weights = _quadrature()
        low, high = -REACH * scale, min(bound, REACH) * scale
        points = (high - low) / 2 * nodes + (high + low) / 2
        spread = math.sqrt(fraction - self._fraction)
        steps = (points[:, None] - self._points[None, :]) / spread
        density = np.exp(-(steps**2) / 2) @ self._mass / (spread * math.sqrt(2 * math.pi))
        self._mass = density * weights * (high - low) / 2
        self._points, self._fraction = points, fraction


@functools.cache
def _quadrature() -> tuple[np.ndarray, np.ndarray]:
    return np.polynomial.legendre.leggauss(NODES)


def _check(fractions: Sequence[float], alpha: float) -> None:
    check_alpha(alpha)
    ascending = all(before < after for before, after in zip([0.0, *fractions], fractions, strict=False))
    if not fractions or not ascending or not math.isclose(fractions[-1], 1.0):
        raise InputError(
            "Looks ascend, from more than none of the planned information to all of it.",
            received=f"fractions={list(fractions)!r}",
            remedy="Give the share of the planned information at each look, the last one 1.",
        )
