"""Searches are nested: each trial was trained and scored inside the training fold of its cell, the same in all arms."""

from __future__ import annotations

import numpy as np

from negres_core.design import Cell, nested_cells
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "nested search"
WHEN = "after"
FITS = True


def check(run: Run) -> Finding | None:
    """Compare the rows of every trial with the training fold of its cell; arms that are not tuned are not judged."""
    tuned = [arm for arm in run.arms if arm.tuned is not None]
    if not tuned:
        return None
    known = {(cell.repeat, cell.fold): cell for cell in run.cells}
    nested = {(cell.repeat, cell.fold): cell for cell in nested_cells(run.design, run.data)}
    outside = sum(_rows_outside(nested[place], cell) for place, cell in known.items())
    elsewhere = trials = 0
    for arm in tuned:
        for search in arm.searches:
            expected = nested[search.repeat, search.fold].digest(len(run.data))
            keys = [arm.trials[id].key for trial in search.trials for id in trial.replicates]
            places = [(key.repeat, key.fold, key.rows) for key in keys]
            elsewhere += sum(place != (search.repeat, search.fold, expected) for place in places)
            trials += len(places)
    return Finding(
        control=NAME,
        passed=outside == elsewhere == 0,
        found=f"{outside} rows of trials are test rows, or are used for both training and comparison; {elsewhere} of "
        f"{trials} replicates of trials have rows other than those of their cell",
        threshold="expected 0 of each: with settings that were chosen on test rows, the test is too optimistic",
        remedy="Report this as a bug of negres, or of the splitter that replaces its own.",
    )


def _rows_outside(nested: Cell, cell: Cell) -> int:
    """Return how many rows of the trials of a cell are test rows of it, or are in both parts of its training fold."""
    rows = np.concatenate([nested.train, nested.test])
    return int(np.isin(rows, cell.test).sum()) + len(rows) - len(np.unique(rows))
