"""The design: folds x repeats x seeds, and the cells that all arms share."""

from __future__ import annotations

import numbers
import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

import numpy as np

from negres_core.dataset import Dataset
from negres_core.errors import DesignWarning, InputError
from negres_core.seeds import derive_seed


def count_units(data: Dataset) -> int:
    """Return the number of units that folds are made of: groups, or rows if there are none."""
    return len(data) if data.groups is None else int(data.groups.max()) + 1


@dataclass(frozen=True)
class Cell:
    """One fold of one repeat of a design: the rows to train on and the rows to test on.

    Attributes:
        repeat: index of the repeat, from 0.
        fold: index of the test fold, from 0.
        train: row numbers of the training fold, ascending, int32.
        test: row numbers of the test fold, ascending, int32.
    """

    repeat: int
    fold: int
    train: np.ndarray = field(repr=False, compare=False)
    test: np.ndarray = field(repr=False, compare=False)
    validation: np.ndarray | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Design:
    """k folds x r repeats x s seeds, shared by all arms.

    Attributes:
        folds: k, 2 or more.
        repeats: r, 1 or more; each repeat shuffles the rows again.
        seeds: s, 1 or more; replicates of a cell that differ in the seed are averaged before any test.
        looks: whether the claim is judged after each repeat, with error rates that hold over all looks together, and
            training stops as soon as a look decides it. Otherwise it is judged once, after the last repeat.

    Raises:
        InputError: a number is out of range.
    """

    folds: int = 5
    repeats: int = 5
    seeds: int = 1
    looks: bool = True

    def __post_init__(self) -> None:
        for name, least, why in (
            ("folds", 2, "with one fold there is nothing to train on"),
            ("repeats", 1, "at least one model per fold has to be trained"),
            ("seeds", 1, "at least one model per fold has to be trained"),
        ):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
                raise InputError(
                    f"`{name}` has to be an integer of {least} or more: {why}.",
                    received=f"{name}={value!r}",
                    remedy="The usual design is folds=5, repeats=5.",
                )
            object.__setattr__(self, name, int(value))
        if not isinstance(self.looks, bool):
            raise InputError(
                "`looks` has to be True or False: whether the claim is judged after each repeat.",
                received=f"looks={self.looks!r}",
                remedy="Leave it out to stop as soon as a look decides, or give False to train every repeat.",
            )

    @property
    def stopping(self) -> str:
        """The stopping rule in words."""
        if self.looks and self.repeats > 1:
            return f"a look after each of {self.repeats} repeats, Hwang-Shih-DeCani spending; stops where one decides"
        return "one look, after the last repeat"

    @property
    def cell_count(self) -> int:
        """Number of cells, N = k * r."""
        return self.folds * self.repeats

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train of k-fold cross-validation, 1 / (k - 1)."""
        return 1.0 / (self.folds - 1)

    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield the cells of this design on a data set, repeat by repeat.

        Folds are stratified by class label, and groups stay whole. The folds of a repeat depend only on the data, the
        number of folds and the index of the repeat, so more repeats add cells without changing the others.

        Raises:
            InputError: there are more folds than rows or groups, in all or in the smallest class.
        """
        from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

        self.check(data)
        stratified, grouped = data.task == "classification", data.groups is not None
        kind = {
            (True, False): StratifiedKFold,
            (True, True): StratifiedGroupKFold,
            (False, False): KFold,
            (False, True): GroupKFold,
        }[stratified, grouped]
        rows = np.zeros((len(data), 1), dtype=np.int8)
        for repeat in range(self.repeats):
            splitter = kind(n_splits=self.folds, shuffle=True, random_state=derive_seed("folds", repeat=repeat))
            for fold, (train, test) in enumerate(splitter.split(rows, data.y, data.groups)):
                yield Cell(repeat, fold, train.astype(np.int32), test.astype(np.int32))

    def distinct(self, data: Dataset) -> Design:
        """Return the design with one repeat if each repeat would test the same folds, with a warning.

        With as many folds as groups, or as rows, there is only one way to split. Another repeat is then a copy of the
        first, up to the seeds, and counting its cells as new ones would make the test err far too often.
        """
        if self.repeats == 1 or self.folds < count_units(data):
            return self
        unit = "rows" if data.groups is None else "groups"
        warnings.warn(
            f"{data.name!r} has as many {unit} as there are folds, {self.folds}, so every repeat would test the same "
            f"folds. One repeat is run in place of {self.repeats}. To average over the randomness of training, ask "
            "for more seeds.",
            DesignWarning,
            stacklevel=2,
        )
        return replace(self, repeats=1)

    def check(self, data: Dataset) -> None:
        """Raise InputError if the data set cannot be split this way."""
        unit = "rows" if data.groups is None else "groups"
        units = count_units(data)
        if units < self.folds:
            raise InputError(
                f"There are more folds than {unit} in {data.name!r}.",
                received=f"folds={self.folds} for {units} {unit}",
                remedy=f"Use at most {units} folds.",
            )
        if data.task == "classification":
            # A group is in one fold, so a class has to occur in at least as many groups as there are folds.
            labels = data.y if data.groups is None else np.unique(np.stack([data.y, data.groups]), axis=1)[0]
            counts = np.bincount(labels)
            present = np.flatnonzero(counts)
            smallest = present[counts[present].argmin()]
            if counts[smallest] < self.folds:
                raise InputError(
                    f"There are more folds than {unit} in the smallest class of {data.name!r}; a fold would lack it.",
                    received=f"folds={self.folds} for {counts[smallest]} {unit} of class {smallest}",
                    remedy=f"Use at most {counts[smallest]} folds, or merge or drop class {smallest}.",
                )
