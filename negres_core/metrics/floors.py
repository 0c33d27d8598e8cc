"""Floors of losses: the lowest value that a loss can take, and how far on the way to it a loss is."""

from __future__ import annotations

import numpy as np


def loss_skill(loss: float, *, trivial: float, floor: float) -> float:
    """Return how far a loss is on the way from that of the best constant prediction, 0, to its floor, 1.

    The binary cross-entropy of a perfect reconstruction is far from 0, so that the loss itself is hard to interpret.

    Args:
        loss: the loss.
        trivial: the loss of the best constant prediction.
        floor: the lowest loss that is possible, see `floor_of`.

    >>> round(loss_skill(0.55, trivial=0.66, floor=0.54), 2)
    0.92
    """
    return (trivial - loss) / (trivial - floor) if trivial > floor else 0.0


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
"""Keras' losses that are 0 for a perfect prediction; the binary cross-entropy of values between 0 and 1 is not."""


def floor_of(loss: str | None, targets: np.ndarray) -> float | None:
    """Return the lowest value that a built-in Keras loss can take on these targets.

    Args:
        loss: Keras' name of the loss, such as "mean_squared_error"; None for a loss that is not built into Keras.
        targets: the targets, (rows, ...).

    Returns:
        The floor; None if it is not known.
    """
    if loss in FLOOR_AT_ZERO:
        return 0.0
    return entropy(targets) if loss == "binary_crossentropy" else None


def entropy(targets: np.ndarray) -> float:
    """Return the mean entropy of targets taken as probabilities, H(y) = -y log y - (1 - y) log(1 - y), in nats.

    It is the floor of the binary cross-entropy: its value for a perfect prediction. That loss has no floor for targets
    outside 0 to 1, which count as the nearest of the two.
    """
    # Row by row, since a test fold of images would need gigabytes at once.
    return float(np.mean([_entropy(row) for row in targets]))


def _entropy(targets: np.ndarray) -> float:
    y = np.clip(np.asarray(targets, dtype=np.float64), 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(y) + (1 - y) * np.log1p(-y)))
