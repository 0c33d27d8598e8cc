"""Records of a result: the estimate, the looks, and the power of the design."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from negres_core.evidence.record import Record
from negres_core.statistics.estimate import CellEstimate
from negres_core.statistics.sequential import ONLY_LOOK, Look

VerdictName = Literal["supported", "refuted", "inconclusive", "invalid"]


class EstimateRecord(Record):
    """The effect: the mean difference of the arms over cells, positive if the treatment is better."""

    effect: float
    standard_error: Annotated[float, Field(ge=0)]
    """Standard error of the corrected resampled t-test (Nadeau & Bengio 2003)."""
    dof: Annotated[int, Field(ge=1)]
    """Degrees of freedom."""
    most_dof: Annotated[int, Field(ge=1)] | None = None
    """The degrees of freedom that no number of repeats exceeds; null if there is no limit."""
    sd: Annotated[float, Field(ge=0)]
    """Standard deviation of the differences over cells."""
    cell_count: Annotated[int, Field(ge=2)]
    test_train_ratio: Annotated[float, Field(gt=0)]
    skewness: float | None = None
    """Skewness of the differences over cells; null in evidence of earlier versions, which did not consider it."""
    statistic: float
    p_greater: float
    """One-sided p-value of the null hypothesis that the effect is not positive."""
    p_less: float
    p_two_sided: float
    interval_90: tuple[float, float]
    """Covers at all looks simultaneously, like `interval_95`; wider than an ordinary interval if there are several
    looks, few cells or skewed differences."""
    interval_95: tuple[float, float]
    probability_better: float
    """Posterior probability of a positive effect, under the flat prior of the correlated t-test."""

    @classmethod
    def of(cls, estimate: CellEstimate, *, look: Look = ONLY_LOOK, alpha: float) -> EstimateRecord:
        """Return the record of an estimate.

        Args:
            estimate: the estimate.
            look: the look of the estimate; the intervals cover at all looks simultaneously.
            alpha: the significance level of the claim; the intervals cover 1 - alpha and 1 - 2 alpha.
        """
        return cls(
            effect=estimate.effect,
            standard_error=estimate.standard_error,
            dof=estimate.dof,
            most_dof=estimate.most_dof,
            sd=estimate.sd,
            cell_count=estimate.cell_count,
            test_train_ratio=estimate.test_train_ratio,
            skewness=estimate.skewness,
            statistic=estimate.statistic,
            p_greater=estimate.p_greater,
            p_less=estimate.p_less,
            p_two_sided=estimate.p_two_sided,
            interval_90=look.interval(estimate, alpha=alpha),
            interval_95=look.interval(estimate, alpha=alpha / 2),
            probability_better=estimate.probability_better,
        )

    def as_estimate(self) -> CellEstimate:
        """Return the estimate, which can compute more than its record contains."""
        return CellEstimate(
            effect=self.effect,
            standard_error=self.standard_error,
            dof=self.dof,
            most_dof=self.most_dof,
            sd=self.sd,
            cell_count=self.cell_count,
            test_train_ratio=self.test_train_ratio,
            skewness=self.skewness or 0.0,
        )


class LookRecord(Record):
    """One look."""

    repeats: int
    """Repeats so far."""
    information: float
    """Share of the planned information."""
    effect: float
    interval_95: tuple[float, float]
    verdict: VerdictName


class PowerRecord(Record):
    """What a design can decide if the differences spread as assumed; all values are in the metric's unit."""

    sd: float
    """Assumed standard deviation of the cell differences."""
    known_from: str
    """Evidence from which the standard deviation is taken, in words."""
    detectable: float
    """True effect that is detected with 80% power; with a margin, the distance from the margin."""
    equivalence: float
    """Smallest margin within which an observed effect of 0 shows equivalence."""
    floor: float
    """The same margin with any number of repeats of these folds."""
