"""The design: folds x repeats x seeds, and the cells that arms share."""

from __future__ import annotations

import numbers
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from negres_core.dataset import Dataset
from negres_core.errors import InputError
from negres_core.seeds import derive_seed


@dataclass(frozen=True)
class Cell:
    """One (repeat, fold) of a design.

    Attributes:
        repeat: index of the repeat, from 0.
        fold: index of the fold that is held out, from 0.
        train: row numbers of the training fold, ascending, int32.
        test: row numbers of the test fold, ascending, int32.
    """

    repeat: int
    fold: int
    train: np.ndarray = field(repr=False, compare=False)
    test: np.ndarray = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class Design:
    """k folds x r repeats x s seeds, shared by all arms.

    Attributes:
        folds: k, 2 or more.
        repeats: r, 1 or more; each shuffles the rows anew.
        seeds: s, 1 or more; seeds inside a cell are averaged before any test.
        looks: whether the claim is judged after each repeat, at levels that all looks together keep, and training stops
            where a look decides it; otherwise it is judged once, at the end.

    Raises:
        InputError: a number is out of range.
    """

    folds: int = 5
    repeats: int = 5
    seeds: int = 1
    looks: bool = True

    def __post_init__(self) -> None:
        for name, least, why in (
            ("folds", 2, "one fold leaves nothing to train on or nothing to test on"),
            ("repeats", 1, "something has to be run"),
            ("seeds", 1, "something has to be run"),
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
                remedy="Leave it out to stop where a look decides, or give False to train every repeat.",
            )

    @property
    def stopping(self) -> str:
        """The stopping rule in words."""
        if self.looks and self.repeats > 1:
            return f"a look after each of {self.repeats} repeats, O'Brien-Fleming spending; stops where one decides"
        return "one look, after the last repeat"

    @property
    def cells(self) -> int:
        """Number of cells, N = k * r."""
        return self.folds * self.repeats

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train of k-fold cross-validation, 1 / (k - 1)."""
        return 1.0 / (self.folds - 1)

    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield the cells of this design on a data set, repeat by repeat.

        Class labels are stratified; groups stay whole. A repeat's folds depend on the data, the number of folds and the
        number of the repeat alone, so that more repeats add cells and change none.

        Raises:
            InputError: there are more folds than rows of the smallest class, or than rows, or than groups.
        """
        from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

        self.check(data)
        labels = data.task == "classification"
        for repeat in range(self.repeats):
            make = {
                (True, False): StratifiedKFold,
                (True, True): StratifiedGroupKFold,
                (False, False): KFold,
                (False, True): GroupKFold,
            }[labels, data.groups is not None]
            splitter = make(n_splits=self.folds, shuffle=True, random_state=derive_seed("folds", repeat=repeat))
            rows = np.zeros((len(data), 1), dtype=np.int8)
            for fold, (train, test) in enumerate(splitter.split(rows, data.y, data.groups)):
                yield Cell(repeat, fold, train.astype(np.int32), test.astype(np.int32))

    def check(self, data: Dataset) -> None:
        """Raise InputError where the data set cannot be cut this way."""
        unit = "rows" if data.groups is None else "groups"
        units = len(data) if data.groups is None else int(data.groups.max()) + 1
        if units < self.folds:
            raise InputError(
                f"There are more folds than {unit} in {data.name!r}.",
                received=f"folds={self.folds}, and {units} of them",
                remedy=f"Use at most {units} folds.",
            )
        if data.task == "classification":
            # A group is in one fold, so a class has to be in as many groups as there are folds.
            labels = data.y if data.groups is None else np.unique(np.stack([data.y, data.groups]), axis=1)[0]
            counts = np.bincount(labels)
            present = np.flatnonzero(counts)
            smallest = present[counts[present].argmin()]
            if counts[smallest] < self.folds:
                raise InputError(
                    f"There are more folds than {unit} in the smallest class of {data.name!r}: some would lack it.",
                    received=f"folds={self.folds}, and class {smallest} has {counts[smallest]} {unit}",
                    remedy=f"Use at most {counts[smallest]} folds, or merge or drop class {smallest}.",
                )
