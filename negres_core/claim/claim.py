"""Claims: what a hypothesis states about a metric, in the metric's own unit."""

from __future__ import annotations

import math
import numbers
from dataclasses import dataclass
from typing import Literal

from negres_core.arguments import explain_arguments
from negres_core.claim.metric import Metric
from negres_core.claim.scorers import Given, as_metric
from negres_core.errors import InputError

THRESHOLD_NAMES = {"beats": "by", "matches": "within", "reaches": "bar"}
"""The argument that is the threshold of each kind of claim."""

THRESHOLD_MEANINGS = {
    "beats": "the smallest difference that would matter to you",
    "matches": "the largest difference that would not matter to you",
    "reaches": "the value to reach",
}
"""What the threshold of each kind of claim means, in words for an error's remedy."""


@dataclass(frozen=True)
class Claim:
    """One claim about one metric. Make it with `beats`, `matches` or `reaches`.

    Attributes:
        kind: "beats", "matches" or "reaches".
        metric: name of the metric that the claim is about.
        threshold: `by`, `within` or `bar`, in the metric's unit.
        own: the metric itself, if the claim was given one instead of a name.
        output: the output that the claim is about, if the data set has targets of several; None otherwise.

    Raises:
        InputError: the metric or the output has no name, or the threshold is not a finite number in range.
    """

    kind: Literal["beats", "matches", "reaches"]
    metric: str
    threshold: float
    own: Metric | None = None
    output: str | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.metric, str) or not self.metric:
            raise InputError(
                "A claim needs a metric.",
                received=self.metric,
                remedy='Give the name of a metric, for example "accuracy"; a Metric(..., compute=function); or a '
                "scorer of scikit-learn.",
            )
        if self.output is not None and not (isinstance(self.output, str) and self.output):
            raise InputError(
                f"`output` of {self.kind}({self.metric!r}) has to be the name of an output.",
                received=f"output={self.output!r}",
                remedy='Give a name among those of the data set\'s targets, such as output="sex" of '
                'y={"age": ages, "sex": labels}.',
            )
        argument = THRESHOLD_NAMES[self.kind]
        if (
            isinstance(self.threshold, bool)
            or not isinstance(self.threshold, numbers.Real)
            or not math.isfinite(self.threshold)
        ):
            raise InputError(
                f"`{argument}` of {self.kind}({self.metric!r}) has to be a finite number.",
                received=f"{argument}={self.threshold!r}",
                remedy=f"Give {THRESHOLD_MEANINGS[self.kind]}, in the unit of the metric.",
            )
        object.__setattr__(self, "threshold", float(self.threshold))
        if self.kind == "beats" and self.threshold < 0:
            raise InputError(
                "A claim cannot have a negative margin: `by` is the smallest improvement that matters.",
                received=f"by={self.threshold!r}",
                remedy="Give a margin of 0 or more; to claim the opposite, swap the treatment arm and the control arm.",
            )
        if self.kind == "matches" and self.threshold <= 0:
            raise InputError(
                "Equivalence needs a positive margin: no amount of data can show that two arms are exactly equal.",
                received=f"within={self.threshold!r}",
                remedy=f"Give {THRESHOLD_MEANINGS['matches']}, in the unit of the metric.",
            )

    @classmethod
    def about(
        cls,
        kind: Literal["beats", "matches", "reaches"],
        metric: Given,
        threshold: float,
        *,
        output: str | None = None,
    ) -> Claim:
        """Return a claim about a metric that is given by its name or as an object."""
        known = as_metric(metric)
        if isinstance(known, Metric):
            return cls(kind, known.name, threshold, known, output)
        return cls(kind, known, threshold, output=output)

    @property
    def margin(self) -> float:
        """Half-width of the interval of differences that do not matter.

        It is 0 for `reaches`, whose effect is measured from the bar.
        """
        return 0.0 if self.kind == "reaches" else self.threshold

    def __str__(self) -> str:
        output = "" if self.output is None else f", output={self.output!r}"
        return f"{self.kind}({self.metric!r}, {THRESHOLD_NAMES[self.kind]}={self.threshold:g}{output})"


@explain_arguments("claim", {"margin": "Name the margin `by`: beats(metric, by={value})."})
def beats(metric: Given, *, by: float = 0.0, output: str | None = None) -> Claim:
    """Claim that the treatment arm is better than the control arm by at least a margin.

    The claim is supported if the data show that the improvement is more than `by`, and refuted if they show that it is
    less. Otherwise it is inconclusive, even if the treatment arm is clearly better than the control arm: to claim any
    improvement at all, leave `by` out.

    Args:
        metric: the metric's name; a `Metric` with `compute`; or a scorer of scikit-learn. If lower is better,
            as for "loss", an improvement is a decrease.
        by: the smallest improvement that matters, in the metric's unit; 0 or more.
        output: if the data set has targets of several outputs, the name of the one that the claim is about.

    Raises:
        InputError: the margin is negative or not finite, or `output` is not a name.

    Examples:
        >>> print(beats("accuracy", by=0.005))
        beats('accuracy', by=0.005)
    """
    return Claim.about("beats", metric, by, output=output)


@explain_arguments("claim", {"by": "Name the margin `within`: matches(metric, within={value})."})
def matches(metric: Given, *, within: float, output: str | None = None) -> Claim:
    """Claim that the two arms are equivalent: they differ by less than a margin, in either direction.

    The claim is supported if the 90% confidence interval of the difference lies between `-within` and `within` (two
    one-sided tests), and refuted if it lies entirely outside. A difference that is merely not significant does not
    support it.

    Args:
        metric: the metric's name; a `Metric` with `compute`; or a scorer of scikit-learn.
        within: the largest difference that does not matter, in the metric's unit; more than 0.
        output: if the data set has targets of several outputs, the name of the one that the claim is about.

    Raises:
        InputError: the margin is not positive or not finite, or `output` is not a name.

    Examples:
        >>> print(matches("accuracy", within=0.01))
        matches('accuracy', within=0.01)
    """
    return Claim.about("matches", metric, within, output=output)


@explain_arguments("claim", {"by": "Name the value to reach `bar`: reaches(metric, bar={value})."})
def reaches(metric: Given, *, bar: float, output: str | None = None) -> Claim:
    """Claim that a single arm is on the better side of a bar.

    The claim is supported if the data show that the arm's mean is better than the bar, and refuted if they show that it
    is worse.

    Args:
        metric: the metric's name; a `Metric` with `compute`; or a scorer of scikit-learn. If lower is better,
            as for "loss", the better side is below the bar.
        bar: the value to reach, in the metric's unit.
        output: if the data set has targets of several outputs, the name of the one that the claim is about.

    Raises:
        InputError: the bar is not finite, or `output` is not a name.

    Examples:
        >>> print(reaches("accuracy", bar=0.9))
        reaches('accuracy', bar=0.9)
    """
    return Claim.about("reaches", metric, bar, output=output)
