"""The verdict: what an estimate says about a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal, NamedTuple

from negres_core.claim import Claim
from negres_core.errors import InputError
from negres_core.statistics import ONLY_LOOK, Estimate, Look, equivalence_p, repeats_needed, smallest_decidable_margin
from negres_core.statistics.level import check_alpha

MOST_LOOKS = 30
"""Plans of more looks are judged as those of so many: the level of the last one hardly falls any more."""

TOO_SMALL = "margin too small for this data set"
"""The finding where no number of repeats will decide a claim."""


@dataclass(frozen=True)
class Verdict:
    """What became of a claim.

    Attributes:
        verdict: "supported", "refuted", "inconclusive" or "invalid".
        finding: what was found, in a few words: "worse", "equivalent", "not better by 0.005", the failed control...
        explanation: one sentence: the interval that decided, or what would.
        p_value: of the null hypothesis that a supported or refuted claim's verdict rejects, looks taken into account;
            less than alpha where it does. None where nothing was decided.
    """

    verdict: Literal["supported", "refuted", "inconclusive", "invalid"]
    finding: str
    explanation: str
    p_value: float | None = None


def judge(estimate: Estimate, claim: Claim, *, alpha: float = 0.05, look: Look = ONLY_LOOK) -> Verdict:
    """Judge a claim by two confidence intervals of its effect, 95% and 90% at the usual level.

    A true claim is refuted with probability alpha at most, and a claim that is not true supported with probability
    alpha at most. For `beats` that means an effect of the margin or less: where it is shown that the treatment is
    better, but neither that it is by the margin nor that it is not, nothing is decided.

    Args:
        estimate: the effect, signed so that positive is better: treatment minus control, or for `reaches` the arm's own
            metric minus the bar.
        claim: the claim, with its margin in the unit of the effect.
        alpha: the level, between 0 and .5; the intervals are those of 1 - alpha and 1 - 2 alpha.
        look: which look of how many this is; over all of them the level and the intervals' coverage hold.

    Returns:
        The verdict; never "invalid", for which see `invalid`.

    Raises:
        InputError: alpha is not between 0 and .5.
    """
    return settle(estimate, claim, alpha=alpha, look=look) or _inconclusive(estimate, claim, alpha, look)


def settle(estimate: Estimate, claim: Claim, *, alpha: float = 0.05, look: Look = ONLY_LOOK) -> Verdict | None:
    """Judge as `judge` does, but where nothing is decided return None, without working out what would decide it."""
    check_alpha(alpha)
    row = _deciding_row(estimate, claim, alpha, look)
    if row is None:
        return None
    sides = row.interval.sides
    return Verdict(row.verdict, row.finding, f"{row.interval} {row.where}.", sides * look.p_value(row.p_value))


def invalid(reasons: Mapping[str, str]) -> Verdict:
    """Void a run, whatever its numbers say.

    Args:
        reasons: the name of each failed control, with what it found.

    Raises:
        InputError: there is no reason.
    """
    if not reasons:
        remedy = "Name the control that failed, and what it found."
        raise InputError("A run is void for a reason.", received=reasons, remedy=remedy)
    return Verdict("invalid", ", ".join(reasons), "; ".join(f"{name}: {found}" for name, found in reasons.items()))


class _Interval(NamedTuple):
    """An interval of the effect, as the two one-sided tests that it stands for, each at a nominal level."""

    estimate: Estimate
    coverage: float
    level: float
    sides: int
    """Of the test that the rules ask of it: two share the level."""

    def above(self, threshold: float) -> float:
        """Return the p-value of the null hypothesis that the effect is at most a threshold."""
        return replace(self.estimate, effect=self.estimate.effect - threshold).p_greater

    def below(self, threshold: float) -> float:
        """Return the p-value of the null hypothesis that the effect is at least a threshold."""
        return replace(self.estimate, effect=self.estimate.effect - threshold).p_less

    def within(self, margin: float) -> float:
        """Return the p-value of the null hypothesis that the effect is at least a margin, in either direction."""
        return equivalence_p(self.estimate, margin=margin) if margin else 1.0

    def __str__(self) -> str:
        low, high = self.estimate.interval(1 - 2 * self.level)
        return f"The {100 * self.coverage:g}% interval of the effect, {low:.4g} to {high:.4g},"


class _Row(NamedTuple):
    """One row of the rules: it holds where its null hypothesis is rejected, which is where its interval clears it."""

    p_value: float
    interval: _Interval
    verdict: Literal["supported", "refuted"]
    finding: str
    where: str

    @property
    def holds(self) -> bool:
        return self.p_value < self.interval.level


def _deciding_row(estimate: Estimate, claim: Claim, alpha: float, look: Look) -> _Row | None:
    """Return the first row that holds, or None."""
    wide, narrow = _intervals(estimate, alpha, look)
    rows = {"beats": _beats, "matches": _matches, "reaches": _reaches}[claim.kind](wide, narrow, claim.margin)
    return next((row for row in rows if row.holds), None)


def _intervals(estimate: Estimate, alpha: float, look: Look) -> tuple[_Interval, _Interval]:
    """Return the wide interval, of 1 - alpha, and the narrow one, of 1 - 2 alpha."""
    wide = _Interval(estimate, 1 - alpha, look.level(alpha / 2), sides=2)
    return wide, _Interval(estimate, 1 - 2 * alpha, look.level(alpha), sides=1)


def _beats(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    # Where no margin was named, nothing is known of what would be meaningful.
    not_better, better = (f"not better by {margin:g}", "meaningfully better") if margin else ("not better", "better")
    return (
        _Row(wide.below(0), wide, "refuted", "worse", "lies below 0"),
        _Row(narrow.within(margin), narrow, "refuted", "equivalent", f"lies between -{margin:g} and {margin:g}"),
        _Row(narrow.below(margin), narrow, "refuted", not_better, f"lies below {margin:g}"),
        _Row(narrow.above(margin), narrow, "supported", better, f"lies above {margin:g}"),
    )


def _matches(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    return (
        _Row(narrow.within(margin), narrow, "supported", "equivalent", f"lies between -{margin:g} and {margin:g}"),
        _Row(narrow.above(margin), narrow, "refuted", "better", f"lies above {margin:g}"),
        _Row(narrow.below(-margin), narrow, "refuted", "worse", f"lies below -{margin:g}"),
    )


def _reaches(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    # The rows of `beats` at a margin of 0, where those of the wide interval follow from those of the narrow one.
    return (
        _Row(narrow.below(margin), narrow, "refuted", "not reached", "lies on the worse side of the bar"),
        _Row(narrow.above(margin), narrow, "supported", "reached", "lies on the better side of the bar"),
    )


def _inconclusive(estimate: Estimate, claim: Claim, alpha: float, look: Look) -> Verdict:
    """Say what more would decide the claim."""
    finding, explanation = _missing(estimate, claim, alpha, look)
    wide, _ = _intervals(estimate, alpha, look)
    if claim.kind == "beats" and wide.above(0) < wide.level:
        finding = f"better, by {claim.margin:g} or not: {finding}"
        explanation = f"{wide} lies above 0; that it exceeds the margin is neither shown nor excluded. {explanation}"
    return Verdict("inconclusive", finding, explanation)


def _missing(estimate: Estimate, claim: Claim, alpha: float, look: Look) -> tuple[str, str]:
    """Return what another run, looked at the same way, would need to decide the claim: in few words, in a sentence."""
    folds = estimate.folds

    def last(repeats: int) -> Look:
        looks = min(repeats, MOST_LOOKS)
        return look if look.repeats == 1 else Look(look.folds, looks, looks)

    def decides(projected: Estimate) -> bool:
        more = projected.cells > estimate.cells
        return more and _deciding_row(projected, claim, alpha, last(projected.cells // folds)) is not None

    repeats = repeats_needed(estimate, decides=decides)
    level = last(MOST_LOOKS).level(alpha)
    if repeats is not None:
        finding = f"needs {repeats:,} repeats"
        explanation = (
            f"{repeats:,} repeats of {folds} folds would decide it, against {estimate.cells / folds:g} so far, if the "
            "mean and the spread of the differences stay as they are."
        )
    elif claim.kind == "reaches":
        distance = smallest_decidable_margin(estimate.sd, folds, alpha=level)
        finding = "too close to the bar"
        explanation = (
            f"No number of repeats will decide it on this data set: the arm is {abs(estimate.effect):.3g} from the bar "
            f"where only a distance of more than {distance:.3g} can be decided."
        )
    else:
        # `matches` has to clear the margin on both sides, `beats` on one.
        effect = abs(estimate.effect) if claim.kind == "matches" else estimate.effect
        smallest = smallest_decidable_margin(estimate.sd, folds, effect=effect, alpha=level)
        finding = TOO_SMALL
        explanation = (
            f"No number of repeats will decide a margin of {claim.margin:g} on this data set; the smallest larger one "
            f"that it could decide is {smallest:.3g}."
        )
    return finding, explanation
