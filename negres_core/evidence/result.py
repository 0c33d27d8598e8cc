"""Records of a result: the estimate, the looks, and the power of the design."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self, TypeAlias

from pydantic import Field, model_validator

from negres_core.evidence.record import Record
from negres_core.statistics.crossed_effects import VarianceComponents
from negres_core.statistics.estimate import CellEstimate
from negres_core.statistics.row_estimate import RowEstimate, Scope
from negres_core.statistics.sequential import ONLY_LOOK, Look
from negres_core.statistics.student_t import GuardedT

Scopes: TypeAlias = Sequence[tuple[str, GuardedT]]
"""Scopes of repetition, in words, each with the effect that it judges."""

VerdictName = Literal["supported", "refuted", "inconclusive", "invalid"]


class ScopeRecord(Record):
    """The effect as one scope of repetition judges it: what would be drawn again if the experiment were repeated."""

    scope: str
    """For example "any seeds, on this test set"."""
    standard_error: Annotated[float, Field(ge=0)]
    dof: Annotated[float, Field(gt=0)]
    p_two_sided: float
    interval_95: tuple[float, float]

    @classmethod
    def of(cls, scope: str, effect: GuardedT, *, alpha: float) -> ScopeRecord:
        """Return the record of an effect in a scope, with the interval of 1 - alpha."""
        return cls(
            scope=scope,
            standard_error=effect.standard_error,
            dof=effect.dof,
            p_two_sided=effect.p_two_sided,
            interval_95=effect.interval(1 - alpha),
        )


class ComponentsRecord(Record):
    """Variance components of the differences of single test rows, in the metric's unit squared."""

    seeds: Annotated[float, Field(ge=0)]
    """Variance between seeds, the same on all rows."""
    rows: Annotated[float, Field(ge=0)]
    """Variance between rows, the same for all seeds."""
    interaction: Annotated[float, Field(ge=0)]
    """What is left: seeds that differ on some rows only, and noise."""


class EstimateRecord(Record):
    """The effect: the mean difference of the arms, positive if the treatment is better."""

    effect: float
    standard_error: Annotated[float, Field(ge=0)]
    """Standard error of the corrected resampled t-test (Nadeau & Bengio 2003), or of the test of a design that scores
    single rows."""
    dof: Annotated[int, Field(ge=1)] | Annotated[float, Field(ge=1)]
    """Degrees of freedom."""
    most_dof: Annotated[int, Field(ge=1)] | None = None
    """The degrees of freedom that no number of repeats exceeds; null if there is no limit."""
    sd: Annotated[float, Field(ge=0)] | None = None
    """Standard deviation of the differences over cells; null if single rows are judged."""
    cell_count: Annotated[int, Field(ge=2)] | None = None
    """Number of cells; null if single rows are judged."""
    test_train_ratio: Annotated[float, Field(gt=0)] | None = None
    """Test rows of a cell per training row; null if single rows are judged."""
    skewness: float | None = None
    """Skewness of the differences over cells; null in evidence of earlier versions, which did not consider it, and if
    single rows are judged."""
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
    scope: Scope | None = None
    """What the effect is about, if single rows are judged."""
    shares: tuple[float, float] | None = None
    """Shares of their levels that the tests against a positive and a negative effect may use, for single rows."""
    seeds: Annotated[int, Field(ge=1)] | None = None
    """Seeds of a design that scores single rows."""
    rows: Annotated[int, Field(ge=2)] | None = None
    """Test rows, or groups or blocks of them, of a design that scores single rows."""
    components: ComponentsRecord | None = None
    """Variance components; null if they were not told apart."""
    scopes: list[ScopeRecord] = Field(default_factory=list)
    """The same effect in each scope that can be judged; the claim is judged by that of `scope`."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        of_cells = [self.sd, self.cell_count, self.test_train_ratio]
        of_rows = [self.scope, self.shares, self.seeds, self.rows]
        if None in of_cells and None in of_rows:
            raise ValueError("it is neither the estimate of cells nor that of single rows")
        return self

    @classmethod
    def of(
        cls, estimate: CellEstimate | RowEstimate, *, look: Look = ONLY_LOOK, alpha: float, scopes: Scopes = ()
    ) -> EstimateRecord:
        """Return the record of an estimate.

        Args:
            estimate: the estimate.
            look: the look of the estimate; the intervals cover at all looks simultaneously.
            alpha: the significance level of the claim; the intervals cover 1 - alpha and 1 - 2 alpha.
            scopes: each scope that can be judged, with its effect.
        """
        more: dict[str, Any] = {}
        if isinstance(estimate, CellEstimate):
            for name in ("most_dof", "sd", "cell_count", "test_train_ratio", "skewness"):
                more[name] = getattr(estimate, name)
        else:
            more = {name: getattr(estimate, name) for name in ("scope", "shares", "seeds", "rows")}
            if estimate.components is not None:
                more["components"] = ComponentsRecord(**dataclasses.asdict(estimate.components))
            more["scopes"] = [ScopeRecord.of(scope, effect, alpha=alpha) for scope, effect in scopes]
        return cls(
            effect=estimate.effect,
            standard_error=estimate.standard_error,
            dof=estimate.dof,
            statistic=estimate.statistic,
            p_greater=estimate.p_greater,
            p_less=estimate.p_less,
            p_two_sided=estimate.p_two_sided,
            interval_90=look.interval(estimate, alpha=alpha),
            interval_95=look.interval(estimate, alpha=alpha / 2),
            probability_better=estimate.probability_better,
            **more,
        )

    def as_estimate(self) -> CellEstimate | RowEstimate:
        """Return the estimate, which can compute more than its record contains."""
        if self.sd is not None and self.cell_count is not None and self.test_train_ratio is not None:
            return CellEstimate(
                effect=self.effect,
                standard_error=self.standard_error,
                dof=int(self.dof),
                most_dof=self.most_dof,
                sd=self.sd,
                cell_count=self.cell_count,
                test_train_ratio=self.test_train_ratio,
                skewness=self.skewness or 0.0,
            )
        assert self.scope is not None and self.shares is not None  # noqa: PT018 - as checked above
        assert self.seeds is not None and self.rows is not None  # noqa: PT018
        parts = self.components
        return RowEstimate(
            effect=self.effect,
            standard_error=self.standard_error,
            dof=self.dof,
            scope=self.scope,
            shares=self.shares,
            seeds=self.seeds,
            rows=self.rows,
            components=None if parts is None else VarianceComponents(**parts.model_dump()),
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
