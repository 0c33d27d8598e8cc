"""The arms are paired: each was trained and tested on the same rows of the same data, cell by cell."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.preprocessing import digest_array
from negres_core.run import Run

WHEN = "after"
FITS = True


def check(run: Run) -> Finding:
    """Compare each replicate's key with the cell, and the seed, that its position stands for."""
    expected = [
        (cell.repeat, cell.fold, seed, rows)
        for cell in run.cells
        for rows in [digest_array(cell.test)]
        for seed in range(run.design.seeds)
    ]
    stages = [stage for arm in run.arms for stage in arm.stages]
    found = [[(r.key.repeat, r.key.fold, r.key.seed, r.key.rows) for r in stage] for stage in stages]
    astray = sum(one != other for keys in found for one, other in zip(keys, expected, strict=False)) + sum(
        abs(len(keys) - len(expected)) for keys in found
    )
    data = {replicate.key.data for stage in stages for replicate in stage}
    return Finding(
        control="paired cells",
        passed=not astray and len(data) == 1,
        found=f"{astray} of {len(expected) * len(stages)} replicates are not of the cell and seed they stand for; "
        f"{len(data)} data set{'' if len(data) == 1 else 's'}",
        threshold="0 may, and 1 data set: a difference of two arms is one of arms only where all else is the same",
        remedy="Report this as a bug of negres.",
    )
