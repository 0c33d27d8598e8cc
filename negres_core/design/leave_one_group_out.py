"""Leave one group out: each group of rows, such as a patient, is tested by a model that has not seen it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np

from negres_core.arguments import explain_arguments
from negres_core.dataset import Dataset
from negres_core.design.base import Cell, Design, Kind, checked_count, count_units
from negres_core.errors import InputError

LEAST_GROUPS = 3
"""Fewest groups: with two, each model is trained on one group, and two numbers show next to nothing."""


@explain_arguments("design", {})
@dataclass(frozen=True, kw_only=True)
class LeaveOneGroupOut(Design):
    """One fold for each group of the data set, in one repeat; every group counts the same, whatever its number of rows.

    Attributes:
        seeds: replicates of a cell that differ in the seed, 1 or more; they are averaged before any test.
        groups: number of groups, needed only to judge scores without a data set.

    Raises:
        InputError: a number is out of range.
    """

    kind: ClassVar[Kind] = "leave one group out"
    seeds: int = 1
    groups: int | None = None

    def __post_init__(self) -> None:
        why = "at least one model per group has to be trained"
        seeds = checked_count("seeds", self.seeds, least=1, why=why, remedy="The usual design has seeds=1.")
        object.__setattr__(self, "seeds", seeds)

    @property
    def folds(self) -> int:  # type: ignore[override]  # the data set decides
        """Number of groups."""
        assert self.groups is not None, "the design has to be applied to a data set first"
        return self.groups

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train, on average over the groups: 1 / (k - 1)."""
        return 1.0 / (self.folds - 1)

    @property
    def does_not_show(self) -> str:
        """What a verdict by this design does not show, in a sentence."""
        return (
            "It is about new groups like these, each counted the same; it does not show how the arms perform on new "
            "rows of groups that they were trained on."
        )

    def layout(self, repeats: int | None = None) -> str:
        """Return the cells in words."""
        del repeats  # there is one
        return f"each of {self.folds} groups left out once"

    def check(self, data: Dataset) -> None:
        """Raise InputError if the data set has no groups, or too few."""
        if data.groups is None:
            raise InputError(
                f"{data.name!r} has no groups, so leave-one-group-out cannot leave one out.",
                received=f"a data set of {len(data)} rows without groups",
                remedy="Give the group of each row: Dataset(..., groups=patients); or use KFolds.",
            )
        if (count := count_units(data)) < LEAST_GROUPS:
            raise InputError(
                f"Leave-one-group-out needs {LEAST_GROUPS} groups or more: fewer do not show how much groups differ.",
                received=f"{count} groups in {data.name!r}",
                remedy="Use data of more groups. Two groups cannot show how arms do on a third.",
            )
        if data.task == "classification":
            pairs = np.unique(np.stack([data.y, data.groups]), axis=1)[0]
            counts = np.bincount(pairs)
            if (counts == 1).any():
                label = int(np.flatnonzero(counts == 1)[0])
                raise InputError(
                    f"A class of {data.name!r} occurs in one group only: no model could be trained on it when that "
                    "group is left out.",
                    received=f"class {label} in 1 of {count} groups",
                    remedy=f"Merge or drop class {label}.",
                )

    def on(self, data: Dataset) -> LeaveOneGroupOut:
        """Return the design with the number of groups of a data set."""
        self.check(data)
        return replace(self, groups=count_units(data))

    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield one cell for each group, in the order of the groups' labels; see `Design.split`."""
        self.check(data)
        for group in range(count_units(data)):
            is_tested = data.groups == group
            train, test = np.flatnonzero(~is_tested), np.flatnonzero(is_tested)
            yield Cell(0, group, train.astype(np.int32), test.astype(np.int32))
