"""Records of a hypothesis before it runs: its claim, its design, its stopping rule and its data."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from negres_core.arrays import Named, map_arrays
from negres_core.claim import Claim
from negres_core.dataset import Dataset, Task
from negres_core.design import Design, count_units
from negres_core.evidence.record import Record, digest_of
from negres_core.metrics import Metric


class ClaimRecord(Record):
    """A claim and the metric it is about."""

    kind: Literal["beats", "matches", "reaches"]
    metric: str
    threshold: float
    """Margin of `beats` and `matches`, or bar of `reaches`, in `unit`."""
    unit: str
    higher_is_better: bool
    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    """Significance level of the claim, over all looks."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.as_claim()  # raises InputError, a ValueError
        return self

    @classmethod
    def of(cls, claim: Claim, metric: Metric, *, alpha: float) -> ClaimRecord:
        """Return the record of a claim about a metric."""
        return cls(
            kind=claim.kind,
            metric=claim.metric,
            threshold=claim.threshold,
            unit=metric.unit,
            higher_is_better=metric.higher_is_better,
            alpha=alpha,
        )

    def as_claim(self) -> Claim:
        """Return the claim."""
        return Claim(self.kind, self.metric, self.threshold)

    @property
    def word(self) -> Literal["bar", "margin"]:
        """The name of the threshold: "bar" or "margin"."""
        return "bar" if self.kind == "reaches" else "margin"


class DesignRecord(Record):
    """The planned design."""

    folds: Annotated[int, Field(ge=2, le=1_000_000)]
    repeats: Annotated[int, Field(ge=1, le=10_000)]
    """Planned repeats; a run may stop at an earlier look."""
    seeds: Annotated[int, Field(ge=1, le=1_000_000)]
    looks: bool
    """Whether the claim is tested after each repeat."""

    @classmethod
    def of(cls, design: Design) -> DesignRecord:
        """Return the record of a design."""
        return cls(folds=design.folds, repeats=design.repeats, seeds=design.seeds, looks=design.looks)

    def as_design(self) -> Design:
        """Return the design."""
        return Design(folds=self.folds, repeats=self.repeats, seeds=self.seeds, looks=self.looks)


class StoppingRule(Record):
    """The rule by which a run ends."""

    looks: int
    """Number of planned looks; 1 if the claim is tested once, after the last repeat."""
    spending: Literal["hwang-shih-decani", "obrien-fleming"] | None
    """Alpha-spending function over the looks, the latter in earlier versions; null with a single look."""

    @classmethod
    def of(cls, design: Design) -> StoppingRule:
        """Return the stopping rule of a design."""
        has_several = design.looks and design.repeats > 1
        return cls(looks=design.repeats if has_several else 1, spending="hwang-shih-decani" if has_several else None)

    def __str__(self) -> str:
        if self.spending is None:
            return "one look, after the last repeat"
        name = {"hwang-shih-decani": "Hwang-Shih-DeCani", "obrien-fleming": "O'Brien-Fleming"}[self.spending]
        return f"a look after each of {self.looks} repeats, {name} spending; stops when a look decides"


class DataRecord(Record):
    """The data set."""

    name: str
    source: str
    digest: str
    """SHA-256 of the arrays; of the name and the numbers of rows and groups if the scores were given."""
    rows: Annotated[int, Field(ge=1)] | None
    """Number of rows; null if the scores were given, and the rows were not."""
    groups: Annotated[int, Field(ge=1)] | None = None
    """Number of groups of rows that stay in one fold together; null if there are none."""
    input_shape: Named[tuple[int, ...]] | None
    """Shape of one row of inputs; by name if there are several inputs; null if the scores were given."""
    outputs: Annotated[int, Field(ge=1)] | None
    """Number of classes, or of target columns; null if the scores were given."""
    task: Task | None
    """Null if the scores were given."""

    @property
    def units(self) -> int | None:
        """Number of units that folds are made of: groups, or rows if there are none; None if it is not known."""
        return self.rows if self.groups is None else self.groups

    @classmethod
    def of(cls, data: Dataset) -> DataRecord:
        """Return the record of a data set."""
        return cls(
            name=data.name,
            source=data.source,
            digest=data.digest,
            rows=len(data),
            groups=None if data.groups is None else count_units(data),
            input_shape=map_arrays(tuple, data.input_shape),
            outputs=data.outputs,
            task=data.task,
        )

    @classmethod
    def of_scores(cls, name: str, *, source: str, rows: int | None, groups: int | None) -> DataRecord:
        """Return the record of a data set of which only scores were given: it is identified by what is said of it."""
        return cls(
            name=name,
            source=source,
            digest=digest_of({"scores as given": name, "rows": rows, "groups": groups}),
            rows=rows,
            groups=groups,
            input_shape=None,
            outputs=None,
            task=None,
        )
