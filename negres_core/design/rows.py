"""Rows of a data set that a user names: numbers, a range, a slice or a mask."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from negres_core.arrays import digest_array
from negres_core.errors import InputError


@dataclass(frozen=True)
class Rows:
    """Rows of a data set, identified by their digest.

    Attributes:
        count: number of rows.
        digest: digest of the row numbers.
        numbers: row numbers, ascending, int32; None if they are only known from a record.
    """

    count: int
    digest: str
    numbers: np.ndarray | None = field(default=None, repr=False, compare=False)

    @classmethod
    def of(cls, given: Any, name: str) -> Rows:
        """Return the rows that a user gave.

        Args:
            given: integers, a range, a slice with an end, or a mask of booleans, one per row of the data set.
            name: the argument, for errors.

        Raises:
            InputError: it is nothing of these, or names a row twice or none at all.
        """
        if isinstance(given, Rows):
            return given
        if isinstance(given, slice):
            if given.stop is None or min(given.start or 0, given.stop) < 0:
                raise InputError(
                    f"A slice for `{name}` needs an end, and cannot contain negative numbers.",
                    received=given,
                    remedy=f"Give both ends: {name}=slice(0, 1000).",
                )
            given = range(given.start or 0, given.stop, given.step or 1)
        array = np.asarray(given)
        if array.ndim == 1 and array.dtype == np.bool_:
            array = np.flatnonzero(array)
        if array.ndim != 1 or array.dtype.kind not in "iu" or not len(array):
            raise InputError(
                f"`{name}` has to name rows of the data set.",
                received=f"{name}: {array.dtype} of shape {array.shape}",
                remedy=f"Give row numbers from 0, a range or a mask: {name}=range(50_000).",
            )
        numbers = np.unique(array)
        if len(numbers) < len(array):
            raise InputError(
                f"`{name}` names a row more than once.",
                received=f"{len(array)} numbers, {len(numbers)} of them distinct",
                remedy="Name each row once. To weight rows, use `sample_weight` of the data set.",
            )
        if numbers[0] < 0 or numbers[-1] > np.iinfo(np.int32).max:
            raise InputError(
                f"`{name}` names rows that cannot exist.",
                received=f"row {numbers[0] if numbers[0] < 0 else numbers[-1]}",
                remedy="Rows are numbered from 0.",
            )
        numbers = numbers.astype(np.int32)
        numbers.setflags(write=False)
        return cls(len(numbers), digest_array(numbers), numbers)

    def within(self, rows: int, name: str) -> np.ndarray:
        """Return the row numbers; raise InputError if the data set has fewer rows."""
        assert self.numbers is not None, "rows that are known from a record cannot be split"
        if self.numbers[-1] >= rows:
            raise InputError(
                f"`{name}` names a row that the data set does not have.",
                received=f"row {self.numbers[-1]} of {rows} rows, which are numbered from 0",
                remedy="Give the rows of this data set.",
            )
        return self.numbers
