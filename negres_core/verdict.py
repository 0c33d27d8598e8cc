"""The verdict: what an estimate says about a claim."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple

from negres_core.claim import Claim
from negres_core.errors import InputError
from negres_core.statistics import Estimate, repeats_needed, smallest_decidable_margin


@dataclass(frozen=True)
class Verdict:
    """What became of a claim.

    Attributes:
        verdict: "supported", "refuted", "inconclusive" or "invalid".
        finding: what was found, in a few words: "worse", "equivalent", "not better by 0.005", the failed control...
        explanation: one sentence: the interval that decided, or what would.
    """

    verdict: Literal["supported", "refuted", "inconclusive", "invalid"]
    finding: str
    explanation: str


def judge(estimate: Estimate, claim: Claim, *, alpha: float = 0.05) -> Verdict:
    """Judge a claim by two confidence intervals of its effect, 95% and 90% at the usual level.

    Args:
        estimate: the effect, signed so that positive is better: treatment minus control, or for `reaches` the arm's own
            metric minus the bar.
        claim: the claim, with its margin in the unit of the effect.
        alpha: the level, between 0 and .5; the intervals are those of 1 - alpha and 1 - 2 alpha. A true claim is
            refuted at most this often, and `beats` is supported at most this often where the effect is 0 or less.
            Where it lies between 0 and the margin, `beats` can be supported as "better", until more cells refute it.

    Returns:
        The verdict; never "invalid", for which see `invalid`.

    Raises:
        InputError: alpha is not between 0 and .5.
    """
    if not 0.0 < alpha < 0.5:
        raise InputError(
            "The level of a test lies between 0 and .5; from there on, the 1 - 2 alpha interval is empty.",
            received=f"alpha={alpha!r}",
            remedy="The usual level is .05.",
        )
    return _decision(estimate, claim, alpha) or _inconclusive(estimate, claim, alpha)


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
    level: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"The {100 * self.level:g}% interval of the effect, {self.low:.4g} to {self.high:.4g},"


# Whether the row holds, the verdict, the finding, and why.
_Row = tuple[bool, Literal["supported", "refuted"], str, str]


def _decision(estimate: Estimate, claim: Claim, alpha: float) -> Verdict | None:
    """Return the verdict of the first row that holds, or None."""
    wide, narrow = (_Interval(level, *estimate.interval(level)) for level in (1 - alpha, 1 - 2 * alpha))
    rows = {"beats": _beats, "matches": _matches, "reaches": _reaches}[claim.kind](wide, narrow, claim.margin)
    return next((Verdict(verdict, finding, f"{why}.") for holds, verdict, finding, why in rows if holds), None)


def _beats(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    inside = -margin < narrow.low and narrow.high < margin
    # Where no margin was named, nothing is known of what would be meaningful.
    not_better, better = (f"not better by {margin:g}", "meaningfully better") if margin else ("not better", "better")
    unresolved = f"{wide} lies above 0; that it exceeds the margin of {margin:g} is neither shown nor excluded"
    return (
        (wide.high < 0, "refuted", "worse", f"{wide} lies below 0"),
        (inside, "refuted", "equivalent", f"{narrow} lies between -{margin:g} and {margin:g}"),
        (narrow.high < margin, "refuted", not_better, f"{narrow} lies below {margin:g}"),
        (narrow.low > margin, "supported", better, f"{narrow} lies above {margin:g}"),
        (wide.low > 0, "supported", "better", unresolved),
    )


def _matches(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    inside = -margin < narrow.low and narrow.high < margin
    return (
        (inside, "supported", "equivalent", f"{narrow} lies between -{margin:g} and {margin:g}"),
        (narrow.low > margin, "refuted", "better", f"{narrow} lies above {margin:g}"),
        (narrow.high < -margin, "refuted", "worse", f"{narrow} lies below -{margin:g}"),
    )


def _reaches(wide: _Interval, narrow: _Interval, margin: float) -> tuple[_Row, ...]:
    # The rows of `beats` at a margin of 0, where those of the wide interval follow from those of the narrow one.
    return (
        (narrow.high < margin, "refuted", "not reached", f"{narrow} lies on the worse side of the bar"),
        (narrow.low > margin, "supported", "reached", f"{narrow} lies on the better side of the bar"),
    )


def _inconclusive(estimate: Estimate, claim: Claim, alpha: float) -> Verdict:
    """Say what more would decide the claim."""
    folds = estimate.folds
    repeats = repeats_needed(estimate, decides=lambda projected: _decision(projected, claim, alpha) is not None)
    if repeats is not None:
        finding = f"needs {repeats:,} repeats"
        explanation = (
            f"{repeats:,} repeats of {folds} folds would decide it, against {estimate.cells / folds:g} so far, if the "
            "mean and the spread of the differences stay as they are."
        )
    elif claim.kind == "reaches":
        distance = smallest_decidable_margin(estimate.sd, folds, alpha=alpha)
        finding = "too close to the bar"
        explanation = (
            f"No number of repeats will decide it on this data set: the arm is {abs(estimate.effect):.3g} from the bar "
            f"where only a distance of more than {distance:.3g} can be decided."
        )
    else:
        # `matches` has to clear the margin on both sides, `beats` on one.
        effect = abs(estimate.effect) if claim.kind == "matches" else estimate.effect
        smallest = smallest_decidable_margin(estimate.sd, folds, effect=effect, alpha=alpha)
        finding = "margin too small for this data set"
        explanation = (
            f"No number of repeats will decide a margin of {claim.margin:g} on this data set; the smallest larger one "
            f"that it could decide is {smallest:.3g}."
        )
    return Verdict("inconclusive", finding, explanation)
