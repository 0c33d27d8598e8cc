"""Labels of steps or pixels beside the inputs at the same place, for controls that look at single places."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.dataset import Dataset
from negres_core.dataset.segmentation import counted
from negres_core.design import Cell
from negres_core.run.run import Run

MOST_SAMPLED_ROWS = 512
"""Most rows, chosen at random, whose positions are inspected."""
MOST_POSITIONS = 32
"""Most positions of a row, spread over it."""


def inputs_by_position(data: Dataset, rows: np.ndarray) -> np.ndarray | None:
    """Return the inputs of some rows at each step or pixel, (rows, ..., features); None if no input has such places."""
    places = data.y.shape[1:-1]
    parts = [
        array[rows].reshape(len(rows), *places, -1)
        for array in data.arrays.values()
        if array.shape[1 : 1 + len(places)] == places
    ]
    return np.concatenate(parts, axis=-1) if parts else None


def positions_as_rows(run: Run) -> Run | None:
    """Return a run in which some steps or pixels of some rows are rows, in the folds of their rows.

    None if the inputs have no features at these places, or only one.
    """
    data = run.data
    rows = np.sort(np.random.default_rng(0).permutation(len(data))[:MOST_SAMPLED_ROWS])
    x = inputs_by_position(data, rows)
    if x is None or x.shape[-1] < 2:
        return None
    x, y = x.reshape(len(rows), -1, x.shape[-1]), data.y[rows].reshape(len(rows), -1)
    some = spread_rows(y.shape[1], most=MOST_POSITIONS)
    x, y = x[:, some], y[:, some]
    counts = counted(y)
    if len(np.unique(y[counts])) < 2:
        return None
    of_row = np.broadcast_to(rows[:, None], y.shape)[counts]
    flat = Dataset(x=x[counts], y=_numbered(y[counts]), name=data.name)

    def find(wanted: np.ndarray) -> np.ndarray:
        return np.flatnonzero(np.isin(of_row, wanted)).astype(np.int32)

    cells = [Cell(cell.repeat, cell.fold, find(cell.train), find(cell.test)) for cell in run.cells]
    return replace(run, data=flat, cells=[cell for cell in cells if len(cell.train) and len(cell.test)])


def _numbered(labels: np.ndarray) -> np.ndarray:
    """Number the labels that are found from 0, since some positions may lack a class."""
    numbers: np.ndarray = np.unique(labels, return_inverse=True)[1]
    return numbers
