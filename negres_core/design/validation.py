"""Validation rows: those that each training fold gives up, for early stopping or for the time to a target."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design.base import Cell
from negres_core.early_stopping import Validation
from negres_core.errors import InputError
from negres_core.seeds import derive_seed

VALIDATION_PARTS = 10
"""A training fold gives up one of so many parts if no share is given."""

LEAST_VALIDATION_ROWS = 30
"""Fewest validation rows if no share is given: on fewer, a share of rows has steps of more than 3%."""


def hold_out(cell: Cell, data: Dataset, validation: Validation | None) -> Cell:
    """Return a cell that has validation rows, which are neither trained nor tested on.

    A cell that has none gives up some of its training rows: at random, stratified by class, groups whole; in a time
    series the last ones, with the gap of the design before them. They depend only on the data, the cell and the share,
    so all arms with the same share have the same; those of a smaller share are among those of a larger one.

    Args:
        cell: the cell.
        data: the data set.
        validation: a share of the training rows; True for a tenth, 30 rows or more; None to hold out nothing.

    Raises:
        InputError: the training fold is too small.
    """
    if validation is None or cell.validation is not None:
        return cell
    return _split_off(cell, data, rows_wanted(cell, validation))


class TrainedCells:
    """Cells of a data set as arms are trained on them; each is split once.

    Args:
        data: the data set.
    """

    def __init__(self, data: Dataset) -> None:
        self._data = data
        self._split: dict[tuple[int, int, Validation], Cell] = {}

    def of(self, cell: Cell, validation: Validation | None) -> Cell:
        """Return a cell without the rows that an arm holds out; see `hold_out`."""
        if validation is None or cell.validation is not None:
            return cell
        key = (cell.repeat, cell.fold, validation)
        if key not in self._split:
            self._split[key] = hold_out(cell, self._data, validation)
        return self._split[key]


def with_validation(cells: Iterable[Cell], data: Dataset, validation: Validation = True) -> list[Cell]:
    """Return cells that all have validation rows; see `hold_out`."""
    return [hold_out(cell, data, validation) for cell in cells]


def rows_wanted(cell: Cell, validation: Validation = True) -> int:
    """Return how many validation rows a training fold gives up."""
    if validation is True:
        return max(LEAST_VALIDATION_ROWS, -(-len(cell.train) // VALIDATION_PARTS))
    return int(np.ceil(round(validation * len(cell.train), 6)))


def too_small(cell: Cell, data: Dataset, wanted: int) -> InputError:
    """Return the error about a training fold that is too small to give up validation rows."""
    return InputError(
        f"A training fold of {data.name!r} is too small to give up {wanted} validation rows.",
        received=f"{len(cell.train)} training rows"
        + ("" if data.groups is None else f" of {len(np.unique(data.groups[cell.train]))} groups"),
        remedy="Use more rows or fewer folds, a smaller share, or a design with validation rows of its own.",
    )


def _split_off(cell: Cell, data: Dataset, wanted: int) -> Cell:
    """Return a cell of whose training rows `wanted` or a few more are validation rows."""
    if 2 * wanted > len(cell.train):
        raise too_small(cell, data, wanted)
    if cell.gap is not None:
        return _split_off_last(cell, data, wanted)
    rng = np.random.default_rng(derive_seed("validation", repeat=cell.repeat, fold=cell.fold))
    # Units that stay together: groups, or single rows.
    keys = (
        np.arange(len(cell.train))
        if data.groups is None
        else np.unique(data.groups[cell.train], return_inverse=True)[1]
    )
    order = rng.permutation(int(keys.max()) + 1)
    if data.task == "classification":
        order = _spread_classes(order, keys, data.y[cell.train])
    sizes = np.bincount(keys)[order]
    taken = order[: int(np.searchsorted(np.cumsum(sizes), wanted)) + 1]
    chosen = np.isin(keys, taken)
    if len(taken) == len(order) or 2 * int(chosen.sum()) > len(cell.train):
        raise too_small(cell, data, wanted)
    return replace(cell, train=cell.train[~chosen], validation=cell.train[chosen])


def _split_off_last(cell: Cell, data: Dataset, wanted: int) -> Cell:
    """Return a cell of a time series whose last training rows are validation rows, after the gap of the design."""
    validation = cell.train[-wanted:]
    train = cell.train[cell.train < validation[0] - (cell.gap or 0)]
    if data.groups is not None:
        train = train[~np.isin(data.groups[train], data.groups[validation])]
    if len(train) < wanted:
        raise too_small(cell, data, wanted)
    return replace(cell, train=train, validation=validation)


def _spread_classes(order: np.ndarray, keys: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return units in an order of which each beginning has nearly the shares of the classes that all of them have.

    Args:
        order: the units in random order.
        keys: the unit of each row.
        labels: the class of each row; a unit counts as its most frequent class.
    """
    counts = np.zeros((int(keys.max()) + 1, int(labels.max()) + 1), dtype=np.int64)
    np.add.at(counts, (keys, labels), 1)
    classes = counts.argmax(axis=1)[order]
    place = np.empty(len(order))
    for label in np.unique(classes):
        members = np.flatnonzero(classes == label)
        # The members of a class are spread evenly over the order, and so are those of every other.
        place[members] = (np.arange(len(members)) + 0.5) / len(members)
    spread: np.ndarray = order[np.argsort(place, kind="stable")]
    return spread
