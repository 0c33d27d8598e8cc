"""Claims: what a hypothesis says about a metric, in the metric's own unit."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Literal

from negres_core.errors import InputError

WORDS = {"beats": "by", "matches": "within", "reaches": "bar"}
MEANINGS = {
    "beats": "the smallest difference that would matter to you",
    "matches": "the largest difference that would not matter to you",
    "reaches": "the value to reach",
}


@dataclass(frozen=True)
class Claim:
    """One claim about one metric; made by `beats`, `matches` or `reaches`.

    Attributes:
        kind: "beats", "matches" or "reaches".
        metric: the name of the metric the claim is about.
        threshold: `by`, `within` or `bar`, in the metric's unit.
    """

    kind: Literal["beats", "matches", "reaches"]
    metric: str
    threshold: float

    def __post_init__(self) -> None:
        if not isinstance(self.metric, str) or not self.metric:
            raise InputError(
                "A claim names the metric it is about.",
                received=self.metric,
                remedy='Give the name of a metric, for example "accuracy".',
            )
        word = WORDS[self.kind]
        if (
            isinstance(self.threshold, bool)
            or not isinstance(self.threshold, numbers.Real)
            or not math.isfinite(self.threshold)
        ):
            raise InputError(
                f"`{word}` of {self.kind}({self.metric!r}) has to be a finite number.",
                received=f"{word}={self.threshold!r}",
                remedy=f"Give {MEANINGS[self.kind]}, in the unit of the metric.",
            )
        object.__setattr__(self, "threshold", float(self.threshold))
        if self.kind == "beats" and self.threshold < 0:
            raise InputError(
                "A claim cannot have a negative margin: `by` is the smallest improvement that matters.",
                received=f"by={self.threshold!r}",
                remedy="Give a margin of 0 or more; to claim the opposite, swap the treatment and the control.",
            )
        if self.kind == "matches" and self.threshold <= 0:
            raise InputError(
                "Equivalence needs a positive margin: no amount of data can show that two arms are exactly equal.",
                received=f"within={self.threshold!r}",
                remedy=f"Give {MEANINGS['matches']}, in the unit of the metric.",
            )

    @property
    def margin(self) -> float:
        """Half-width of the zone of no meaningful difference; 0 for `reaches`, whose bar is in the effect already."""
        return 0.0 if self.kind == "reaches" else self.threshold

    def __str__(self) -> str:
        word = WORDS[self.kind]
        return f"{self.kind}({self.metric!r}, {word}={self.threshold:g})"


def beats(metric: str, *, by: float = 0.0) -> Claim:
    """Claim that the treatment is better than the control, by a margin that matters.

    Args:
        metric: the metric's name. Better means lower for a metric such as "loss".
        by: the smallest difference that matters (delta), in the metric's unit, 0 or more. The claim is refuted where
            the difference is shown to be smaller than this.

    Raises:
        InputError: the margin is negative or not finite.
    """
    return Claim("beats", metric, by)


def matches(metric: str, *, within: float) -> Claim:
    """Claim that the two arms are equivalent: their difference is smaller than a margin, in either direction.

    Args:
        metric: the metric's name.
        within: the largest difference that does not matter (delta), in the metric's unit, more than 0.

    Raises:
        InputError: the margin is not positive or not finite.
    """
    return Claim("matches", metric, within)


def reaches(metric: str, *, bar: float) -> Claim:
    """Claim that one arm, by itself, is on the better side of a bar.

    Args:
        metric: the metric's name. Better means lower for a metric such as "loss".
        bar: the value to reach, in the metric's unit.

    Raises:
        InputError: the bar is not finite.
    """
    return Claim("reaches", metric, bar)
