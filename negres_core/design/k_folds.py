"""Repeated k-fold cross-validation."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass, replace
from typing import ClassVar

import numpy as np

from negres_core.arguments import explain_arguments
from negres_core.dataset import Dataset
from negres_core.design.base import (
    ABOUT_TRAINING,
    Cell,
    Design,
    Kind,
    check_classes,
    check_looks,
    checked_count,
    count_units,
    unit_of,
)
from negres_core.errors import DesignWarning, InputError
from negres_core.seeds import derive_seed

USUAL = "The usual design is folds=5, repeats=5."


@explain_arguments("design", {})
@dataclass(frozen=True)
class KFolds(Design):
    """k folds x r repeats x s seeds: every row is tested once in each repeat.

    Attributes:
        folds: k, 2 or more.
        repeats: r, 1 or more; each repeat shuffles the rows again.
        seeds: s, 1 or more; replicates of a cell that differ in the seed are averaged before any test.
        looks: whether the claim is judged after each repeat, with error rates that hold over all looks together, and
            training stops as soon as a look decides it. Otherwise it is judged once, after the last repeat.

    Raises:
        InputError: a number is out of range.

    Examples:
        >>> KFolds(5, repeats=3)
        KFolds(folds=5, repeats=3, seeds=1, looks=True)
    """

    kind: ClassVar[Kind] = "k folds"
    folds: int = 5
    _: KW_ONLY
    repeats: int = 5
    seeds: int = 1
    looks: bool = True

    def __post_init__(self) -> None:
        for name, least, why in (
            ("folds", 2, "with one fold there is nothing to train on"),
            ("repeats", 1, "at least one model per fold has to be trained"),
            ("seeds", 1, "at least one model per fold has to be trained"),
        ):
            count = checked_count(name, getattr(self, name), least=least, why=why, remedy=USUAL)
            object.__setattr__(self, name, count)
        check_looks(self.looks)

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train of k-fold cross-validation, 1 / (k - 1)."""
        return 1.0 / (self.folds - 1)

    @property
    def does_not_show(self) -> str:
        """What a verdict by this design does not show, in a sentence."""
        return ABOUT_TRAINING

    def layout(self, repeats: int | None = None) -> str:
        """Return the cells in words, after some of the repeats; None for all."""
        planned = f"{self.repeats} repeat{'' if self.repeats == 1 else 's'}"
        done = planned if repeats in (None, self.repeats) else f"{repeats} of {planned}"
        return f"{self.folds} folds x {done}"

    def check(self, data: Dataset) -> None:
        """Raise InputError if the data set cannot be split this way."""
        units, unit = count_units(data), unit_of(data)
        if units < self.folds:
            raise InputError(
                f"There are more folds than {unit} in {data.name!r}.",
                received=f"folds={self.folds} for {units} {unit}",
                remedy=f"Use at most {units} folds.",
            )
        check_classes(data, parts=self.folds, received=f"folds={self.folds}")

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

    def first(self, repeats: int) -> KFolds:
        """Return the design of the first repeats only."""
        return replace(self, repeats=repeats)

    def on(self, data: Dataset) -> KFolds:
        """Return the design with one repeat if each repeat would test the same folds, with a warning.

        With as many folds as groups, or as rows, there is only one way to split. Another repeat is then a copy of the
        first, up to the seeds, and counting its cells as new ones would make the test err far too often.
        """
        self.check(data)
        if self.repeats == 1 or self.folds < count_units(data):
            return self
        warnings.warn(
            f"{data.name!r} has as many {unit_of(data)} as there are folds, {self.folds}, so every repeat would test "
            f"the same folds. One repeat is run in place of {self.repeats}. To average over the randomness of "
            "training, use more seeds.",
            DesignWarning,
            stacklevel=2,
        )
        return replace(self, repeats=1)
