"""The metrics that negres computes itself, by name; those with a parameter have it in their name, as in "top_3"."""

from __future__ import annotations

import functools
import re

from negres_core.claim import Metric
from negres_core.dataset import Task
from negres_core.metrics import of_labels, of_probabilities, of_values

CLASSES: tuple[Task, ...] = ("classification",)
VALUES: tuple[Task, ...] = ("regression", "reconstruction")
IMAGES: tuple[Task, ...] = ("reconstruction",)
"""The tasks with class labels, with values, and with images; images are values too."""

OF_A_LOSS = ("loss", "loss_skill")
"""Metrics that need the loss of a stage, which a fit does not have."""


@functools.cache
def top(k: int) -> Metric:
    """Return the metric "top_K": the share of rows whose class is among the k most probable."""
    compute = functools.partial(of_probabilities.top_k, k=k)
    return Metric(f"top_{k}", higher_is_better=True, unit=f"top-{k} accuracy", tasks=CLASSES, compute=compute)


@functools.cache
def pinball(quantile: float) -> Metric:
    """Return the metric "pinball_Q": the pinball loss of a quantile."""
    compute = functools.partial(of_values.pinball, quantile=quantile)
    return Metric(f"pinball_{quantile:g}", higher_is_better=False, unit="target", tasks=VALUES, compute=compute)


def _averaged(name: str, average: str) -> Metric:
    full = of_labels.name_of_average(name, average)
    return Metric(
        full,
        higher_is_better=True,
        unit=f"{average} {'F1' if name == 'f1' else name}",
        tasks=CLASSES,
        compute=of_labels.AVERAGED_FUNCTIONS[full],
        takes="labels",
    )


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "accuracy",
            higher_is_better=True,
            unit="accuracy",
            tasks=CLASSES,
            compute=of_labels.accuracy,
            takes="labels",
        ),
        *(_averaged(name, "macro") for name in of_labels.AVERAGED),
        Metric("loss", higher_is_better=False, unit="loss", tasks=(*CLASSES, *VALUES)),
        Metric(
            "balanced_accuracy",
            higher_is_better=True,
            unit="balanced accuracy",
            tasks=CLASSES,
            # It is the mean recall of the classes; scikit-learn's function of this name warns of unknown labels.
            compute=of_labels.AVERAGED_FUNCTIONS["recall"],
            takes="labels",
        ),
        *(_averaged(name, average) for average in of_labels.AVERAGES[1:] for name in of_labels.AVERAGED),
        Metric(
            "matthews",
            higher_is_better=True,
            unit="correlation",
            tasks=CLASSES,
            compute=of_labels.matthews,
            takes="labels",
        ),
        Metric("kappa", higher_is_better=True, unit="kappa", tasks=CLASSES, compute=of_labels.kappa, takes="labels"),
        *(top(k) for k in (2, 3, 5)),
        Metric("roc_auc", higher_is_better=True, unit="AUC", tasks=CLASSES, compute=of_probabilities.roc_auc),
        Metric(
            "average_precision",
            higher_is_better=True,
            unit="average precision",
            tasks=CLASSES,
            compute=of_probabilities.average_precision,
        ),
        Metric("log_loss", higher_is_better=False, unit="nats", tasks=CLASSES, compute=of_probabilities.log_loss),
        Metric("brier", higher_is_better=False, unit="Brier score", tasks=CLASSES, compute=of_probabilities.brier),
        Metric(
            "ece",
            higher_is_better=False,
            unit="calibration error",
            tasks=CLASSES,
            compute=of_probabilities.expected_calibration_error,
        ),
        Metric("mse", higher_is_better=False, unit="target^2", tasks=VALUES, compute=of_values.mse),
        Metric("mae", higher_is_better=False, unit="target", tasks=VALUES, compute=of_values.mae),
        Metric("r2", higher_is_better=True, unit="R^2", tasks=VALUES, compute=of_values.r2),
        Metric("psnr", higher_is_better=True, unit="dB", tasks=IMAGES),
        Metric("ssim", higher_is_better=True, unit="SSIM", tasks=IMAGES),
        Metric("skill", higher_is_better=True, unit="skill", tasks=IMAGES),
        Metric("loss_skill", higher_is_better=True, unit="skill", tasks=IMAGES),
    )
}
"""The metrics that every arm's replicates record, by name. Those without `compute` need more than targets and
predictions: a loss, or the mean image of the training fold."""


def find_metric(name: str) -> Metric | None:
    """Return a metric of negres by its name, or None if there is none.

    >>> find_metric("pinball_0.9")
    Metric(name='pinball_0.9', higher_is_better=False, unit='target', tasks=('regression', 'reconstruction'))
    """
    if name in METRICS:
        return METRICS[name]
    if match := re.fullmatch(r"top_([1-9]\d{0,3})", name):
        return top(int(match[1])) if match[1] != "1" else None
    if match := re.fullmatch(r"pinball_(0\.\d{0,5}[1-9])", name):
        return pinball(float(match[1]))
    return None


def recorded_names(task: Task, *, classes: int = 0) -> list[str]:
    """Return the names of the metrics that every replicate of a task records, apart from those of a loss.

    Args:
        task: the task.
        classes: number of classes; a metric that would be 1 for any prediction is left out.
    """
    certain = {f"top_{k}" for k in range(max(classes, 2), 6)}
    return [
        name
        for name, metric in METRICS.items()
        if task in metric.tasks and name not in OF_A_LOSS and name not in certain
    ]
