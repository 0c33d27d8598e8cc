"""The arms are paired: cell by cell, each was trained and tested on the same rows of the same data set."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "paired cells"
WHEN = "after"
FITS = True


def check(run: Run) -> Finding:
    """Compare each replicate's key with the cell and the seed that its position stands for."""
    expected = []
    for cell in run.cells:
        rows = cell.digest(len(run.data))
        expected += [(cell.repeat, cell.fold, seed, rows) for seed in range(run.design.seeds_per_cell)]
    stages = [stage for arm in run.arms for stage in arm.stages]
    mismatches = 0
    for stage in stages:
        keys = [(r.key.repeat, r.key.fold, r.key.seed, r.key.rows) for r in stage]
        mismatches += sum(key != place for key, place in zip(keys, expected, strict=False))
        mismatches += abs(len(keys) - len(expected))
    data = {replicate.key.data for stage in stages for replicate in stage}
    return Finding(
        control=NAME,
        passed=mismatches == 0 and len(data) == 1,
        found=f"{mismatches} of {len(expected) * len(stages)} replicates do not match the cell and seed of their "
        f"position; {len(data)} data set{'' if len(data) == 1 else 's'}",
        threshold="expected 0 mismatches and 1 data set: arms can be compared only if everything else is equal",
        remedy="Report this as a bug of negres.",
    )
