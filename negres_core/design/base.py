"""What all designs have in common: cells in rows and columns, shared by all arms."""

from __future__ import annotations

import numbers
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

import numpy as np

from negres_core.arrays import digest_array
from negres_core.dataset import Dataset
from negres_core.errors import InputError

Kind = Literal["k folds", "random splits", "leave one group out", "fixed split", "time series"]
"""The kinds of designs, as evidence names them."""


ABOUT_TRAINING = "It is about training on rows like these; it does not show how one trained model does, or other data."
"""What verdicts on resampled rows do not show."""


def count_units(data: Dataset) -> int:
    """Return the number of units that folds are made of: groups, or rows if there are none."""
    return len(data) if data.groups is None else int(data.groups.max()) + 1


def unit_of(data: Dataset) -> str:
    """Return what folds are made of, in the plural: "groups", or "rows" if there are none."""
    return "rows" if data.groups is None else "groups"


@dataclass(frozen=True)
class Cell:
    """One fold of one repeat of a design: the rows to train on and the rows to test on.

    Attributes:
        repeat: index of the repeat, from 0.
        fold: index of the test fold, from 0.
        train: row numbers of the training fold, ascending, int32.
        test: row numbers of the test fold, ascending, int32.
        validation: row numbers that are neither trained nor tested on, ascending, int32; None if there are none.
        gap: in a time series, the rows left out between training rows and what comes after; None if rows have no order.
    """

    repeat: int
    fold: int
    train: np.ndarray = field(repr=False, compare=False)
    test: np.ndarray = field(repr=False, compare=False)
    validation: np.ndarray | None = field(default=None, repr=False, compare=False)
    gap: int | None = field(default=None, repr=False, compare=False)

    def digest(self, rows: int) -> str:
        """Return a digest of the rows of the cell, given the number of rows of the data set.

        That of the test rows is enough if all others are trained on.
        """
        if len(self.train) + len(self.test) == rows:
            return digest_array(self.test)
        return digest_array({"test": self.test, "train": self.train})


class Design(ABC):
    """How a data set is split into cells, and how many replicates each cell has.

    The cells of every design are a table of repeats x folds. All arms share them.

    Attributes:
        kind: the kind of design.
        scores_rows: whether the claim is judged by the scores of single test rows, and not by those of cells.
        folds: cells of a repeat, 1 or more.
        repeats: repeats, 1 or more. The claim can be judged after each of them.
        seeds: replicates that differ in the seed alone.
        looks: whether the claim is judged after each repeat, with error rates that hold over all looks together, and
            training stops as soon as a look decides it. Otherwise it is judged once, after the last repeat.
        splitter: the scikit-learn splitter that made the cells, in words; None if negres made them.
    """

    kind: ClassVar[Kind]
    scores_rows: ClassVar[bool] = False
    folds: int
    repeats: int = 1
    seeds: int
    looks: bool = False
    splitter: str | None = None

    @property
    @abstractmethod
    def test_train_ratio(self) -> float:
        """n_test / n_train of a cell."""

    @property
    @abstractmethod
    def does_not_show(self) -> str:
        """What a verdict by this design does not show, in a sentence."""

    @abstractmethod
    def layout(self, repeats: int | None = None) -> str:
        """Return the cells in words, after some of the repeats; None for all."""

    @abstractmethod
    def check(self, data: Dataset) -> None:
        """Raise InputError if the data set cannot be split this way."""

    @abstractmethod
    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield the cells of this design on a data set, repeat by repeat.

        The cells of a repeat depend only on the data and the index of the repeat, so more repeats add cells without
        changing the others.

        Raises:
            InputError: the data set cannot be split this way.
        """

    def first(self, repeats: int) -> Design:
        """Return the design of the first repeats only."""
        assert repeats == self.repeats, "a design without looks is not cut short"
        return self

    def on(self, data: Dataset) -> Design:
        """Return the design as it is run on a data set.

        Raises:
            InputError: the data set cannot be split this way.
        """
        self.check(data)
        return self

    @property
    def seeds_per_cell(self) -> int:
        """Replicates of each cell."""
        return self.seeds

    @property
    def parts(self) -> int:
        """How many test folds the data make: the k of the k-fold cross-validation with this ratio."""
        return max(2, round(1.0 + 1.0 / self.test_train_ratio))

    @property
    def cell_count(self) -> int:
        """Number of cells."""
        return self.folds * self.repeats

    @property
    def stopping(self) -> str:
        """The stopping rule in words."""
        if self.looks and self.repeats > 1:
            return f"a look after each of {self.repeats} repeats, Hwang-Shih-DeCani spending; stops where one decides"
        return "one look, after the last repeat"


def checked_count(name: str, value: object, *, least: int, why: str, remedy: str) -> int:
    """Return a count of a design as an integer, or raise InputError if it is none or too small."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise InputError(
            f"`{name}` has to be an integer of {least} or more: {why}.", received=f"{name}={value!r}", remedy=remedy
        )
    return int(value)


def check_looks(looks: object) -> None:
    """Raise InputError if `looks` is not True or False."""
    if not isinstance(looks, bool):
        raise InputError(
            "`looks` has to be True or False: whether the claim is judged after each repeat.",
            received=f"looks={looks!r}",
            remedy="Leave it out to stop as soon as the claim is decided, or give False to train every repeat.",
        )


def check_classes(data: Dataset, *, parts: int, received: str) -> None:
    """Raise InputError if a class has fewer units than there are test folds: a fold would lack it."""
    if data.task != "classification":
        return
    # A group is in one fold, so a class has to occur in at least as many groups as there are folds.
    labels = data.y if data.groups is None else np.unique(np.stack([data.y, data.groups]), axis=1)[0]
    counts = np.bincount(labels)
    present = np.flatnonzero(counts)
    smallest = present[counts[present].argmin()]
    if counts[smallest] < parts:
        unit = unit_of(data)
        raise InputError(
            f"There are more folds than {unit} in the smallest class of {data.name!r}; a fold would lack it.",
            received=f"{received} for {counts[smallest]} {unit} of class {smallest}",
            remedy=f"Use at most {counts[smallest]} folds, or merge or drop class {smallest}.",
        )
