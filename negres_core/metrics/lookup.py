"""The metric that a claim means, for the arms and the task at hand, and what to do if there is none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from negres_core.claim import COSTS, THRESHOLD_NAMES, Claim, CostMetric, Metric
from negres_core.dataset import Task, describe_targets, is_multilabel, is_one_hot
from negres_core.errors import InputError
from negres_core.metrics.bounds import highest_of, is_share
from negres_core.metrics.registry import LABELS, METRICS, OF_A_LOSS, SEGMENTATION, VALUES, find_metric
from negres_core.provenance.fingerprint import digest_code

WATCHED_BESIDE_COMPUTED = ("loss", "psnr", "ssim", "skill")
"""Metrics that can be measured after each epoch although they are not computed of targets and outputs alone."""

OTHER_NAMES = {
    "acc": "accuracy",
    "sparse_categorical_accuracy": "accuracy",
    "binary_accuracy": "accuracy",
    "f1_score": "f1",
    "subset_accuracy": "exact_match",
    "hamming_loss": "hamming",
    "label_ranking_average_precision_score": "ranking_average_precision",
    "lrap": "ranking_average_precision",
    "mean_squared_error": "mse",
    "mean_absolute_error": "mae",
    "r2_score": "r2",
    "auc": "roc_auc",
    "auroc": "roc_auc",
    "roc_auc_score": "roc_auc",
    "pr_auc": "average_precision",
    "prc": "average_precision",
    "auprc": "average_precision",
    "average_precision_score": "average_precision",
    "balanced_accuracy_score": "balanced_accuracy",
    "mcc": "matthews",
    "cohen_kappa": "kappa",
    "cohen_kappa_score": "kappa",
    "sparse_top_k_categorical_accuracy": "top_5",
    "top_k_accuracy": "top_5",
    "brier_score": "brier",
    "brier_score_loss": "brier",
    "neg_brier_score": "brier",
    "neg_log_loss": "log_loss",
    "expected_calibration_error": "ece",
    "neg_mean_squared_error": "mse",
    "neg_mean_absolute_error": "mae",
    "dice": "f1",
    "dice_score": "f1",
    "iou_score": "iou",
    "jaccard": "iou",
    "jaccard_score": "iou",
    "mean_io_u": "iou",
    "mean_iou": "iou",
    "miou": "iou",
    "pixel_accuracy": "accuracy",
    "token_accuracy": "accuracy",
    "pinball": "pinball_0.9",
    "mean_pinball_loss": "pinball_0.9",
}
"""Names under which users know a metric from Keras or scikit-learn."""


def metric_of(
    claim: Claim,
    *,
    task: Task,
    own: Sequence[Sequence[Metric] | None] = (None,),
    targets: np.ndarray | None = None,
) -> Metric:
    """Look up the metric that a claim is about.

    Args:
        claim: the claim.
        task: the data set's task.
        own: per arm: None for a network, which has its task's metrics; or the custom metrics of its `Fit`, which may
            also return any metric of negres except a loss.
        targets: the data set's targets, from which an error can tell why the metric does not exist.

    Returns:
        The metric, with the digest of its function if that is the user's.

    Raises:
        InputError: an arm does not have the metric, the arms define it differently, the claim asks for more than a
            share can be, or what the metric's function does cannot be known.
    """
    if claim.own is not None and claim.own.compute is not None:
        return _own_metric(claim, claim.own, task)
    if (cost := _cost_of(claim, own)) is not None:
        return _cost_metric(claim, cost, task=task, own=own, targets=targets)
    definitions = [] if claim.own is None else [claim.own]
    for metrics in own:
        found = _known(claim.metric, task, metrics)
        if found is None:
            known = _names_of(task, metrics)
            raise InputError(
                f"There is no metric {claim.metric!r} for {'a fit' if metrics is not None else task}.",
                received=str(claim) + ("" if targets is None else f", on targets that are {describe_targets(targets)}"),
                remedy=_remedy_for_metric(claim.metric, known, task, targets if metrics is None else None),
            )
        definitions.append(found)
    if len(set(definitions)) > 1:
        raise InputError(
            f"The arms define the metric {claim.metric!r} differently.",
            received=", ".join(map(str, definitions)),
            remedy="Give both arms the same Metric.",
        )
    if definitions[0] == find_metric(claim.metric):
        check_threshold(claim)
    return definitions[0]


def _known(name: str, task: Task, own: Sequence[Metric] | None) -> Metric | None:
    """Return a metric that an arm has, or None if it does not have it."""
    found = find_metric(name)
    if own is None:
        return found if found is not None and task in found.tasks else None
    return next((each for each in own if each.name == name), None if name in OF_A_LOSS else found)


def _names_of(task: Task, own: Sequence[Metric] | None) -> list[str]:
    if own is None:
        return [metric.name for metric in METRICS.values() if task in metric.tasks]
    return list(dict.fromkeys([*(name for name in METRICS if name not in OF_A_LOSS), *(each.name for each in own)]))


def _own_metric(claim: Claim, metric: Metric, task: Task) -> Metric:
    """Return a metric with the user's function, with the digest of what that does."""
    if find_metric(metric.name) is not None:
        raise InputError(
            f"negres has a metric named {metric.name!r}, but the claim brings another one with this name.",
            received=str(claim),
            remedy=f'Give yours another name, or use that of negres by its name, "{metric.name}".',
        )
    if metric.tasks and task not in metric.tasks:
        raise InputError(
            f"The metric {metric.name!r} is not for {task}.",
            received=f"tasks={metric.tasks!r}",
            remedy=f'Add "{task}" to its tasks, or leave `tasks` out.',
        )
    try:
        return metric.with_code(digest_code([metric.compute, metric.takes]))
    except InputError as error:
        raise InputError(
            f"The metric {metric.name!r} cannot be recorded, since its function uses an object whose content cannot "
            "be read.",
            received=error.received,
            remedy="Create the object inside the function, or keep its content as numbers, strings, arrays or "
            "functions.",
        ) from error


def _cost_of(claim: Claim, own: Sequence[Sequence[Metric] | None]) -> CostMetric | None:
    """Return the cost that a claim is about; None if there is none, or if a fit has a metric of that name."""
    if isinstance(claim.own, CostMetric):
        return claim.own
    declared = {each.name for metrics in own for each in metrics or ()}
    return COSTS.get(claim.metric) if claim.own is None and claim.metric not in declared else None


def _cost_metric(
    claim: Claim,
    cost: CostMetric,
    *,
    task: Task,
    own: Sequence[Sequence[Metric] | None],
    targets: np.ndarray | None,
) -> CostMetric:
    """Return a cost, with the metric that is watched looked up."""
    if any(metrics is not None for metrics in own) and (cost.watched is not None or cost.counted_in != "seconds"):
        raise InputError(
            "The cost of a fit is known only in seconds, because it does not train in epochs.",
            received=str(claim),
            remedy='Make a claim about its seconds, such as beats("seconds"), or compare networks.',
        )
    if cost.watched is None or cost.target is None:
        return cost
    return replace(cost, watched=_measurable(Claim.about("reaches", cost.watched, cost.target), task, targets))


def monitored_metric(given: Metric | str, *, task: Task, targets: np.ndarray | None = None) -> Metric:
    """Return the metric that a stage monitors on validation rows.

    Args:
        given: its name, or a metric with a function.
        task: the data set's task.
        targets: the data set's targets, for an error.

    Raises:
        InputError: there is none for the task, or it is not one of predictions.
    """
    if isinstance(given, CostMetric) or not isinstance(given, str | Metric):
        raise InputError(
            "`monitor` of a stage has to be a metric of predictions.",
            received=f"monitor={given!r}",
            remedy='Give "loss", the name of a metric such as "accuracy", a Metric(..., compute=function), or a '
            "scorer.",
        )
    if isinstance(given, str) and given.startswith("val_"):
        usual = _usual_name(given)
        raise InputError(
            "`monitor` needs no prefix, because a stage always monitors its validation rows.",
            received=f"monitor={given!r}",
            remedy=f"Write monitor={usual!r}.",
        )
    claim = Claim.about("reaches", given, 0.0)
    try:
        return _measurable(claim, task, targets)
    except InputError as error:
        received = str(error.received).replace(str(claim), f"monitor={given!r}")
        raise InputError(error.wrong, received=received, remedy=error.remedy) from None


def _measurable(claim: Claim, task: Task, targets: np.ndarray | None) -> Metric:
    """Return the metric of a claim; raise InputError if it cannot be measured after each epoch."""
    metric = metric_of(claim, task=task, targets=targets)
    if isinstance(metric, CostMetric) or (metric.compute is None and metric.name not in WATCHED_BESIDE_COMPUTED):
        raise InputError(
            f"{metric.name} is not measured on validation rows.",
            received=claim.metric,
            remedy="Give another metric, such as the loss.",
        )
    return metric


def check_threshold(claim: Claim) -> None:
    """Raise InputError if a claim asks for more than a metric of negres can be."""
    name, highest = claim.metric, highest_of(claim.metric)
    percent = f"{THRESHOLD_NAMES[claim.kind]}={claim.threshold / 100:g}"
    if is_share(name) and claim.threshold > 1:
        raise InputError(
            f"{name} is a share, from 0 to 1, so no difference can be that large.",
            received=str(claim),
            remedy=f"Give percent as a share: {percent}.",
        )
    if claim.kind == "reaches" and highest is not None and claim.threshold > highest:
        raise InputError(
            f"{name} is {highest:g} for a perfect prediction, so no arm can exceed that.",
            received=str(claim),
            remedy=f"Give a lower bar; {percent} if this was in percent.",
        )


def _usual_name(name: str) -> str:
    """Return the name that negres has for a metric of Keras or scikit-learn; the name itself if it has none."""
    bare = name.lower().removeprefix("val_")
    return OTHER_NAMES.get(bare, bare)


def _remedy_for_metric(name: str, known: Iterable[str], task: Task, targets: np.ndarray | None) -> str:
    """Return what to do about a metric that does not exist for a task."""
    listed = f"Use one of: {', '.join(known)}."
    usual = _usual_name(name)
    if task == "multilabel" and usual == "accuracy":
        return (
            'Write "exact_match" for rows with all labels right, or "hamming" for the share of wrong ones. '
            f"If the columns are steps with a label each, give y=y[..., None]. {listed}"
        )
    if task == "segmentation" and usual == "balanced_accuracy":
        return f'Write "recall", the mean recall of the classes. {listed}'
    if usual in known or (usual in OTHER_NAMES.values() and _known(usual, task, None)):
        return f'Write "{usual}"{", of which less is better" if name.startswith("neg_") else ""}.'
    kind = METRICS[usual].tasks if usual in METRICS else ()
    if task == "multilabel" and kind == SEGMENTATION:
        return f"Columns of 0 and 1 are several labels a row; give a label at each step as y=y[..., None]. {listed}"
    if task not in LABELS and kind and kind != VALUES and set(kind) <= set(LABELS):
        return f"{_remedy_for_labels(targets)} For values: {listed}"
    if task in LABELS and kind == VALUES:
        return f"Integers are labels; give values as floats: y=y.astype(float). For labels: {listed}"
    return (
        f"{listed} To claim another, give the claim a function of targets and predictions, Metric(..., compute=...), "
        "or a scorer of scikit-learn; or compute it in a Fit, and declare it: Fit(compute, metrics=(Metric(...),))."
    )


def _remedy_for_labels(targets: np.ndarray | None) -> str:
    """Return how to ask about class labels where the targets are floats, which are values."""
    if targets is not None and is_multilabel(targets):
        return "Floats are values; give several labels a row as integers: y=y.astype(int)."
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
