"""Raw outputs are as rich as their targets: not pressed against an end of their range, not rounded to a few values."""

from __future__ import annotations

import numpy as np

from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run import OutputLayer, Run

WHEN = "after"

ROWS = 512
"""Rows that are looked at."""
NEAR, NEARBY = 0.005, 0.025
"""How near to an end outputs, and targets, count as there, in ranges. Targets are given more, so that dark pixels just
over 0, which a model draws a hair darker, do not count against it."""


def check(run: Run) -> Finding | None:
    """Compare the outputs of one replicate of each arm with their targets, in a regression."""
    if run.data.task == "classification":
        return None
    found, passed = [], True
    for arm, replicate, inspection in run.inspections():
        rows = np.linspace(0, len(inspection.targets) - 1, min(ROWS, len(inspection.targets))).astype(int)
        outputs, targets = inspection.predicted[rows], inspection.targets[rows]
        pressed = _share_at_ends(outputs, NEAR, inspection.output_layer, targets)
        asked = _share_at_ends(targets, NEARBY, inspection.output_layer, targets)
        values, asked_values = len(np.unique(outputs)), len(np.unique(targets))
        few = (
            values <= 16
            and 2 * values <= asked_values
            and 4 * values <= _distinct_inputs(run, run.cell_of(replicate), rows)
        )
        passed &= not few and pressed - asked <= 0.25
        found.append(
            f"{arm.role} {pressed:.1%} of outputs at an end of their range and {asked:.1%} of targets, "
            f"{values} values and {asked_values}"
        )
    if not found:
        return None
    return Finding(
        control="saturation",
        passed=passed,
        found="; ".join(found),
        threshold="25 points more outputs than targets at an end, or 16 values where targets have twice as many: a "
        "model that minimizes a mean is less extreme than its targets, and its outputs are hardly ever equal",
        remedy="Score raw outputs, not those rounded for display; check the scale of targets; lower the learning rate.",
    )


def _share_at_ends(values: np.ndarray, near: float, output_layer: OutputLayer, targets: np.ndarray) -> float:
    """Return the share of values at an end of the outputs' range; a range without end is as long as the targets'."""
    length = output_layer.high - output_layer.low
    margin = near * (length if np.isfinite(length) else float(np.ptp(targets)))
    at_end = (values <= output_layer.low + margin) | (values >= output_layer.high - margin)
    return float(np.mean(at_end))


def _distinct_inputs(run: Run, cell: Cell, rows: np.ndarray) -> int:
    """Count rows of inputs that differ: a model has no more outputs than that."""
    return len(np.unique(run.data.flatten(cell.test[rows]), axis=0))
