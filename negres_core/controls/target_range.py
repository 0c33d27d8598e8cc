"""The outputs can reach the targets: the range of the last activation costs next to nothing."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.evidence import Finding
from negres_core.run.run import Run
from negres_core.thresholds import LOST_VARIANCE

NAME = "target range"
WHEN = "before"

INSPECTED_ROWS = 4_096
"""Most rows that are inspected, spread over the data: enough for a share of the variance."""


def check(run: Run) -> Finding | None:
    """Clip the targets of a regression to each arm's output range, and compare the loss with the targets' variance.

    The variance counts, not the number of targets: two targets slightly above 1 do no harm, but nearly all pixels of
    mostly black images from 0 to 255 are in range.
    """
    if run.models is None or run.data.has_labels:
        return None
    y = run.data.y[spread_rows(len(run.data), most=INSPECTED_ROWS)].astype(np.float64)
    variance = float(np.mean((y - y.mean(axis=0)) ** 2))
    results, worst = [], 0.0
    for arm in run.arms:
        output_layer = run.models.output_layer(arm.recipe)
        if output_layer.activation is None or variance == 0:
            continue
        lost = float(np.mean((y - np.clip(y, output_layer.low, output_layer.high)) ** 2)) / variance
        worst = max(worst, lost)
        results.append(
            f"{arm.role} arm ends in {output_layer.activation}, from {output_layer.low:g} to {output_layer.high:g}: "
            f"{lost:.2%} of the variance is out of reach"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=worst <= LOST_VARIANCE,
        found=f"targets from {y.min():.4g} to {y.max():.4g}; {'; '.join(results)}",
        threshold=f"expected {LOST_VARIANCE:.0%} of the targets' variance or less: such a small loss cannot decide a "
        "claim, while targets from 0 to 255, or standardized ones, lose from a tenth to many times their variance "
        "under a sigmoid",
        remedy="Scale the targets into the range, x / 255 for images, or end in a linear layer.",
    )
