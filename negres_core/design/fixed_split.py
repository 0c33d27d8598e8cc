"""A fixed split: official training and test rows, and several seeds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from negres_core.arguments import explain_arguments
from negres_core.dataset import Dataset
from negres_core.design.base import Cell, Design, Kind, checked_count
from negres_core.design.rows import Rows
from negres_core.errors import InputError

LEAST_TEST_ROWS = 30
"""Fewest test rows, or groups of them: the spread between fewer cannot be told well enough for an interval."""


@explain_arguments("design", {})
@dataclass(frozen=True, kw_only=True)
class FixedSplit(Design):
    """The same training rows and test rows for every replicate; replicates differ in the seed.

    The claim is judged by the scores of single test rows under each seed. Seeds and test rows are both treated as
    random samples, so an effect has to stand out from the variation of both.

    Attributes:
        train: rows to train on: row numbers from 0, a range, a slice, or a mask.
        test: rows to test on, likewise.
        validation: None, or rows that are neither trained nor tested on, by any arm. Stages with `validation=True` use
            them for early stopping, and a claim about the time to a target measures its metric on them.
        seeds: replicates that differ in the seed, 1 or more; each is a repeat of one cell.

    Raises:
        InputError: the rows overlap, or an argument is none of these.

    Examples:
        >>> split = FixedSplit(train=range(60_000), test=range(60_000, 70_000), seeds=10)
        >>> split.layout()
        '10 seeds on one split, 60,000 training rows and 10,000 test rows'
    """

    kind: ClassVar[Kind] = "fixed split"
    scores_rows: ClassVar[bool] = True
    train: Any
    test: Any
    validation: Any = None
    seeds: int = 5

    def __post_init__(self) -> None:
        for name in ("train", "test", "validation"):
            if (given := getattr(self, name)) is not None or name != "validation":
                object.__setattr__(self, name, Rows.of(given, name))
        why = "at least one model has to be trained"
        seeds = checked_count("seeds", self.seeds, least=1, why=why, remedy="The usual number is seeds=5 or more.")
        object.__setattr__(self, "seeds", seeds)
        self._refuse_overlap("train", "test")
        self._refuse_overlap("validation", "test")
        self._refuse_overlap("train", "validation")

    def _refuse_overlap(self, one: str, other: str) -> None:
        first, second = getattr(self, one), getattr(self, other)
        if first is None or second is None or first.numbers is None or second.numbers is None:
            return
        shared = np.intersect1d(first.numbers, second.numbers, assume_unique=True)
        if len(shared):
            raise InputError(
                f"`{one}` and `{other}` share rows.",
                received=f"{len(shared)} rows in both, such as row {shared[0]}",
                remedy="Every row belongs to one of the two: a test row that was trained on is a leak.",
            )

    @property
    def folds(self) -> int:  # type: ignore[override]  # there is one cell
        """One cell in each repeat."""
        return 1

    @property
    def repeats(self) -> int:  # type: ignore[override]
        """Each seed is a repeat of the cell."""
        return self.seeds

    @property
    def seeds_per_cell(self) -> int:
        """One replicate of each repeat."""
        return 1

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train."""
        return float(self.test.count / self.train.count)

    @property
    def does_not_show(self) -> str:
        """What a verdict by this design does not show, in a sentence."""
        return "It is about training on these training rows; other training rows may give another answer."

    @property
    def stopping(self) -> str:
        """The stopping rule in words."""
        return "one look, after the last seed"

    def layout(self, repeats: int | None = None) -> str:
        """Return the cells in words, after some of the seeds; None for all."""
        planned = f"{self.seeds} seed{'' if self.seeds == 1 else 's'}"
        done = planned if repeats in (None, self.seeds) else f"{repeats} of {planned}"
        validation = f", {self.validation.count:,} validation rows" if self.validation else ""
        rows = f"{self.train.count:,} training rows{validation} and {self.test.count:,} test rows"
        return f"{done} on one split, {rows}"

    def check(self, data: Dataset) -> None:
        """Raise InputError if the data set does not have these rows, or the split cannot decide anything on them."""
        for name in ("train", "test", "validation"):
            if getattr(self, name) is not None:
                getattr(self, name).within(len(data), name)
        train, test = self.train.numbers, self.test.numbers
        units = len(test) if data.groups is None else len(np.unique(data.groups[test]))
        if units < LEAST_TEST_ROWS:
            unit = "rows" if data.groups is None else "groups"
            raise InputError(
                f"The test set has fewer than {LEAST_TEST_ROWS} {unit}, too few to tell the spread between them.",
                received=f"{units} {unit} in `test`",
                remedy="Test on more rows, or use KFolds, which tests every row.",
            )
        if data.groups is not None:
            shared = np.intersect1d(data.groups[train], data.groups[test])
            if len(shared):
                raise InputError(
                    "A group has rows in `train` and in `test`.",
                    received=f"{len(shared)} groups in both, such as group {shared[0]}",
                    remedy="Keep groups whole. If the official split divides them, leave `groups` out of the data set.",
                )
        if data.task == "classification":
            unseen = np.setdiff1d(data.y[test], data.y[train])
            if len(unseen):
                raise InputError(
                    "A class occurs in `test` and not in `train`: no arm can learn it.",
                    received=f"class {unseen[0]} of {data.name!r}",
                    remedy="Choose other training rows, or leave the rows of this class out of `test`.",
                )

    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield the same cell once for each seed; see `Design.split`."""
        self.check(data)
        validation = self.validation.numbers if self.validation else None
        for seed in range(self.seeds):
            yield Cell(seed, 0, self.train.numbers, self.test.numbers, validation)
