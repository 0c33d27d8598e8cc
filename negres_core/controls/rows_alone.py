"""Rows are predicted alone: the answer for a row does not depend on the other rows of its batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from negres_core.evidence import Finding, TrainedWeight
from negres_core.rescoring import DEVICE_ROUNDING
from negres_core.run.arm import Arm
from negres_core.run.models import Models
from negres_core.run.run import Run

NAME = "rows alone"
WHEN = "after"
FITS = True

INSPECTED_ROWS = 140
"""Most rows of the test fold that are predicted again."""
SMALL_BATCH = 7
"""Rows of a small batch, in another order than in the large one."""
SINGLE_ROWS = 3
"""Rows that are predicted alone."""


def check(run: Run) -> Finding | None:
    """Predict rows of the test fold together, in small batches in another order, and a few of them alone.

    A model whose outputs vary by themselves, such as one that draws noise in inference mode, cannot be compared. A fit
    that records its weights trains a network, too, and is called again for half of the rows; what other fits learn of a
    whole test fold may be meant.
    """
    results, passed = [], True
    for arm in run.arms:
        if run.models is None or arm.recipe.fit is None or not any(each.trainable for each in _weights_of(arm)):
            continue
        sound, words = _check_fit(run, run.models, arm)
        passed &= sound
        results.append(words)
    for arm in run.networks.arms:
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
        threshold=f"expected {DEVICE_ROUNDING['cpu']:g} or less on a CPU, {DEVICE_ROUNDING['gpu']:g} on a GPU: in "
        "use, a model sees one row at a time, and knows nothing of the rest of a test fold",
        remedy="Look for batch normalization that is called with training=True, for a PyTorch module that predicts "
        "without model.eval(), and for a mean, a norm or a softmax over axis 0.",
    )


def _weights_of(arm: Arm) -> Sequence[TrainedWeight]:
    return [] if arm.first_finished is None else arm.replicates[arm.first_finished].weights


def _check_fit(run: Run, models: Models, arm: Arm) -> tuple[bool, str]:
    """Return whether a fit predicts the same for half of the rows, in another order; and what was found."""
    position = arm.first_finished
    assert position is not None
    replicate = arm.replicates[position]
    test = run.cell_of(replicate).test
    half = np.random.default_rng(0).permutation(len(test))[: max(1, len(test) // 2)]

    def predict(rows: np.ndarray) -> np.ndarray | None:
        answer = models.refit(arm, position, run.data.y[rows], rows)
        return None if isinstance(answer, Mapping) else np.asarray(answer, dtype=float)

    together, again, apart = predict(test), predict(test), predict(test[half])
    if together is None or again is None or apart is None:
        return True, f"the {arm.role} arm returns metrics, and no outputs"
    scale, rounding = float(np.abs(together).max()) or 1.0, DEVICE_ROUNDING[replicate.key.device]
    if np.abs(together - again).max() / scale > rounding:
        return True, f"outputs of the {arm.role} arm vary by themselves, so nothing can be said about them"
    shift = float(np.abs(together[half] - apart).max()) / scale
    return shift <= rounding, f"outputs of the {arm.role} arm change by up to {shift:.2g} of the largest"
