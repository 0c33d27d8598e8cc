"""No loss is lower than it can be; and how far it is from that, which a raw loss does not say."""

from __future__ import annotations

import numpy as np

from negres_core.controls.contract import Probe, Run
from negres_core.evidence import Finding

WHEN = "after"

FLOOR_AT_ZERO = (
    "sparse_categorical_crossentropy",
    "categorical_crossentropy",
    "mean_squared_error",
    "mean_absolute_error",
    "mean_absolute_percentage_error",
    "mean_squared_logarithmic_error",
    "huber",
    "log_cosh",
)
"""Keras' losses that a perfect prediction brings to 0; binary cross-entropy of values between 0 and 1 is not one."""


def check(run: Run) -> Finding | None:
    """Compare the loss of one replicate of each arm with the closed-form floor of one of Keras' own losses.

    The binary cross-entropy of a perfect reconstruction is the mean entropy of the targets taken as probabilities,
    H(y) = -y log y - (1 - y) log(1 - y): a plateau there is no failure to learn. So the skill is reported: the share,
    of what a constant prediction leaves to be learned, that was.
    """
    found, passed = [], True
    for arm, replicate, probe in run.probes():
        floor, loss, trivial = _floor(probe), replicate.metrics.get("loss"), probe.trivial_loss
        if floor is None or loss is None or trivial is None:
            continue
        passed &= loss >= floor - 1e-4 * floor - 1e-6
        skill = f", skill {(trivial - loss) / (trivial - floor):.3g}" if trivial - floor > 1e-6 else ""
        found.append(f"{arm.role} {loss:.4g}, floor {floor:.4g}, of a constant {trivial:.4g}{skill}")
    if not found:
        return None
    return Finding(
        control="loss floor",
        passed=passed,
        found=f"loss on the test fold: {'; '.join(found)}",
        threshold="the floor, less the rounding of float32: nothing is better than a perfect prediction",
        remedy="Scale targets of a binary cross-entropy between 0 and 1, x / 255 for images.",
    )


def _floor(probe: Probe) -> float | None:
    if probe.outline.loss in FLOOR_AT_ZERO:
        return 0.0
    if probe.outline.loss != "binary_crossentropy":
        return None
    # Row by row: a test fold of images would need gigabytes at once.
    return float(np.mean([_entropy(row) for row in probe.targets]))


def _entropy(targets: np.ndarray) -> float:
    """Return the mean entropy of targets; outside 0 and 1, where the loss has no floor, that of the nearest inside."""
    y = np.clip(np.asarray(targets, dtype=np.float64), 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(y) + (1 - y) * np.log1p(-y)))
