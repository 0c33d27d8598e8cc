"""Nested cells: the training fold of each cell, split once more into rows to train on and rows to compare trials on."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design.base import Cell, Design
from negres_core.design.validation import rows_wanted, too_small, with_validation


def nested_cells(design: Design, data: Dataset) -> list[Cell]:
    """Return, for each cell of a design, a cell inside its training fold, of which the test rows are validation rows.

    They are those of the design, if it has any. Otherwise they are a tenth of the training rows, 30 or more: the latest
    ones in a time series, with the gap of the design before them; else stratified by class, groups whole. They depend
    only on the data and the cell, so all arms have the same.

    Raises:
        InputError: a training fold is too small, or the data set cannot be split this way.
    """
    cells = list(design.split(data))
    if design.kind == "time series":
        # A splitter of scikit-learn that is a series has its gap in the design that it is like.
        gap = int(getattr(getattr(design, "like", design), "gap", 0))
        return [_latest(cell, data, gap=gap) for cell in cells]
    split = with_validation(cells, data)
    return [replace(cell, test=cell.validation, validation=None) for cell in split if cell.validation is not None]


def _latest(cell: Cell, data: Dataset, *, gap: int) -> Cell:
    """Return a cell that is tested on the latest training rows of another."""
    wanted = rows_wanted(cell)
    test = cell.train[-wanted:]
    train = cell.train[cell.train < test[0] - gap]
    if data.groups is not None:
        train = train[~np.isin(data.groups[train], data.groups[test])]
    if len(train) < len(test):
        raise too_small(cell, data)
    return Cell(cell.repeat, cell.fold, train, test)
