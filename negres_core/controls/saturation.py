"""Raw outputs are as rich as their targets: neither pressed against an end of their range nor rounded to few values."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run.models import OutputLayer
from negres_core.run.run import Run
from negres_core.thresholds import END_MARGIN, EXCESS_AT_ENDS, MAX_COARSE_VALUES

NAME = "saturation"
WHEN = "after"

INSPECTED_ROWS = 512
"""Most rows of the test fold that are inspected."""
TARGET_END_MARGIN = 0.025
"""How close a target is to an end of the outputs' range to count as at that end, as a share of the range. It is wider
than the margin of outputs, because a model draws dark pixels just above 0 slightly darker."""


def check(run: Run) -> Finding | None:
    """Compare the outputs of one replicate of each arm with their targets, in a regression."""
    if run.data.has_labels:
        return None
    results, passed = [], True
    for arm, replicate, inspection in run.inspections():
        rows = spread_rows(len(inspection.targets), most=INSPECTED_ROWS)
        outputs, targets = inspection.predicted[rows], inspection.targets[rows]
        outputs_at_ends = _share_at_ends(outputs, END_MARGIN, inspection.output_layer, targets)
        targets_at_ends = _share_at_ends(targets, TARGET_END_MARGIN, inspection.output_layer, targets)
        values, target_values = len(np.unique(outputs)), len(np.unique(targets))
        is_coarse = (
            values <= MAX_COARSE_VALUES
            and 2 * values <= target_values
            and 4 * values <= _distinct_inputs(run, run.cell_of(replicate), rows)
        )
        passed &= not is_coarse and outputs_at_ends - targets_at_ends <= EXCESS_AT_ENDS
        results.append(
            f"{arm.role} arm has {outputs_at_ends:.1%} of outputs and {targets_at_ends:.1%} of targets at an end of "
            f"the outputs' range, {values} distinct outputs and {target_values} distinct targets"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold=f"expected at most {100 * EXCESS_AT_ENDS:.0f} percentage points more outputs than targets at an "
        f"end, and more than {MAX_COARSE_VALUES} distinct outputs unless targets or inputs take few values too: a "
        "model that minimizes a mean is less extreme than its targets, and its outputs are hardly ever equal",
        remedy="Score raw outputs, not those rounded for display; check the scale of targets; lower the learning rate.",
    )


def _share_at_ends(values: np.ndarray, margin: float, output_layer: OutputLayer, targets: np.ndarray) -> float:
    """Return the share of values at an end of the outputs' range; an unbounded range is as long as the targets'."""
    length = output_layer.high - output_layer.low
    distance = margin * (length if np.isfinite(length) else float(np.ptp(targets)))
    at_end = (values <= output_layer.low + distance) | (values >= output_layer.high - distance)
    return float(np.mean(at_end))


def _distinct_inputs(run: Run, cell: Cell, rows: np.ndarray) -> int:
    """Return the number of distinct inputs in some rows of a test fold: a model cannot have more distinct outputs."""
    return len(np.unique(run.data.flatten(cell.test[rows]), axis=0))
