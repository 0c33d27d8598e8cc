"""Nested cells: the training fold of each cell, split once more into rows to train on and rows to compare trials on."""

from __future__ import annotations

from dataclasses import replace

from negres_core.dataset import Dataset
from negres_core.design.base import Cell, Design
from negres_core.design.validation import with_validation


def nested_cells(design: Design, data: Dataset) -> list[Cell]:
    """Return, for each cell of a design, a cell inside its training fold, of which the test rows are validation rows.

    They are those of the design, if it has any. Otherwise they are a tenth of the training rows, 30 or more: the latest
    ones in a time series, with the gap of the design before them; else stratified by class, groups whole. They depend
    only on the data and the cell, so all arms have the same.

    Raises:
        InputError: a training fold is too small, or the data set cannot be split this way.
    """
    split = with_validation(design.split(data), data)
    return [replace(cell, test=cell.validation, validation=None) for cell in split if cell.validation is not None]
