"""Rows are predicted alone: the answer for a row does not depend on the other rows of its batch."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.rescoring import DEVICE_ROUNDING
from negres_core.run import Run

NAME = "rows alone"
WHEN = "after"

INSPECTED_ROWS = 140
"""Most rows of the test fold that are predicted again."""
SMALL_BATCH = 7
"""Rows of a small batch, in another order than in the large one."""
SINGLE_ROWS = 3
"""Rows that are predicted alone."""


def check(run: Run) -> Finding | None:
    """Predict rows of the test fold together, in small batches in another order, and a few of them alone.

    A model whose outputs vary by themselves, such as one that draws noise in inference mode, cannot be compared.
    """
    results, passed = [], True
    for arm in run.arms:
        if run.models is None or (position := arm.first_finished) is None:
            continue
        replicate = arm.replicates[position]
        rows = np.random.default_rng(0).permutation(run.cell_of(replicate).test)[:INSPECTED_ROWS]
        small = [rows[begin : begin + SMALL_BATCH] for begin in range(0, len(rows), SMALL_BATCH)]
        together, again, apart, alone = (
            run.models.predict_batches(arm.recipe_of(position), replicate, each)
            for each in ([np.sort(rows)], [np.sort(rows)], small, list(rows[:SINGLE_ROWS, None]))
        )
        together, again = (each[np.argsort(np.argsort(rows))] for each in (together, again))
        scale = float(np.abs(together).max())
        if not np.isfinite(scale) or scale == 0:
            continue
        rounding = DEVICE_ROUNDING[replicate.key.device]
        if np.abs(together - again).max() / scale > rounding:
            results.append(f"outputs of the {arm.role} arm vary by themselves, so nothing can be said about them")
            continue
        shift = max(float(np.abs(together - apart).max()), float(np.abs(together[:SINGLE_ROWS] - alone).max())) / scale
        passed &= bool(shift <= rounding)  # NaN fails
        results.append(f"outputs of the {arm.role} arm change by up to {shift:.2g} of the largest")
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found=f"predicted in other batches, {'; '.join(results)}",
        threshold=f"expected {DEVICE_ROUNDING['cpu']:g} or less on a CPU, {DEVICE_ROUNDING['gpu']:g} on a GPU: a "
        "model that is used meets one row at a time, and knows nothing of the rest of a test fold",
        remedy="Look for batch normalization that is called with training=True, and for a mean, a norm or a softmax "
        "over axis 0.",
    )
