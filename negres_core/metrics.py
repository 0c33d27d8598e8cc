"""Metrics of held-out predictions: their directions and units, which one a claim names, and the floor of a loss."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import KW_ONLY, dataclass

import numpy as np

from negres_core.arguments import explain_arguments
from negres_core.claim import THRESHOLD_NAMES, Claim
from negres_core.dataset import Task, describe_targets, is_one_hot
from negres_core.errors import InputError


@explain_arguments("metric", {})
@dataclass(frozen=True)
class Metric:
    """The name, the direction and the unit of a metric.

    Declare one for every metric that a `Fit` computes itself, so that a claim can name it.

    Attributes:
        name: the name that a claim uses.
        higher_is_better: the direction. The sign of an effect is chosen so that positive is better.
        unit: the unit of its values, and therefore of effects and margins.
        tasks: the tasks for which negres computes it for every arm; empty for a custom metric.

    Examples:
        >>> Metric("confidence", higher_is_better=True, unit="probability")
        Metric(name='confidence', higher_is_better=True, unit='probability', tasks=())
    """

    # Replicates are stored under a digest of these fields: to add or rename one retrains every fit with custom metrics.
    name: str
    _: KW_ONLY
    higher_is_better: bool
    unit: str
    tasks: tuple[Task, ...] = ()


CLASSES: tuple[Task, ...] = ("classification",)
VALUES: tuple[Task, ...] = ("regression", "reconstruction")
IMAGES: tuple[Task, ...] = ("reconstruction",)
"""The tasks with class labels, with values, and with images; images are values too."""

METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", higher_is_better=True, unit="accuracy", tasks=CLASSES),
        Metric("precision", higher_is_better=True, unit="macro precision", tasks=CLASSES),
        Metric("recall", higher_is_better=True, unit="macro recall", tasks=CLASSES),
        Metric("f1", higher_is_better=True, unit="macro F1", tasks=CLASSES),
        Metric("loss", higher_is_better=False, unit="loss", tasks=(*CLASSES, *VALUES)),
        Metric("mse", higher_is_better=False, unit="target^2", tasks=VALUES),
        Metric("mae", higher_is_better=False, unit="target", tasks=VALUES),
        Metric("r2", higher_is_better=True, unit="R^2", tasks=VALUES),
        Metric("psnr", higher_is_better=True, unit="dB", tasks=IMAGES),
        Metric("ssim", higher_is_better=True, unit="SSIM", tasks=IMAGES),
        Metric("skill", higher_is_better=True, unit="skill", tasks=IMAGES),
        Metric("loss_skill", higher_is_better=True, unit="skill", tasks=IMAGES),
    )
}
"""The metrics that negres computes itself, by name."""


SHARES = ("accuracy", "precision", "recall", "f1")
"""Metrics that are shares, from 0 to 1."""

COUNTED = ("accuracy",)
"""Metrics that are the share of test rows that an arm gets right."""

OTHER_NAMES = {
    "acc": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "binary_accuracy": "accuracy",
    "f1_score": "f1",
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "r2_score": "r2",
}
"""Names under which users know a metric from Keras or scikit-learn."""


def metric_of(
    claim: Claim,
    *,
    task: Task,
    own: Sequence[Sequence[Metric] | None] = (None,),
    targets: np.ndarray | None = None,
) -> Metric:
    """Look up the metric that a claim names.

    Args:
        claim: the claim.
        task: the data set's task.
        own: per arm: None for a network, which has its task's metrics; or the custom metrics of its `Fit`, which may
            also return any metric of negres except a loss.
        targets: the data set's targets, from which an error can tell why the metric does not exist.

    Raises:
        InputError: an arm does not have the metric, the arms define it differently, or the claim asks for more than a
            share can be.
    """
    definitions = []
    for metrics in own:
        if metrics is None:
            known = {metric.name: metric for metric in METRICS.values() if task in metric.tasks}
        else:
            known = {name: metric for name, metric in METRICS.items() if "loss" not in name}
            known |= {metric.name: metric for metric in metrics}
        if claim.metric not in known:
            raise InputError(
                f"There is no metric {claim.metric!r} for {'a fit' if metrics is not None else task}.",
                received=str(claim) + ("" if targets is None else f", on targets that are {describe_targets(targets)}"),
                remedy=_remedy_for_metric(claim.metric, known, task, targets if metrics is None else None),
            )
        definitions.append(known[claim.metric])
    if len(set(definitions)) > 1:
        raise InputError(
            f"The arms define the metric {claim.metric!r} differently.",
            received=", ".join(map(str, definitions)),
            remedy="Give both arms the same Metric.",
        )
    found = definitions[0]
    if found == METRICS.get(claim.metric) and claim.metric in SHARES and claim.threshold > 1:
        raise InputError(
            f"{claim.metric} is a share, from 0 to 1, and no arm can be further than that.",
            received=str(claim),
            remedy=f"Give percent as a share: {THRESHOLD_NAMES[claim.kind]}={claim.threshold / 100:g}.",
        )
    return found


def _remedy_for_metric(name: str, known: Iterable[str], task: Task, targets: np.ndarray | None) -> str:
    """Return what to do about a metric that does not exist for a task."""
    usual = OTHER_NAMES.get(name.lower().removeprefix("val_"), name.lower().removeprefix("val_"))
    if usual in known:
        return f'Write "{usual}".'
    listed = f"Use one of: {', '.join(known)}."
    kind = METRICS[usual].tasks if usual in METRICS else ()
    if task != "classification" and kind == CLASSES:
        return f"{_remedy_for_labels(targets)} For values: {listed}"
    if task == "classification" and kind == VALUES:
        return f"Integers are class labels; give values as floats: y=y.astype(float). For classes: {listed}"
    return f"{listed} To claim another, compute it in a Fit, and declare it: Fit(compute, metrics=(Metric(...),))."


def _remedy_for_labels(targets: np.ndarray | None) -> str:
    """Return how to ask about class labels where the targets are floats, which are values."""
    if targets is not None and targets.ndim > 1 and not is_one_hot(targets):
        return (
            "Floats are values; accuracy and its like are computed of one class label a row, an integer, such as "
            f"y=y[:, {', '.join('0' * (targets.ndim - 1))}].astype(int)."
        )
    if targets is not None and targets.ndim > 1:
        return (
            "Floats are values; give one-hot rows as class labels, y=y.argmax(axis=1), with "
            'loss="sparse_categorical_crossentropy".'
        )
    return "Floats are values; give class labels as integers: y=y.astype(int)."


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


def constant_score(metric: str, train: np.ndarray, test: np.ndarray) -> float | None:
    """Return the score of the best constant prediction of a training fold's targets, on a test fold.

    For class labels that is the largest class. For values it is the mean of each column, or the median for the absolute
    error.

    Args:
        metric: the name of a metric of negres.
        train: targets of the training fold, class labels or values.
        test: targets of the test fold.

    Returns:
        The score; None if it depends on more than the targets, as that of a loss, or is not known.

    >>> constant_score("recall", np.array([0, 0, 0, 1]), np.array([0, 0, 1]))
    0.5
    >>> constant_score("mae", np.array([1.0, 2.0, 9.0]), np.array([2.0, 3.0]))
    0.5
    """
    if test.dtype.kind == "i":
        share = float(np.mean(test == np.bincount(train).argmax()))
        classes = len(np.unique(test))
        scores = {
            "accuracy": share,
            "precision": share / classes,
            "recall": (share > 0) / classes,
            "f1": 2 * share / (1 + share) / classes,
        }
        return scores.get(metric)
    if metric in ("skill", "loss_skill"):
        return 0.0
    columns, mean = test.reshape(len(test), -1), train.reshape(len(train), -1).mean(axis=0, dtype=np.float64)
    if metric == "mae":
        return float(np.mean(np.abs(columns - np.median(train.reshape(len(train), -1), axis=0))))
    errors = np.mean((columns - mean) ** 2, axis=0)
    if metric == "mse":
        return float(errors.mean())
    if metric == "r2":
        variance = columns.var(axis=0, dtype=np.float64)
        return float(np.mean(1 - errors / np.where(variance > 0, variance, np.inf)))
    return None
