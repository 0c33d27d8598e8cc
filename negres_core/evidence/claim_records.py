"""Records of a hypothesis before it runs: its claim, its design, its stopping rule and its data."""

from __future__ import annotations

import math
from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from negres_core.arrays import Named, map_arrays
from negres_core.claim import Claim, CostMetric, CostName, Metric
from negres_core.claim.metric import CODE_DIGITS
from negres_core.dataset import Dataset, Task
from negres_core.dataset.names import label_names
from negres_core.design import (
    Design,
    FixedSplit,
    GivenSplits,
    Holdout,
    KFolds,
    Kind,
    LeaveOneGroupOut,
    Rows,
    TimeSeries,
    count_units,
)
from negres_core.errors import InputError
from negres_core.evidence.record import PartialRecord, Record, digest_of


class CostRecord(Record):
    """What a claim about a cost counts, in all or until a metric reaches a target on validation rows."""

    counted_in: CostName
    metric: str | None = None
    """The name under which replicates record the metric that is watched; null for the whole training."""
    target: float | None = None
    higher_is_better: bool | None = None
    """The direction of the metric that is watched."""

    @classmethod
    def of(cls, metric: Metric) -> CostRecord | None:
        """Return the record of a cost; None for a metric of predictions."""
        if not isinstance(metric, CostMetric):
            return None
        if not isinstance(metric.watched, Metric):
            return cls(counted_in=metric.counted_in)
        return cls(
            counted_in=metric.counted_in,
            metric=metric.watched.key,
            target=metric.target,
            higher_is_better=metric.watched.higher_is_better,
        )

    def reaches(self, value: float | None) -> bool:
        """Return whether a value of the watched metric is at the target or better."""
        if value is None or self.target is None or not math.isfinite(value):
            return False
        beyond = (value - self.target) * (1 if self.higher_is_better else -1)
        # A share of rows such as 27 / 30 is at a target of 0.9, whatever its last bit.
        return beyond >= -1e-12 * max(1.0, abs(self.target))


class ClaimRecord(PartialRecord):
    """A claim and the metric it is about."""

    OPTIONAL: ClassVar = frozenset({"code", "cost", "output"})

    kind: Literal["beats", "matches", "reaches"]
    metric: str
    threshold: float
    """Margin of `beats` and `matches`, or bar of `reaches`, in `unit`."""
    unit: str
    higher_is_better: bool
    alpha: Annotated[float, Field(gt=0, lt=0.5)]
    """Significance level of the claim, over all looks."""
    code: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")] | None = None
    """Digest of what the function of the test's own metric does; left out for a metric of negres or of a fit."""
    cost: CostRecord | None = None
    """What is counted, if the claim is about a cost; left out otherwise."""
    output: Annotated[str, Field(min_length=1)] | None = None
    """The output that the claim is about, of a data set with targets of several; left out otherwise."""

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
            code=metric.code,
            cost=CostRecord.of(metric),
            output=claim.output,
        )

    def as_claim(self) -> Claim:
        """Return the claim."""
        return Claim(self.kind, self.metric, self.threshold, output=self.output)

    @property
    def key(self) -> str:
        """The name under which replicates record the metric."""
        return self.metric if self.code is None else f"{self.metric}@{self.code[:CODE_DIGITS]}"

    def of_output(self, text: str) -> str:
        """Return the name of the metric, or its unit, with the output that the claim is about, if there are several.

        Examples:
            >>> ClaimRecord(
            ...     kind="beats",
            ...     metric="f1",
            ...     threshold=0,
            ...     unit="F1",
            ...     higher_is_better=True,
            ...     alpha=0.05,
            ...     output="sex",
            ... ).of_output("F1")
            'F1 of sex'
        """
        return text if self.output is None else f"{text} of {self.output}"

    @property
    def word(self) -> Literal["bar", "margin"]:
        """The name of the threshold: "bar" or "margin"."""
        return "bar" if self.kind == "reaches" else "margin"


class RowsRecord(Record):
    """Rows of the data set that a design names."""

    count: Annotated[int, Field(ge=1)]
    digest: str
    """Digest of the row numbers."""

    @classmethod
    def of(cls, rows: Rows) -> RowsRecord:
        """Return the record of rows."""
        return cls(count=rows.count, digest=rows.digest)

    def as_rows(self) -> Rows:
        """Return the rows, without their numbers."""
        return Rows(self.count, self.digest)


class DesignRecord(PartialRecord):
    """The planned design. A record contains only those of the last fields that apply."""

    OPTIONAL: ClassVar = frozenset(
        {"kind", "splitter", "test_share", "train", "test", "validation", "gap", "test_rows", "most_train"}
    )

    folds: Annotated[int, Field(ge=1, le=1_000_000)]
    """Cells of a repeat."""
    repeats: Annotated[int, Field(ge=1, le=10_000)]
    """Planned repeats; a run may stop at an earlier look."""
    seeds: Annotated[int, Field(ge=1, le=1_000_000)]
    """Replicates of each cell."""
    looks: bool
    """Whether the claim is tested after each repeat."""
    kind: Kind = "k folds"
    splitter: str | None = None
    """The scikit-learn splitter that made the splits, in words; null if negres made them."""
    test_share: Annotated[float, Field(gt=0, le=0.5)] | None = None
    """Share of the rows that each random split tests."""
    train: RowsRecord | None = None
    """Training rows of a fixed split."""
    test: RowsRecord | None = None
    """Test rows of a fixed split."""
    validation: RowsRecord | None = None
    """Validation rows of a fixed split."""
    gap: Annotated[int, Field(ge=0)] | None = None
    """Rows between the training rows and the test rows of a time series."""
    test_rows: Annotated[int, Field(ge=1)] | None = None
    """Rows of a test fold of a time series; null if the number of folds decides."""
    most_train: Annotated[int, Field(ge=2)] | None = None
    """The most training rows of a fold of a time series; null if there is no limit."""

    @model_validator(mode="after")
    def _check(self) -> Self:
        self.as_design()  # raises InputError, a ValueError
        return self

    @classmethod
    def of(cls, design: Design) -> DesignRecord:
        """Return the record of a design."""
        like = design.like if isinstance(design, GivenSplits) else design
        more: dict[str, Any] = {}
        if isinstance(like, Holdout):
            more = {"test_share": like.test}
        elif isinstance(like, FixedSplit):
            validation = RowsRecord.of(like.validation) if like.validation else None
            more = {"train": RowsRecord.of(like.train), "test": RowsRecord.of(like.test), "validation": validation}
        elif isinstance(like, TimeSeries):
            more = {"gap": like.gap, "test_rows": like.test, "most_train": like.most_train}
        return cls(
            folds=design.folds,
            repeats=design.repeats,
            seeds=design.seeds_per_cell,
            looks=design.looks,
            kind=design.kind,
            splitter=design.splitter,
            **more,
        )

    def in_words(self, repeats: int | None = None) -> str:
        """Return the cells in words, after some of the repeats; None for all."""
        cells = self.as_design().layout(repeats)
        return f"{cells}, by {self.splitter}" if self.splitter else cells

    def as_design(self) -> Design:
        """Return the design; rows that a user named are only known by their digest, and those of a splitter not at all.

        Raises:
            InputError: it is not a possible design.
        """
        if self.kind == "k folds":
            return KFolds(folds=self.folds, repeats=self.repeats, seeds=self.seeds, looks=self.looks)
        if self.kind == "random splits":
            splits = self.folds * self.repeats
            return Holdout(self.test_share or 0.0, splits=splits, seeds=self.seeds, looks=self.looks)
        if self.kind == "leave one group out":
            return LeaveOneGroupOut(seeds=self.seeds, groups=self.folds)
        if self.kind == "time series":
            size, gap = self.test_rows, self.gap or 0
            return TimeSeries(self.folds, gap=gap, test=size, most_train=self.most_train, seeds=self.seeds)
        if self.train is None or self.test is None:
            raise InputError(
                "A fixed split has training rows and test rows.",
                received=f"train={self.train!r}, test={self.test!r}",
                remedy="Restore the file from a copy.",
            )
        validation = self.validation.as_rows() if self.validation else None
        train, test = self.train.as_rows(), self.test.as_rows()
        return FixedSplit(train=train, test=test, validation=validation, seeds=self.repeats)


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


class DataRecord(PartialRecord):
    """The data set."""

    OPTIONAL: ClassVar = frozenset({"labels"})

    name: str
    source: str
    digest: str
    """SHA-256 of the arrays; of the name and the numbers of rows and groups if the scores were given."""
    rows: Annotated[int, Field(ge=1)] | None
    """Number of rows; null if the scores were given, and the rows were not."""
    groups: Annotated[int, Field(ge=1)] | None = None
    """Number of groups of rows that stay in one fold together; null if there are none."""
    weighted: bool = False
    """Whether rows have weights in training."""
    input_shape: Named[tuple[int, ...]] | None
    """Shape of one row of inputs; by name if there are several inputs; null if the scores were given."""
    outputs: Annotated[int, Field(ge=1)] | None
    """Number of classes, or of target columns; null if the scores were given."""
    task: Task | None
    """Null if the scores were given."""
    labels: tuple[str, ...] | None = None
    """The user's names of the classes, or of several labels a row, in the order of their numbers; left out if they have
    none."""

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
            weighted=data.sample_weight is not None,
            input_shape=map_arrays(tuple, data.input_shape),
            outputs=data.outputs,
            task=data.task,
            labels=label_names(data) or None,
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
