"""Validation rows: those that each training fold gives up if the design has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design.base import Cell
from negres_core.errors import InputError
from negres_core.seeds import derive_seed

VALIDATION_PARTS = 10
"""A training fold gives up one of so many parts."""

LEAST_VALIDATION_ROWS = 30
"""Fewest validation rows: on fewer, a share of rows has steps of more than 3%."""


def with_validation(cells: Iterable[Cell], data: Dataset) -> list[Cell]:
    """Return cells that have validation rows, which are neither trained nor tested on.

    A cell that has none gives up a tenth of its training rows, 30 or more: stratified by class, groups whole. They
    depend only on the data and the cell, so all arms have the same.

    Raises:
        InputError: a training fold is too small.
    """
    return [cell if cell.validation is not None else _split_off(cell, data) for cell in cells]


def rows_wanted(cell: Cell) -> int:
    """Return how many validation rows a training fold gives up."""
    return max(LEAST_VALIDATION_ROWS, -(-len(cell.train) // VALIDATION_PARTS))


def too_small(cell: Cell, data: Dataset) -> InputError:
    """Return the error about a training fold that is too small to give up validation rows."""
    return InputError(
        f"A training fold of {data.name!r} is too small to give up {rows_wanted(cell)} validation rows.",
        received=f"{len(cell.train)} training rows"
        + ("" if data.groups is None else f" of {len(np.unique(data.groups[cell.train]))} groups"),
        remedy="Use more rows or fewer folds, or a design with validation rows of its own.",
    )


def _split_off(cell: Cell, data: Dataset) -> Cell:
    wanted = rows_wanted(cell)
    if 2 * wanted > len(cell.train):
        raise too_small(cell, data)
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
        raise too_small(cell, data)
    return replace(cell, train=cell.train[~chosen], validation=cell.train[chosen])


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
