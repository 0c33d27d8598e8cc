"""The verdict: whether an estimate supports or refutes a claim, by a table of rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from negres_core.claim import Claim
from negres_core.errors import InputError
from negres_core.statistics import ONLY_LOOK, CellEstimate, Estimate, Look, units_needed
from negres_core.statistics.level import check_alpha
from negres_core.statistics.planning import MAX_UNITS

MAX_PROJECTED_LOOKS = 30
"""Runs with more looks are projected at the levels of this many: beyond it, the last level hardly falls."""

NOT_LEARNED = "not shown to have learned"
"""The finding if a control withholds the verdict: the arms may not have learned anything that could differ."""

SKEWED = "skewed differences"
"""The finding if only the skewness of the differences keeps the claim from being decided."""

TOO_SMALL = "margin too small for this data set"
"""The finding if no number of repeats will decide a claim."""


@dataclass(frozen=True)
class Verdict:
    """The verdict on a claim, and its reason.

    Attributes:
        verdict: "supported", "refuted", "inconclusive" or "invalid".
        finding: the reason in a few words, such as "worse", "equivalent" or "not better by 0.005"; for an invalid run,
            the names of the controls that failed.
        explanation: the reason in a sentence: the interval that decided, or the repeats or margin that would.
        p_value: p-value of the null hypothesis that the verdict rejects, adjusted for looks and for the share of the
            level that the cells are trusted with, so it is less than alpha. None if nothing was decided.
    """

    verdict: Literal["supported", "refuted", "inconclusive", "invalid"]
    finding: str
    explanation: str
    p_value: float | None = None


def judge(estimate: Estimate, claim: Claim, *, alpha: float = 0.05, look: Look = ONLY_LOOK) -> Verdict:
    """Judge a claim by two confidence intervals of its effect, 95% and 90% at the usual level.

    A true claim is refuted with probability alpha at most, and a false claim is supported with probability alpha at
    most. `beats` is false if the effect is the margin or less: if the data show that the treatment is better, but
    neither that it is better by the margin nor that it is not, nothing is decided.

    Args:
        estimate: the effect, signed so that positive is better: treatment arm minus control arm, or for
            `reaches` the arm's own metric minus the bar.
        claim: the claim, with its margin in the unit of the effect.
        alpha: the level, between 0 and 0.5; the intervals are those of 1 - alpha and 1 - 2 alpha.
        look: the number of this look and of all looks; the level and the coverage hold over all of them together.

    Returns:
        The verdict, never "invalid": see `invalid`.

    Raises:
        InputError: alpha is not between 0 and 0.5.
    """
    return settle(estimate, claim, alpha=alpha, look=look) or _inconclusive(estimate, claim, alpha, look)


def settle(estimate: Estimate, claim: Claim, *, alpha: float = 0.05, look: Look = ONLY_LOOK) -> Verdict | None:
    """Judge as `judge` does, but return None if nothing is decided, without computing how it could be decided."""
    check_alpha(alpha)
    row = _deciding_row(estimate, claim, alpha, look)
    if row is None:
        return None
    return Verdict(row.verdict, row.finding, f"{row.interval} {row.position}.", row.p_value)


def invalid(reasons: Mapping[str, str]) -> Verdict:
    """Return the verdict of an invalid run, whatever its numbers are.

    Args:
        reasons: the finding of each control that failed, by the name of the control.

    Raises:
        InputError: no reason is given.
    """
    if not reasons:
        raise InputError(
            "An invalid run needs a reason.",
            received=reasons,
            remedy="Name the control that failed, with its finding.",
        )
    return Verdict("invalid", ", ".join(reasons), "; ".join(f"{name}: {reason}" for name, reason in reasons.items()))


def not_learned(reason: str) -> Verdict:
    """Return the verdict of a sound run whose arms are not shown to have learned; `reason` is what a control found."""
    return Verdict("inconclusive", NOT_LEARNED, reason)


class _Test(NamedTuple):
    """A one-sided test, and the share of its level that the cells are trusted with."""

    p_value: float
    share: float


class _Interval(NamedTuple):
    """An interval of the effect at a look, and the one-sided tests that it stands for."""

    estimate: Estimate
    look: Look
    alpha: float
    """Level of each test, over all looks."""
    tails: int
    """Number of tails, 1 or 2; a two-sided test splits the level."""

    def above(self, threshold: float) -> _Test:
        """Return the test of the null hypothesis that the effect is at most a threshold."""
        shifted = replace(self.estimate, effect=self.estimate.effect - threshold)
        return _Test(shifted.p_greater, shifted.share_greater)

    def below(self, threshold: float) -> _Test:
        """Return the test of the null hypothesis that the effect is at least a threshold."""
        shifted = replace(self.estimate, effect=self.estimate.effect - threshold)
        return _Test(shifted.p_less, shifted.share_less)

    def rejects(self, test: _Test) -> bool:
        """Return whether a test rejects at this look: exactly if the interval excludes its null hypothesis."""
        return test.p_value < min(self.look.level(self.alpha), self.alpha * test.share)

    def adjusted_p(self, test: _Test) -> float:
        """Return the smallest level, over all looks and tails, at which a test rejects."""
        return min(1.0, self.tails * max(self.look.p_value(test.p_value), test.p_value / test.share))

    def __str__(self) -> str:
        low, high = self.look.interval(self.estimate, alpha=self.alpha)
        return f"The {100 * (1 - 2 * self.alpha):g}% interval of the effect, {low:.4g} to {high:.4g},"


class _Row(NamedTuple):
    """One row of the rules. It holds if all its null hypotheses are rejected: if the interval excludes them."""

    tests: tuple[_Test, ...]
    interval: _Interval
    verdict: Literal["supported", "refuted"]
    finding: str
    position: str
    """Where the interval lies, as the explanation states it: "lies below 0"."""

    @property
    def holds(self) -> bool:
        return all(map(self.interval.rejects, self.tests))

    @property
    def p_value(self) -> float:
        return max(map(self.interval.adjusted_p, self.tests))


def _deciding_row(estimate: Estimate, claim: Claim, alpha: float, look: Look) -> _Row | None:
    """Return the first row that holds, or None."""
    wide, narrow = _intervals(estimate, alpha, look)
    rows = {"beats": _beats, "matches": _matches, "reaches": _reaches}[claim.kind](wide, narrow, claim.margin)
    return next((row for row in rows if row.holds), None)


def _intervals(estimate: Estimate, alpha: float, look: Look) -> tuple[_Interval, _Interval]:
    """Return the wide interval, which covers 1 - alpha, and the narrow one, which covers 1 - 2 alpha."""
    return _Interval(estimate, look, alpha / 2, tails=2), _Interval(estimate, look, alpha, tails=1)


def _within(interval: _Interval, margin: float) -> tuple[_Test, ...]:
    """Return the two one-sided tests (TOST) of the null hypothesis that the effect is at least a margin in size."""
    return interval.above(-margin), interval.below(margin)


def _beats(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    # Without a margin, no improvement can be called meaningful.
    not_better, better = (f"not better by {margin:g}", "meaningfully better") if margin else ("not better", "better")
    equivalent = _Row(
        _within(narrow, margin), narrow, "refuted", "equivalent", f"lies between -{margin:g} and {margin:g}"
    )
    return (
        _Row((wide.below(0),), wide, "refuted", "worse", "lies below 0"),
        *([equivalent] if margin else []),
        _Row((narrow.below(margin),), narrow, "refuted", not_better, f"lies below {margin:g}"),
        _Row((narrow.above(margin),), narrow, "supported", better, f"lies above {margin:g}"),
    )


def _matches(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    return (
        _Row(_within(narrow, margin), narrow, "supported", "equivalent", f"lies between -{margin:g} and {margin:g}"),
        _Row((narrow.above(margin),), narrow, "refuted", "better", f"lies above {margin:g}"),
        _Row((narrow.below(-margin),), narrow, "refuted", "worse", f"lies below -{margin:g}"),
    )


def _reaches(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    # The rows of `beats` at a margin of 0. The row of the wide interval adds nothing: it implies the narrow one.
    return (
        _Row((narrow.below(margin),), narrow, "refuted", "not reached", "lies on the worse side of the bar"),
        _Row((narrow.above(margin),), narrow, "supported", "reached", "lies on the better side of the bar"),
    )


def _inconclusive(estimate: Estimate, claim: Claim, alpha: float, look: Look) -> Verdict:
    """Return the verdict on an undecided claim, with the reason, or the repeats or the margin that would decide it."""
    symmetric = _without_skewness(estimate)
    row = _deciding_row(symmetric, claim, alpha, look)
    if row is not None:
        return Verdict("inconclusive", SKEWED, _explain_skewness(estimate, row))
    finding, explanation = _missing(estimate, claim, alpha, look)
    wide, _ = _intervals(estimate, alpha, look)
    if claim.kind == "beats" and wide.rejects(wide.above(0)):
        finding = f"better than 0; margin {claim.margin:g} undecided: {finding}"
        explanation = f"{wide} lies above 0; that it exceeds the margin is neither shown nor excluded. {explanation}"
    return Verdict("inconclusive", finding, explanation)


def _without_skewness(estimate: Estimate) -> Estimate:
    return replace(estimate, skewness=0.0) if isinstance(estimate, CellEstimate) else estimate


def _explain_skewness(estimate: Estimate, row: _Row) -> str:
    assert isinstance(estimate, CellEstimate)
    tail = "upper" if estimate.skewness > 0 else "lower"
    return (
        f'The claim would be {row.verdict} as "{row.finding}" if the differences were symmetric. But their skewness '
        f"is {estimate.skewness:.2g}: they have a long {tail} tail, towards the values that would be excluded, and "
        "then a t-test errs far more often than its level says. Look at the cells in the tail: an arm may fail to "
        "train there. If not, average more seeds in each cell, which shortens the tail."
    )


def _missing(estimate: Estimate, claim: Claim, alpha: float, look: Look) -> tuple[str, str]:
    """Return the finding and the explanation of an undecided claim, for another run with looks like these."""
    # Skewness that is not significant yet is not assumed to become so with more cells.
    shares = {estimate.share_greater, estimate.share_less}
    steady = estimate if len(shares) == 2 else _without_skewness(estimate)

    def last_look(units: float) -> Look:
        looks = int(min(units, MAX_PROJECTED_LOOKS))
        return look if look.repeats == 1 else Look(look.folds, looks, looks)

    def decides(projected: Estimate) -> bool:
        has_more = projected.units > estimate.units
        return has_more and _deciding_row(projected, claim, alpha, last_look(projected.units)) is not None

    unit, noun = estimate.unit, estimate.unit.split()[0]
    units = units_needed(steady, decides=decides)
    if units is not None:
        return f"needs {units:,} {noun}", (
            f"{units:,} {unit} would decide it, against {estimate.units:g} so far, "
            "if the mean and the spread of the differences stay as they are."
        )
    many = steady.with_units(MAX_UNITS)
    level = min(last_look(MAX_PROJECTED_LOOKS).level(alpha), alpha * many.share_greater, alpha * many.share_less)
    # The nearest threshold that any number of units would exclude.
    distance = many.interval(1 - 2 * level)[1] - many.effect
    if claim.kind == "reaches":
        return "too close to the bar", (
            f"No number of {noun} will decide it on this data set: the arm is {abs(estimate.effect):.3g} from the "
            f"bar, and only a distance of more than {distance:.3g} can be decided."
        )
    # `matches` has to clear the margin on both sides, `beats` on one.
    effect = abs(estimate.effect) if claim.kind == "matches" else estimate.effect
    return TOO_SMALL, (
        f"No number of {noun} will decide a margin of {claim.margin:g} on this data set; the smallest larger margin "
        f"that can be decided is {effect + distance:.3g}."
    )
