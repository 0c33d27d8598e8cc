"""Random splits: the same share of the rows is drawn again and again as test rows."""

from __future__ import annotations

import math
import numbers
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
from negres_core.errors import InputError
from negres_core.seeds import derive_seed


@explain_arguments("design", {})
@dataclass(frozen=True)
class Holdout(Design):
    """Random splits into training and test rows, each drawn anew.

    The claim is judged each time the splits so far would test every row once more on average, such as after every 5
    splits with test=0.2.

    Attributes:
        test: share of the rows to test on, above 0 and at most a half.
        splits: number of splits, 2 or more.
        seeds: replicates of a split that differ in the seed, 1 or more; they are averaged before any test.
        looks: as for `KFolds`, if the number of splits is a multiple of 1 / test, rounded; otherwise there is one look.

    Raises:
        InputError: a number is out of range.

    Examples:
        >>> design = Holdout(test=0.2, splits=25)
        >>> design.folds, design.repeats
        (5, 5)
    """

    kind: ClassVar[Kind] = "random splits"
    test: float = 0.2
    _: KW_ONLY
    splits: int = 25
    seeds: int = 1
    looks: bool = True

    def __post_init__(self) -> None:
        is_number = isinstance(self.test, numbers.Real) and not isinstance(self.test, bool)
        if not is_number or not 0 < self.test <= 0.5:
            raise InputError(
                "`test` of random splits has to be a share of the rows, above 0 and at most 0.5.",
                received=f"test={self.test!r}",
                remedy="The usual share is test=0.2. For given test rows: FixedSplit(train=..., test=...).",
            )
        object.__setattr__(self, "test", float(self.test))
        remedy = "The usual design is test=0.2, splits=25."
        for name, least, why in (
            ("splits", 2, "one split shows no spread between splits"),
            ("seeds", 1, "at least one model per split has to be trained"),
        ):
            count = checked_count(name, getattr(self, name), least=least, why=why, remedy=remedy)
            object.__setattr__(self, name, count)
        check_looks(self.looks)

    @property
    def folds(self) -> int:  # type: ignore[override]  # it follows from the share and the number of splits
        """Splits between two looks."""
        return self.splits if self.splits % self.parts else self.parts

    @property
    def repeats(self) -> int:  # type: ignore[override]
        """Number of looks."""
        return self.splits // self.folds

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train."""
        return self.test / (1.0 - self.test)

    @property
    def does_not_show(self) -> str:
        """What a verdict by this design does not show, in a sentence."""
        return ABOUT_TRAINING

    def layout(self, repeats: int | None = None) -> str:
        """Return the cells in words, after some of the repeats; None for all."""
        done = "" if repeats in (None, self.repeats) else f"{(repeats or 0) * self.folds} of "
        return f"{done}{self.splits} random splits, {self.test:.3g} of the rows tested in each"

    def first(self, repeats: int) -> Holdout:
        """Return the design of the first splits only, up to a look."""
        return replace(self, splits=repeats * self.folds)

    def check(self, data: Dataset) -> None:
        """Raise InputError if the data set cannot be split this way."""
        units, unit = count_units(data), unit_of(data)
        if units < self.parts:
            raise InputError(
                f"There are too few {unit} in {data.name!r} for this share of test data.",
                received=f"test={self.test:g} of {units} {unit}",
                remedy=f"Give a share of {1 / units:.2g} or more, or more {unit}.",
            )
        check_classes(data, parts=self.parts, received=f"test={self.test:g}")

    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield the splits of this design on a data set; see `Design.split`.

        Classes are stratified and groups stay whole. A group is drawn with all of its rows, so if there are groups, the
        share of test rows is only about what was asked for.
        """
        self.check(data)
        for place in range(self.splits):
            repeat, fold = divmod(place, self.folds)
            train, test = self._draw(data, derive_seed("random split", place=place))
            yield Cell(repeat, fold, np.sort(train).astype(np.int32), np.sort(test).astype(np.int32))

    def _draw(self, data: Dataset, seed: int) -> tuple[np.ndarray, np.ndarray]:
        from sklearn.model_selection import (
            GroupShuffleSplit,
            ShuffleSplit,
            StratifiedGroupKFold,
            StratifiedShuffleSplit,
        )

        rows = np.zeros((len(data), 1), dtype=np.int8)
        if data.task == "classification" and data.groups is not None:
            # scikit-learn has no stratified random splits of groups: the first of stratified folds is one.
            folds = StratifiedGroupKFold(self.parts, shuffle=True, random_state=seed)
            train, test = next(iter(folds.split(rows, data.y, data.groups)))
            return train, test
        size = self.test if data.groups is not None else max(1, math.floor(self.test * len(data)))
        if data.groups is not None:
            kind = GroupShuffleSplit
        else:
            kind = StratifiedShuffleSplit if data.task == "classification" else ShuffleSplit
        train, test = next(kind(1, test_size=size, random_state=seed).split(rows, data.y, data.groups))
        return train, test
