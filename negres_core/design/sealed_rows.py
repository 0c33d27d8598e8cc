"""Sealed rows: what no run sees while hypotheses explore a data set, and a registered confirmation opens once."""

from __future__ import annotations

import hashlib
import numbers
from dataclasses import KW_ONLY, dataclass, replace
from typing import Any, Literal, NamedTuple

import numpy as np

from negres_core.arrays import label_arrays
from negres_core.dataset import Dataset
from negres_core.dataset.frame import row_words
from negres_core.design.base import Design, checked_count
from negres_core.design.fixed_split import FixedSplit
from negres_core.design.given import GivenSplits, Splitter, as_design
from negres_core.design.rows import Rows
from negres_core.design.time_series import TimeSeries
from negres_core.errors import InputError

Chosen = Literal["share", "last rows", "named rows"]
"""How sealed rows were chosen: a share by their content, a share from the end of a time series, or by the user."""

USUAL_SEEDS = 5
"""Seeds of a confirmation on a fixed split."""


class Seal(NamedTuple):
    """A data set that is divided into open rows and sealed rows, with the designs of both phases.

    Attributes:
        open_data: the open rows as a data set, on which hypotheses explore.
        rows: the sealed rows, numbered as in the whole data set.
        total: rows of the whole data set.
        chosen: how they were chosen.
        share: the share that was asked for; None if the rows were named.
        exploring: the design on the open rows.
        confirming: the design that trains on open rows and tests on the sealed ones, on the whole data set.
    """

    open_data: Dataset
    rows: Rows
    total: int
    chosen: Chosen
    share: float | None
    exploring: Design
    confirming: Design


@dataclass(frozen=True)
class SealedRows:
    """Rows that are sealed away while a data set is explored, and how they are tested on when they are opened.

    Attributes:
        rows: a share of the rows, above 0 and at most 0.5; or the rows themselves: row numbers from 0, a range, a
            slice, or a mask. A share is drawn in each class, by the content of the rows: the same share of the same
            data set always means the same rows, whatever the hypothesis and the order of the rows, and a smaller share
            is part of a larger one. Groups are sealed whole, so the share is then approximate. In a time series the
            last rows are sealed.
        seeds: replicates of the confirmation that differ in the seed; None for 5, or for those of the design if that
            is a fixed split or a time series.

    Raises:
        InputError: an argument is none of these.

    Examples:
        >>> SealedRows(0.3, seeds=10)
        SealedRows(rows=0.3, seeds=10)
    """

    rows: Any
    _: KW_ONLY
    seeds: int | None = None

    def __post_init__(self) -> None:
        is_share = isinstance(self.rows, numbers.Real)
        if is_share and (isinstance(self.rows, bool) or not 0 < float(self.rows) <= 0.5):
            raise InputError(
                "The share of sealed rows has to be above 0 and at most 0.5.",
                received=f"confirm={self.rows!r}",
                remedy="The usual share is confirm=0.3. For given rows: confirm=range(8_000, 10_000).",
            )
        rows = float(self.rows) if is_share else Rows.of(self.rows, "confirm")
        object.__setattr__(self, "rows", rows)
        if self.seeds is not None:
            why = "at least one model has to be trained"
            seeds = checked_count("seeds", self.seeds, least=1, why=why, remedy="Leave it out for 5.")
            object.__setattr__(self, "seeds", seeds)

    @classmethod
    def of(cls, given: Any) -> SealedRows:
        """Return what a user gave as sealed rows: themselves, or the rows or the share of them."""
        return given if isinstance(given, SealedRows) else cls(given)

    def on(self, data: Dataset, design: Design | Splitter) -> Seal:
        """Divide a data set, and return it with the designs of both phases.

        Raises:
            InputError: the rows cannot be sealed, the design cannot explore the open rows, or the sealed rows could not
                decide a confirmation.
        """
        whole = design.on(data)
        like = whole.like if isinstance(whole, GivenSplits) else whole
        chosen, rows = self._choose(data, like)
        is_sealed = np.zeros(len(data), dtype=bool)
        is_sealed[rows.within(len(data), "confirm")] = True
        open_rows = Rows.of(np.flatnonzero(~is_sealed), "the open rows")
        assert open_rows.numbers is not None
        if isinstance(like, FixedSplit):
            if whole is not like:
                raise InputError(
                    "A splitter with one fixed split names rows of the whole data set, and some of them are sealed.",
                    received=whole.splitter or "",
                    remedy="Give FixedSplit(train=..., test=...) with rows that are not sealed.",
                )
            _check_apart(like, rows)
            design = _moved(like, open_rows.numbers)
        open_data = data.take(open_rows.numbers, name=f"{data.name} (open rows)")
        share = self.rows if isinstance(self.rows, float) else None
        exploring, confirming = design.on(open_data), self._confirming(data, like, open_rows, rows)
        return Seal(open_data, rows, len(data), chosen, share, exploring, confirming)

    def _choose(self, data: Dataset, like: Design) -> tuple[Chosen, Rows]:
        is_time = isinstance(like, TimeSeries)
        if isinstance(self.rows, Rows):
            if is_time and self.rows.within(len(data), "confirm")[0] != len(data) - self.rows.count:
                raise InputError(
                    "In a time series only the last rows can be sealed: later rows would reveal something about the "
                    "sealed ones.",
                    received=f"{self.rows.count} of {len(data)} rows, which are not the last ones",
                    remedy=f"Give a share, confirm=0.3, or confirm=range({len(data) - self.rows.count}, {len(data)}).",
                )
            return "named rows", self.rows
        if isinstance(like, FixedSplit):
            raise InputError(
                "A share of sealed rows would be taken from the rows that the fixed split trains and tests on.",
                received=f"confirm={self.rows:g} beside {like.layout()}",
                remedy="Name the rows: confirm=range(...), with other rows as train and test; or use KFolds.",
            )
        count = int(self.rows * len(data))
        last = np.arange(len(data) - count, len(data))
        rows = last if is_time else _rows_by_content(data, self.rows)
        if not len(rows):
            raise InputError(
                f"The share of sealed rows is less than one row of each class of {data.name!r}.",
                received=f"confirm={self.rows:g} of {len(data)} rows",
                remedy="Seal more rows, or leave `confirm` out.",
            )
        return "last rows" if is_time else "share", Rows.of(rows, "confirm")

    def _confirming(self, data: Dataset, like: Design, open_rows: Rows, sealed: Rows) -> Design:
        """Return the design of the confirmation, refusing sealed rows that could not decide anything."""
        seeds = self.seeds or (like.seeds if isinstance(like, FixedSplit | TimeSeries) else USUAL_SEEDS)
        if isinstance(like, TimeSeries):
            design: Design = replace(like, splits=1, test=sealed.count, seeds=seeds)
        elif isinstance(like, FixedSplit):
            design = replace(like, test=sealed, seeds=seeds)
        else:
            design = FixedSplit(train=open_rows, test=sealed, seeds=seeds)
        try:
            return design.on(data)
        except InputError as error:
            raise InputError(
                f"These sealed rows of {data.name!r} could not confirm anything. {error.wrong}",
                received=f"{sealed.count:,} of {len(data):,} rows sealed; {error.received}",
                remedy="Seal more rows or others, whole groups and some rows of each class, or leave `confirm` out. "
                "Nothing has been trained.",
            ) from error


def apply_seal(data: Dataset, design: Any, confirm: Any, *, confirming: bool) -> tuple[Dataset, Design, Seal | None]:
    """Return the data set and the design of a run: on the open rows, or of a confirmation, or as given without a seal.

    Args:
        data: the whole data set.
        design: a design or a splitter of scikit-learn.
        confirm: `SealedRows`, or the rows or the share of them; None to seal nothing.
        confirming: whether the sealed rows are opened.

    Raises:
        InputError: the rows cannot be sealed, the data set cannot be split this way, or nothing is sealed that could be
            opened.
    """
    planned = as_design(design)
    if confirm is None:
        if confirming:
            raise InputError(
                "There is nothing to confirm, because no rows are sealed.",
                received="confirm=None",
                remedy="Seal rows while you explore: confirm=0.3.",
            )
        return data, planned.on(data), None
    seal = SealedRows.of(confirm).on(data, planned)
    return (data, seal.confirming, seal) if confirming else (seal.open_data, seal.exploring, seal)


def _check_apart(design: FixedSplit, sealed: Rows) -> None:
    for name in ("train", "test", "validation"):
        rows: Rows | None = getattr(design, name)
        if rows is None or rows.numbers is None or sealed.numbers is None:
            continue
        shared = np.intersect1d(rows.numbers, sealed.numbers)
        if len(shared):
            raise InputError(
                f"`{name}` of the fixed split and `confirm` share rows: sealed rows would be seen while exploring.",
                received=f"{len(shared)} rows in both, such as row {shared[0]}",
                remedy="Explore with other rows as `test`, such as the official validation rows.",
            )


def _moved(design: FixedSplit, open_rows: np.ndarray) -> FixedSplit:
    """Return a fixed split whose rows are numbered among the open rows."""
    parts = {name: getattr(design, name) for name in ("train", "test", "validation")}
    places = {name: np.searchsorted(open_rows, rows.numbers) for name, rows in parts.items() if rows is not None}
    return replace(design, **places)


def _rows_by_content(data: Dataset, share: float) -> np.ndarray:
    """Return the numbers of a share of the rows of each class, ascending; groups are whole.

    In each class, groups (or rows) are put in the order of a hash of their inputs, and those are chosen whose middle
    lies in the first `share` of the class's rows. A group counts for the class that most of its rows have.
    """
    hashes = _hash_inputs(data)
    units = np.arange(len(data)) if data.groups is None else data.groups
    sizes = np.bincount(units)
    of_unit = np.zeros(len(sizes), dtype=np.uint64)
    np.add.at(of_unit, units, hashes)  # whatever the order of its rows
    classes = np.zeros(len(sizes), dtype=np.int64)
    if data.task == "classification":
        counts = np.zeros((len(sizes), data.outputs), dtype=np.int64)
        np.add.at(counts, (units, data.y), 1)
        classes = counts.argmax(axis=1)
    chosen = []
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        members = members[np.argsort(of_unit[members], kind="stable")]
        middles = np.cumsum(sizes[members]) - sizes[members] / 2
        chosen.append(members[middles < share * sizes[members].sum()])
    return np.flatnonzero(np.isin(units, np.concatenate(chosen)))


def _hash_inputs(data: Dataset) -> np.ndarray:
    """Return a hash of the inputs of each row, (rows,), uint64, which no version of a library changes."""
    arrays = [row_words(data.x)] if data.has_frame else label_arrays(data.x, "").values()
    parts = [np.ascontiguousarray(each).reshape(len(data), -1) for each in arrays]
    # Slices of one buffer: rows of arrays would take five times as long.
    buffers = [(part.data.cast("B"), part.itemsize * part.shape[1]) for part in parts]
    digests = bytearray()
    for row in range(len(data)):
        digest = hashlib.blake2b(digest_size=8, person=b"sealed rows")
        for buffer, size in buffers:
            digest.update(buffer[row * size : (row + 1) * size])
        digests += digest.digest()
    return np.frombuffer(bytes(digests), dtype="<u8").astype(np.uint64)
