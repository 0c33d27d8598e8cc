"""Planning: the effect a design can detect, the repeats a decision takes, and the margins no repeats can decide."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable

from scipy.special import ndtri, stdtrit

from negres_core.errors import InputError
from negres_core.statistics.estimate import Estimate
from negres_core.statistics.level import check_alpha
from negres_core.statistics.noncentral_t import noncentrality
from negres_core.statistics.standard_error import corrected_standard_error, degrees_of_freedom

MAX_UNITS = 1_000_000
"""Here the standard error is within a millionth of its floor: a claim that is still undecided always will be."""


def smallest_decidable_margin(
    sd: float, folds: int, *, effect: float = 0.0, alpha: float = 0.05, most_dof: int | None = None
) -> float:
    """Compute the smallest margin that the effect can be shown to lie below, with any number of repeats.

    Repeats reuse the same rows, so the standard error never falls below SD / sqrt(k - 1). The margin is the upper end
    of the 1 - 2 alpha interval at that limit: effect + z * SD / sqrt(k - 1), or with Student's t in place of z if the
    degrees of freedom are limited. For equivalence, give the effect's
    magnitude; with the default effect of 0, the result is the smallest equivalence margin that any design with these
    folds can reach.

    Args:
        sd: standard deviation of the cell differences, ddof=1, in the metric's unit.
        folds: k.
        effect: the mean difference, in the metric's unit.
        alpha: the level of the one-sided test, between 0 and 0.5.
        most_dof: the degrees of freedom that no number of repeats exceeds; None if there is no limit.

    Returns:
        The smallest margin, in the metric's unit. Only larger margins can be decided.

    Raises:
        InputError: the standard deviation is not finite and positive, there are fewer than 2 folds, or alpha is not
            between 0 and 0.5.

    Examples:
        >>> round(smallest_decidable_margin(0.01, folds=5), 6)
        0.008224
    """
    check_alpha(alpha)
    _check_positive("sd", sd)
    _check_count("folds", folds, noun="folds")
    quantile = ndtri(1.0 - alpha) if most_dof is None else stdtrit(most_dof, 1.0 - alpha)
    return effect + float(quantile) * sd / math.sqrt(folds - 1)


def minimum_detectable_effect(
    sd: float,
    cell_count: int,
    *,
    test_train_ratio: float,
    alpha: float = 0.05,
    power: float = 0.8,
    most_dof: int | None = None,
) -> float:
    """Compute the smallest true effect that the corrected one-sided test detects with a given power.

    Null hypothesis of that test: effect <= 0. More repeats lower the detectable effect, but never below
    (z of alpha + z of power) * SD / sqrt(k - 1).

    Args:
        sd: standard deviation of the cell differences, ddof=1, in the metric's unit; assumed to be the true one.
        cell_count: number of cell differences, N.
        test_train_ratio: n_test / n_train of a cell; 1 / (k - 1) for k folds.
        alpha: the level of the test, between 0 and 0.5.
        power: probability of detecting the effect, between alpha and 1.
        most_dof: the most degrees of freedom; None for N - 1.

    Returns:
        The effect, in the metric's unit; for a claim with a margin, its excess over the margin.

    Raises:
        InputError: the standard deviation or the ratio is not finite and positive, there are fewer than 2 cells, alpha
            is not between 0 and 0.5, or the power not between alpha and 1.

    Examples:
        >>> round(minimum_detectable_effect(0.01, 25, test_train_ratio=1 / 4), 4)
        0.0138
    """
    check_alpha(alpha)
    _check_positive("sd", sd)
    _check_count("cell_count", cell_count, noun="cells")
    _check_positive("test_train_ratio", test_train_ratio)
    _check_power(power, alpha)
    dof = degrees_of_freedom(cell_count, most_dof)
    threshold = float(stdtrit(dof, 1.0 - alpha))
    standard_error = corrected_standard_error(sd, cell_count, test_train_ratio=test_train_ratio)
    return noncentrality(threshold, dof, probability=1.0 - power) * standard_error


def units_needed(estimate: Estimate, *, decides: Callable[[Estimate], bool]) -> int | None:
    """Find how many units would decide, such as repeats or seeds, if the mean and the spread stayed as they are.

    This is a projection, not a promise: the mean will move. Use it to plan a run. Stopping as soon as a claim seems
    decided is a different test, with a different error rate.

    Args:
        estimate: an estimate that does not decide yet.
        decides: returns whether an estimate decides. It has to stay true as the standard error falls and everything
            else stays the same, as does any rule that checks whether an interval clears a threshold.

    Returns:
        The smallest total number of units, including those already run, or None if no number can decide.

    Examples:
        >>> from negres_core.statistics import CellEstimate
        >>> estimate = CellEstimate(
        ...     effect=0.004, standard_error=0.003, dof=4, sd=0.0045, cell_count=5, test_train_ratio=0.25
        ... )
        >>> units_needed(estimate, decides=lambda projected: projected.p_greater < 0.05)
        8
        >>> units_needed(estimate, decides=lambda projected: projected.p_greater < 0.01) is None
        True
    """
    candidates = range(1, MAX_UNITS + 1)
    first = bisect_left(candidates, True, key=lambda units: decides(estimate.with_units(units)))
    return candidates[first] if first < len(candidates) else None


def _check_power(power: float, alpha: float) -> None:
    if not alpha < power < 1.0:
        raise InputError(
            "The power of a test lies between its level and 1.",
            received=f"power={power!r}, alpha={alpha!r}",
            remedy="The usual power is 0.8.",
        )


def _check_positive(name: str, value: float) -> None:
    if not (math.isfinite(value) and value > 0):
        raise InputError(
            f"To plan a design, `{name}` has to be finite and positive.",
            received=f"{name}={value!r}",
            remedy="A standard deviation is in the unit of the metric; the ratio is 1 / (k - 1) for k folds.",
        )


def _check_count(name: str, count: int, *, noun: str) -> None:
    if count < 2:
        raise InputError(
            f"To plan a design takes at least 2 {noun}.",
            received=f"{name}={count!r}",
            remedy="The usual design is folds=5, repeats=5.",
        )
