"""Folds are disjoint: no row is both trained and tested on, and each repeat of k folds tests every row once."""

from __future__ import annotations

import numpy as np

from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "disjoint folds"
WHEN = "before"
FITS = True


def check(run: Run) -> Finding:
    """Count the rows and groups in both folds of a cell, and the rows that a repeat does not test exactly once.

    Only designs whose folds divide the data test every row: k folds, and leave one group out. In a time series, rows of
    the future count as rows in both folds.
    """
    rows = len(run.data)
    shared = split = 0
    tested = np.zeros((run.design.repeats, rows), dtype=np.int32)
    for cell in run.cells:
        tested[cell.repeat] += np.bincount(cell.test, minlength=rows).astype(np.int32)
        held_out = np.zeros(rows, dtype=bool)
        held_out[cell.test] = True
        shared += int(held_out[cell.train].sum())
        for trained in _as_trained(run, cell):
            assert trained.validation is not None, "it has validation rows"
            shared += int(held_out[trained.validation].sum()) + len(np.intersect1d(trained.train, trained.validation))
            shared += len(np.setdiff1d(trained.train, cell.train))
        if run.design.kind == "time series":
            shared += int((cell.train > cell.test[0]).sum())
        if run.data.groups is not None:
            split += len(np.intersect1d(run.data.groups[cell.train], run.data.groups[cell.test]))
    divides = run.design.kind in ("k folds", "leave one group out")
    uneven = int((tested != 1).sum()) if divides else 0
    return Finding(
        control=NAME,
        passed=shared == split == uneven == 0,
        found=f"{shared} rows and {split} groups in both folds of a cell; {uneven} rows not tested once per repeat",
        threshold="expected 0 of each: a row in both folds is a leak",
        remedy="Report this as a bug of negres, or of the splitter that replaces its own.",
    )


def _as_trained(run: Run, cell: Cell) -> list[Cell]:
    """Return a cell as each arm is trained on it, without those that have no validation rows."""
    held_out = {arm.recipe.validation: arm.recipe for arm in run.arms}
    cells = [run.trained_cell(recipe, cell) for recipe in held_out.values()] or [cell]
    return [each for each in cells if each.validation is not None]
