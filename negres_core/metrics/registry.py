"""The metrics that negres computes itself, by name; those with a parameter have it in their name, as in "top_3"."""

from __future__ import annotations

import functools
import re
from typing import Any

from negres_core.claim import Metric
from negres_core.claim.metric import Compute
from negres_core.dataset import Task
from negres_core.metrics import of_labels, of_multilabel, of_probabilities, of_segmentation, of_values

CLASSES: tuple[Task, ...] = ("classification",)
MULTILABEL: tuple[Task, ...] = ("multilabel",)
SEGMENTATION: tuple[Task, ...] = ("segmentation",)
LABELS: tuple[Task, ...] = (*CLASSES, *MULTILABEL, *SEGMENTATION)
VALUES: tuple[Task, ...] = ("regression", "reconstruction")
IMAGES: tuple[Task, ...] = ("reconstruction",)
"""The tasks with one class label a row, with several labels a row, with a label for each step or pixel of a row, with
any of these, with values, and with images; images are values too."""

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


@functools.cache
def of_class(name: str, label: int) -> Metric:
    """Return the metric "f1_class_K" or "iou_class_K": that of one class of steps or pixels."""
    return Metric(
        f"{name}_class_{label}",
        higher_is_better=True,
        unit=f"{'F1' if name == 'f1' else 'IoU'} of class {label}",
        tasks=SEGMENTATION,
        compute=of_segmentation.of_class(name, label),
        takes="labels",
    )


def _by_task(
    *, classes: Compute | None = None, several: Compute | None = None, positions: Compute | None = None
) -> dict[str, Any]:
    """Return the tasks of a metric of labels, and a function that tells these by the shape of the targets."""
    functions = (classes, several, positions)
    tasks = [task for task, function in zip(LABELS, functions, strict=True) if function is not None]
    given = [function for function in functions if function is not None]
    return {"tasks": tuple(tasks), "compute": given[0] if len(given) == 1 else functools.partial(_choose, functions)}


def _choose(functions: tuple[Compute | None, ...], targets: Any, predicted: Any) -> Any:
    function = functions[min(targets.ndim, 3) - 1]
    assert function is not None
    return function(targets, predicted)


def _averaged(name: str, average: str) -> Metric:
    full = of_labels.name_of_average(name, average)
    return Metric(
        full,
        higher_is_better=True,
        unit=f"{average} {'F1' if name == 'f1' else name}",
        **_by_task(
            classes=of_labels.AVERAGED_FUNCTIONS[full],
            # Predicting every label gives a recall of 1, and predicting only one that is certain a precision of 1.
            several=of_multilabel.F1[average] if name == "f1" else None,
            positions=getattr(of_segmentation, name) if average == "macro" else None,
        ),
        takes="labels",
    )


METRICS = {
    metric.name: metric
    for metric in (
        Metric(
            "accuracy",
            higher_is_better=True,
            unit="accuracy",
            **_by_task(classes=of_labels.accuracy, positions=of_segmentation.accuracy),
            takes="labels",
        ),
        *(_averaged(name, "macro") for name in of_labels.AVERAGED),
        Metric("loss", higher_is_better=False, unit="loss", tasks=(*LABELS, *VALUES)),
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
            **_by_task(classes=of_labels.matthews, positions=of_segmentation.matthews),
            takes="labels",
        ),
        Metric(
            "kappa",
            higher_is_better=True,
            unit="kappa",
            **_by_task(classes=of_labels.kappa, positions=of_segmentation.kappa),
            takes="labels",
        ),
        *(top(k) for k in (2, 3, 5)),
        Metric(
            "roc_auc",
            higher_is_better=True,
            unit="AUC",
            **_by_task(classes=of_probabilities.roc_auc, several=of_multilabel.roc_auc),
        ),
        Metric(
            "average_precision",
            higher_is_better=True,
            unit="average precision",
            **_by_task(classes=of_probabilities.average_precision, several=of_multilabel.average_precision),
        ),
        Metric(
            "log_loss",
            higher_is_better=False,
            unit="nats",
            **_by_task(
                classes=of_probabilities.log_loss,
                several=of_multilabel.log_loss,
                positions=of_segmentation.pool(of_probabilities.log_loss),
            ),
        ),
        Metric(
            "brier",
            higher_is_better=False,
            unit="Brier score",
            **_by_task(
                classes=of_probabilities.brier,
                several=of_multilabel.brier,
                positions=of_segmentation.pool(of_probabilities.brier),
            ),
        ),
        Metric(
            "ece",
            higher_is_better=False,
            unit="calibration error",
            tasks=CLASSES,
            compute=of_probabilities.expected_calibration_error,
        ),
        Metric(
            "exact_match",
            higher_is_better=True,
            unit="exact match",
            **_by_task(
                several=of_multilabel.exact_match,
                positions=of_segmentation.over_rows(of_segmentation.exact_matches),
            ),
            takes="labels",
        ),
        Metric(
            "hamming",
            higher_is_better=False,
            unit="Hamming loss",
            tasks=MULTILABEL,
            compute=of_multilabel.hamming,
            takes="labels",
        ),
        Metric(
            "ranking_average_precision",
            higher_is_better=True,
            unit="ranking average precision",
            tasks=MULTILABEL,
            compute=of_multilabel.ranking_average_precision,
        ),
        Metric(
            "iou",
            higher_is_better=True,
            unit="mean IoU",
            tasks=SEGMENTATION,
            compute=of_segmentation.iou,
            takes="labels",
        ),
        *(
            Metric(
                f"row_{name}",
                higher_is_better=True,
                unit=f"{unit} of a row",
                tasks=SEGMENTATION,
                compute=of_segmentation.over_rows(scores),
                takes="labels",
            )
            for name, unit, scores in (
                ("accuracy", "accuracy", of_segmentation.row_accuracies),
                ("f1", "F1", of_segmentation.row_f1s),
                ("iou", "IoU", of_segmentation.row_ious),
            )
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


def task_metric(task: Task) -> Metric:
    """Return the metric in which a task is measured whatever a claim is about, and that every arm's predictions have.

    >>> task_metric("multilabel").name
    'hamming'
    """
    names: dict[Task, str] = {"classification": "accuracy", "multilabel": "hamming", "segmentation": "accuracy"}
    return METRICS[names.get(task, "mse")]


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
    if match := re.fullmatch(r"(f1|iou)_class_(0|[1-9]\d{0,3})", name):
        return of_class(match[1], int(match[2]))
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
