"""The record of a tuned arm: what was searched, each trial, what was chosen in each cell, and what the search cost."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from negres_core.evidence.description import RecipeDescription
from negres_core.evidence.record import Number, Record, digest_of
from negres_core.evidence.replicate import Replicate

Setting = bool | int | float | str | None
"""The value of one setting."""


class RangeRecord(Record):
    """The range of one setting: choices, or numbers between two ends."""

    kind: Literal["choice", "float", "int"]
    choices: list[Setting] | None = None
    low: float | int | None = None
    high: float | int | None = None
    log: bool = False
    """Whether numbers are drawn evenly by their logarithm."""
    step: float | int | None = None


class TuningPlan(Record):
    """What a tuned arm searches, which is fixed before its run."""

    make: str
    """Name of the function that makes a recipe of settings."""
    source: str
    code: str
    """Digest of all user code that the function reaches."""
    space: dict[str, RangeRecord]
    """The range of each setting."""
    trials: Annotated[int, Field(ge=2)]
    """Trials in each cell."""
    sampler: Literal["random", "tpe"]
    """"random": settings are drawn once and are the same in every cell; "tpe": by the tree-structured Parzen estimator,
    in each cell by the results of its own trials."""
    metric: str
    """The name under which replicates record the metric that trials are compared by, on validation rows."""
    higher_is_better: bool

    @property
    def digest(self) -> str:
        """The identity of the arm in the ledger. Names and sources are for readers, and not digested."""
        return digest_of(self.model_dump(mode="json", exclude={"make", "source"}))


class TrialRecord(Record):
    """One trial: settings, trained and scored inside a training fold."""

    settings: dict[str, Setting]
    score: Number
    """The metric on the validation rows; null if it is not finite."""
    replicates: list[str]
    """Ids, one for each stage of the recipe."""


class SearchRecord(Record):
    """The trials in one cell, and the one whose recipe was trained on the whole training fold."""

    repeat: int
    fold: int
    chosen: int
    """Position of the chosen trial."""
    trials: list[TrialRecord]

    @model_validator(mode="after")
    def _check_chosen(self) -> Self:
        if not 0 <= self.chosen < len(self.trials):
            raise ValueError("the chosen trial is none of the trials")
        return self

    @property
    def best(self) -> TrialRecord:
        """The chosen trial."""
        return self.trials[self.chosen]


class SearchBudget(Record):
    """What the trials of all cells took together; those of settings that share a stage count it once."""

    epochs: int
    steps: int
    """Optimizer steps."""
    flops: int
    """Floating-point operations of these steps."""
    seconds: Number
    """Of training; null if they were not all measured."""

    @classmethod
    def of(cls, replicates: Iterable[Replicate]) -> SearchBudget:
        """Return what some replicates took, each counted once."""
        distinct = list({each.id: each for each in replicates}.values())
        budgets = [each.budget for each in distinct]
        measured = [each.cost.train_s for each in distinct]
        return cls(
            epochs=sum(each.epochs for each in budgets),
            steps=sum(each.steps for each in budgets),
            flops=sum(each.steps * each.step_flops for each in budgets),
            seconds=math.fsum(math.nan if each is None else each for each in measured),
        )


class TuningRecord(Record):
    """How an arm was tuned."""

    plan: TuningPlan
    searches: list[SearchRecord]
    """One for each cell, in the order repeat, fold."""
    recipes: dict[str, RecipeDescription]
    """The recipes that were chosen in any cell, by their digest."""
    chosen: list[str]
    """The digest of the recipe that was chosen in each cell."""
    budget: SearchBudget


def best_of(scores: Iterable[float | None], *, higher_is_better: bool) -> int:
    """Return the position of the best score, the first one of equal ones; 0 if none is finite.

    >>> best_of([None, 0.5, 0.7, 0.7], higher_is_better=True)
    2
    """
    sign = 1 if higher_is_better else -1
    values = [-math.inf if score is None or not math.isfinite(score) else sign * score for score in scores]
    return values.index(max(values))
