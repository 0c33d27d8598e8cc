"""Designs that scikit-learn's splitters have: their folds are taken as they are, if a test is valid for them."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design.base import Cell, Design, Kind, check_looks, checked_count, count_units
from negres_core.design.fixed_split import FixedSplit
from negres_core.design.k_folds import KFolds
from negres_core.design.leave_one_group_out import LeaveOneGroupOut
from negres_core.design.random_splits import Holdout
from negres_core.design.time_series import TimeSeries
from negres_core.errors import InputError, show


class Split(NamedTuple):
    """Training rows and test rows of one split, ascending."""

    train: np.ndarray
    test: np.ndarray


@dataclass(frozen=True, kw_only=True)
class GivenSplits(Design):
    """The splits of a scikit-learn splitter, which are judged as those of the design that they are like.

    Attributes:
        like: the design with this structure.
        splitter: the splitter, in words.
        splits: its splits on the data set.
    """

    like: Design
    splitter: str
    splits: tuple[Split, ...] = field(repr=False, compare=False)

    @property
    def kind(self) -> Kind:  # type: ignore[override]  # it depends on the splits
        """The kind of design that the splits are like."""
        return self.like.kind

    @property
    def scores_rows(self) -> bool:  # type: ignore[override]
        """Whether the claim is judged by the scores of single test rows."""
        return self.like.scores_rows

    @property
    def folds(self) -> int:  # type: ignore[override]
        """Cells of a repeat."""
        return self.like.folds

    @property
    def repeats(self) -> int:  # type: ignore[override]
        """Number of repeats."""
        return self.like.repeats

    @property
    def seeds(self) -> int:  # type: ignore[override]
        """Replicates that differ in the seed alone."""
        return self.like.seeds

    @property
    def seeds_per_cell(self) -> int:
        """Replicates of each cell."""
        return self.like.seeds_per_cell

    @property
    def looks(self) -> bool:  # type: ignore[override]
        """Whether the claim is judged after each repeat."""
        return self.like.looks

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train of a cell."""
        return self.like.test_train_ratio

    @property
    def does_not_show(self) -> str:
        """What a verdict by this design does not show, in a sentence."""
        return self.like.does_not_show

    @property
    def stopping(self) -> str:
        """The stopping rule in words."""
        return self.like.stopping

    def layout(self, repeats: int | None = None) -> str:
        """Return the cells in words, after some of the repeats; None for all."""
        return f"{self.like.layout(repeats)}, by {self.splitter}"

    def first(self, repeats: int) -> GivenSplits:
        """Return the design of the first repeats only."""
        return replace(self, like=self.like.first(repeats))

    def check(self, data: Dataset) -> None:
        """Do nothing: the splits were made for their data set, and checked with it."""

    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield the splits of the splitter; see `Design.split`."""
        del data  # they were made for it
        gap = self.like.gap if isinstance(self.like, TimeSeries) else None
        for place, (train, test) in enumerate(self.splits[: self.cell_count]):
            yield Cell(*divmod(place, self.folds), train, test, gap=gap)


@dataclass(frozen=True, kw_only=True)
class Splitter:
    """A splitter of scikit-learn, which becomes a design on a data set.

    Attributes:
        given: an object with a method `split(X, y, groups)`.
        seeds: replicates of each cell, 1 or more.
        looks: whether the claim is judged after each repeat.

    Raises:
        InputError: an argument is none of these.
    """

    given: Any
    seeds: int = 1
    looks: bool = True

    def __post_init__(self) -> None:
        why = "at least one model per cell has to be trained"
        checked_count("seeds", self.seeds, least=1, why=why, remedy="Leave it out for one.")
        check_looks(self.looks)

    def on(self, data: Dataset) -> Design:
        """Return the design that the splits of the splitter have the structure of.

        What decides is how the splits lie, not the splitter's name: k folds, in one or more repeats; one split; folds
        forward in time. Random splits look like any others, so they have to come from a class of scikit-learn.

        Raises:
            InputError: the data set cannot be split this way, the splits differ from call to call, or no valid test is
                known for them.
        """
        splits = _splits_of(self.given, data)
        name = show(" ".join(repr(self.given).split()), most=120)
        design = _recognize(self.given, splits, data, seeds=self.seeds, looks=self.looks)
        if design is None:
            raise InputError(
                "No valid test is known for the splits of this splitter.",
                received=f"{name}: {len(splits)} splits, which are neither k folds nor random splits nor one split "
                "nor forward in time",
                remedy="Use KFolds, Holdout, LeaveOneGroupOut, FixedSplit or TimeSeries, or the splitter of "
                "scikit-learn that does the same. Test folds that overlap in other ways are correlated to an unknown "
                "degree.",
            )
        times = design.cell_count // len(splits)  # a fixed split is repeated with each seed
        return GivenSplits(like=design, splitter=name, splits=tuple(splits) * times)


def as_design(given: Any, *, seeds: int | None = None, looks: bool | None = None) -> Design | Splitter:
    """Return what a user gave as a design: itself, or a splitter, which becomes a design on a data set.

    Args:
        given: a design, or an object with a method `split(X, y, groups)`.
        seeds: replicates of each cell of a splitter; None for 1.
        looks: whether to judge after each repeat of a splitter; None for True.

    Raises:
        InputError: it is neither, or seeds or looks are given beside a design, which has its own.
    """
    if isinstance(given, Design | Splitter):
        if seeds is not None or looks is not None:
            what = "seeds" if seeds is not None else "looks"
            raise InputError(
                f"`{what}` is given twice: a design has its own.",
                received=f"design={given!r} beside {what}={seeds if seeds is not None else looks!r}",
                remedy=f"Give it to the design: {type(given).__name__}(..., {what}=...).",
            )
        return given
    if isinstance(given, type | str) or not callable(getattr(given, "split", None)):
        raise InputError(
            "`design` has to be a design or a splitter of scikit-learn.",
            received=given,
            remedy="Give KFolds(5, repeats=5), Holdout(...), LeaveOneGroupOut(), FixedSplit(...), TimeSeries(...) or a "
            "splitter such as StratifiedKFold(5, shuffle=True, random_state=0).",
        )
    return Splitter(given=given, seeds=1 if seeds is None else seeds, looks=True if looks is None else looks)


def _splits_of(splitter: Any, data: Dataset) -> list[Split]:
    """Return the splits of a splitter; raise InputError if they are not the same in each call."""
    rows = np.zeros((len(data), 1), dtype=np.int8)

    def draw() -> list[Split]:
        return [
            Split(*(np.sort(np.asarray(part)).astype(np.int32) for part in pair))
            for pair in splitter.split(rows, data.y, data.groups)
        ]

    try:
        with warnings.catch_warnings():
            # Whether the splitter heeds the groups is checked by its splits.
            warnings.filterwarnings("ignore", "The groups parameter is ignored", UserWarning)
            splits, again = draw(), draw()
    except ValueError as error:
        raise InputError(
            f"The splitter cannot split {data.name!r}.",
            received=f"{splitter!r}: {error}",
            remedy="Choose a number of folds that the rows, classes and groups allow.",
        ) from error
    if len(splits) != len(again) or not all(map(_are_same, splits, again)):
        raise InputError(
            "The splitter gives different splits in each call, so no run could be repeated.",
            received=splitter,
            remedy="Give it a seed: random_state=0.",
        )
    if not splits or any(not len(train) or not len(test) for train, test in splits):
        raise InputError(
            "The splitter gives no split, or one without training rows or test rows.",
            received=splitter,
            remedy="Use a splitter whose splits have both.",
        )
    leak = next((split for split in splits if len(np.intersect1d(split.train, split.test))), None)
    if leak is not None:
        raise InputError(
            "The splitter gives rows that are both trained and tested on.",
            received=f"row {np.intersect1d(leak.train, leak.test)[0]} of {splitter!r}",
            remedy="A row that is tested must not be trained on.",
        )
    return splits


def _recognize(splitter: Any, splits: Sequence[Split], data: Dataset, *, seeds: int, looks: bool) -> Design | None:
    """Return the design with the structure of these splits, or None if no test is known for it."""
    from sklearn.model_selection import BaseShuffleSplit

    if len(splits) == 1 and not isinstance(splitter, BaseShuffleSplit):
        only = FixedSplit(train=splits[0].train, test=splits[0].test, seeds=seeds)
        only.check(data)
        return only
    if data.groups is not None and _divides_groups(splits, data.groups):
        raise InputError(
            "The splitter divides groups: rows of one group are both trained and tested on.",
            received=splitter,
            remedy="Use a splitter that keeps groups whole, such as GroupKFold, or leave `groups` out of the data set.",
        )
    folds = _fold_count(splits, rows=len(data))
    if folds is not None and folds == len(splits) == (count_units(data) if data.groups is not None else -1):
        return LeaveOneGroupOut(seeds=seeds).on(data)
    if folds is not None:
        return KFolds(folds, repeats=len(splits) // folds, seeds=seeds, looks=looks).on(data)
    if _is_forward(splits):
        gap = int(splits[0].test[0] - splits[0].train[-1]) - 1
        return TimeSeries(len(splits), gap=gap, test=len(splits[0].test), seeds=seeds)
    if isinstance(splitter, BaseShuffleSplit) and len(splits) > 1:
        share = float(np.mean([len(split.test) / (len(split.test) + len(split.train)) for split in splits]))
        return Holdout(share, splits=len(splits), seeds=seeds, looks=looks)
    return None


def _are_same(one: Split, other: Split) -> bool:
    return all(np.array_equal(first, second) for first, second in zip(one, other, strict=True))


def _fold_count(splits: Sequence[Split], *, rows: int) -> int | None:
    """Return k if each k splits in a row test every row once, and train on all the others; else None."""
    if any(len(train) + len(test) != rows for train, test in splits):
        return None
    sizes = np.cumsum([len(split.test) for split in splits])
    folds = int(np.searchsorted(sizes, rows)) + 1
    if len(splits) % folds or folds < 2:
        return None
    for begin in range(0, len(splits), folds):
        tested = np.concatenate([split.test for split in splits[begin : begin + folds]])
        if len(tested) != rows or len(np.unique(tested)) != rows:
            return None
    return folds


def _divides_groups(splits: Sequence[Split], groups: np.ndarray) -> bool:
    return any(len(np.intersect1d(groups[train], groups[test])) for train, test in splits)


def _is_forward(splits: Sequence[Split]) -> bool:
    """Return whether every split trains on rows before its test rows, and the test rows follow one another."""
    in_order = all(train[-1] < test[0] for train, test in splits)
    tested = np.concatenate([split.test for split in splits])
    return in_order and bool((np.diff(tested) == 1).all())
