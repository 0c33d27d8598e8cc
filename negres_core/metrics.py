"""Metrics of held-out predictions: names, direction, unit, and their computation by scikit-learn and scikit-image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negres_core.claim import Claim
from negres_core.dataset import Task
from negres_core.errors import InputError


@dataclass(frozen=True)
class Metric:
    """What is known of a metric apart from its value.

    Attributes:
        name: the name a claim uses.
        higher_is_better: the direction; effects are signed so that positive means better.
        unit: the unit of its values and so of effects and margins.
        tasks: the tasks that it is always known for.
    """

    name: str
    higher_is_better: bool
    unit: str
    tasks: tuple[Task, ...] = ()


VALUES: tuple[Task, ...] = ("regression", "reconstruction")


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, "accuracy", ("classification",)),
        Metric("precision", True, "macro precision", ("classification",)),
        Metric("recall", True, "macro recall", ("classification",)),
        Metric("f1", True, "macro F1", ("classification",)),
        Metric("loss", False, "loss", ("classification", *VALUES)),
        Metric("mse", False, "target^2", VALUES),
        Metric("mae", False, "target", VALUES),
        Metric("r2", True, "R^2", VALUES),
        Metric("psnr", True, "dB", ("reconstruction",)),
        Metric("ssim", True, "SSIM", ("reconstruction",)),
        Metric("skill", True, "skill", ("reconstruction",)),
        Metric("loss_skill", True, "skill", ("reconstruction",)),
    )
}


def metric_of(claim: Claim, *, task: Task, own: Sequence[Sequence[Metric] | None] = (None,)) -> Metric:
    """Look up the metric a claim is about.

    Args:
        claim: the claim.
        task: what the targets ask for.
        own: for each arm, None where it is a network, which has the metrics of its task; or, where it ends in a `Fit`,
            which may have any but a loss, its own.

    Raises:
        InputError: there is no such metric for one of the arms.
    """
    found = []
    for metrics in own:
        if metrics is None:
            defined = {metric.name: metric for metric in METRICS.values() if task in metric.tasks}
        else:
            defined = {name: metric for name, metric in METRICS.items() if "loss" not in name}
            defined |= {metric.name: metric for metric in metrics}
        if claim.metric not in defined:
            raise InputError(
                f"There is no metric {claim.metric!r} for {'a fit' if metrics is not None else task}.",
                received=str(claim),
                remedy=f"Use one of: {', '.join(defined)}.",
            )
        found.append(defined[claim.metric])
    if len(set(found)) > 1:
        raise InputError(
            f"The arms mean different things by the metric {claim.metric!r}.",
            received=", ".join(map(str, found)),
            remedy="Give both arms the same Metric.",
        )
    return found[0]


def loss_skill(loss: float, *, trivial: float, floor: float) -> float:
    """Return the share, of what a constant prediction leaves to be learned, that was learned.

    The binary cross-entropy of a perfect reconstruction is far from 0, so that a raw loss says little.

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
"""Keras' losses that a perfect prediction brings to 0; binary cross-entropy of values between 0 and 1 is not one."""


def floor_of(loss: str | None, targets: np.ndarray) -> float | None:
    """Return the lowest value that one of Keras' own losses, by its name, can have on targets; None of any other."""
    if loss in FLOOR_AT_ZERO:
        return 0.0
    return entropy(targets) if loss == "binary_crossentropy" else None


def entropy(targets: np.ndarray) -> float:
    """Return the mean entropy of targets taken as probabilities, H(y) = -y log y - (1 - y) log(1 - y), in nats.

    It is the binary cross-entropy of a perfect prediction, its floor. Outside 0 and 1, where that loss has no floor, it
    is the entropy of the nearest value inside.
    """
    # Row by row: a test fold of images would need gigabytes at once.
    return float(np.mean([_entropy(row) for row in targets]))


def _entropy(targets: np.ndarray) -> float:
    y = np.clip(np.asarray(targets, dtype=np.float64), 1e-12, 1 - 1e-12)
    return float(-np.mean(y * np.log(y) + (1 - y) * np.log1p(-y)))
