"""The targets lie where outputs can: what the range of the last activation alone costs is next to nothing."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "before"

ROWS = 4_096
"""Rows that are looked at, spread over the data: a share of a variance needs no more."""


def check(run: Run) -> Finding | None:
    """Clip the targets of a regression to each arm's outputs, and compare what is lost with the targets' variance.

    A variance, not a count: two targets a hair over 1 do no harm, and black pixels of images in 0 to 255 lie well.
    """
    if run.models is None or run.data.task == "classification":
        return None
    y = run.data.y[np.linspace(0, len(run.data) - 1, min(ROWS, len(run.data))).astype(int)].astype(np.float64)
    variance = float(np.mean((y - y.mean(axis=0)) ** 2))
    found, worst = [], 0.0
    for arm in run.arms:
        output_layer = run.models.output_layer(arm.recipe)
        if output_layer.activation is None or variance == 0:
            continue
        lost = float(np.mean((y - np.clip(y, output_layer.low, output_layer.high)) ** 2)) / variance
        worst = max(worst, lost)
        found.append(
            f"{arm.role} ends in {output_layer.activation}, from {output_layer.low:g} to {output_layer.high:g}: "
            f"{lost:.2%} of the variance is out of reach"
        )
    if not found:
        return None
    return Finding(
        control="target range",
        passed=worst <= 0.01,
        found=f"targets from {y.min():.4g} to {y.max():.4g}; {'; '.join(found)}",
        threshold="1% of the targets' variance: less cannot decide anything, and 0 to 255 or standardized targets "
        "under a sigmoid lose from a tenth of it to many times as much",
        remedy="Scale the targets into the range, x / 255 for images, or end in a linear layer.",
    )
