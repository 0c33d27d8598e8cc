"""Scores of single rows: what each test row, or block of rows, contributes to a metric."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Literal

import numpy as np

from negres_core.claim import Metric
from negres_core.dataset import Task
from negres_core.dataset.segmentation import is_segmentation
from negres_core.errors import InputError
from negres_core.metrics.of_multilabel import briers, log_losses
from negres_core.metrics.of_segmentation import exact_matches, row_accuracies, row_f1s, row_ious
from negres_core.metrics.predicted import Predicted, score_metric
from negres_core.metrics.registry import find_metric
from negres_core.statistics.jackknife import MOST_COLUMNS, group_scores, pseudo_values

Unit = Literal["rows", "groups", "blocks of rows"]
"""What a column of a table of scores stands for."""


def has_row_scores(metric: Metric, *, task: Task | None = None) -> bool:
    """Return whether a metric is a mean over rows whose scores are known; of any task if `task` is None."""
    kinds = (False, True) if task is None else (task == "segmentation",)
    return any(_function_of(metric, has_positions=each) is not None for each in kinds)


def score_rows(metric: Metric, targets: np.ndarray, predicted: Predicted) -> np.ndarray | None:
    """Return the scores of rows whose mean is a metric, (rows,).

    Args:
        metric: a metric that has such scores, see `has_row_scores`.
        targets: the targets, (rows, ...).
        predicted: predictions of these rows.

    Returns:
        The scores; None if the predictions have not what the metric needs, such as probabilities.
    """
    function = _function_of(metric, has_positions=is_segmentation(targets))
    assert function is not None
    given = predicted.given_to(metric)
    return None if given is None else function(targets, given)


def score_table(
    metric: Metric, targets: np.ndarray, predicted: Sequence[Predicted], *, groups: np.ndarray | None = None
) -> tuple[np.ndarray, Unit]:
    """Return what each test row contributes to a metric under each seed, and what a column of the table stands for.

    The mean over columns is the metric. If the rows are in groups, a column is a group. A metric that is not a mean
    over rows, such as an area under a curve, has the jackknife's pseudo-values of at most `MOST_COLUMNS` rows, groups
    or blocks of them.

    Args:
        metric: a metric of negres or of the user's own.
        targets: targets of the test rows, (rows, ...).
        predicted: predictions of the test rows, one for each seed.
        groups: None, or the group of each row, (rows,).

    Returns:
        The table, (seeds, columns), and the unit of its columns.

    Raises:
        InputError: the metric cannot be computed of the predictions, or without some of the rows.
    """
    if _function_of(metric, has_positions=is_segmentation(targets)) is not None:
        scores = [score_rows(metric, targets, each) for each in predicted]
        if any(each is None for each in scores):
            raise _without_scores(metric)
        table = np.stack([each for each in scores if each is not None]).astype(np.float64)
        return (table, "rows") if groups is None else (group_scores(table, groups), "groups")
    given = [each.given_to(metric) for each in predicted]
    if any(score_metric(metric, targets, each) is None for each in predicted):
        raise _without_scores(metric)
    takes_labels = metric.takes == "labels" and predicted[0].labels is not None

    def compute(targets: np.ndarray, given: np.ndarray) -> float:
        value = score_metric(metric, targets, Predicted(None, given) if takes_labels else Predicted(given))
        return float("nan") if value is None else value

    outputs = np.stack([each for each in given if each is not None])
    units = len(targets) if groups is None else len(np.unique(groups))
    unit: Unit = "blocks of rows" if units > MOST_COLUMNS else "rows" if groups is None else "groups"
    return pseudo_values(compute, targets, outputs, groups=groups), unit


def _without_scores(metric: Metric) -> InputError:
    return InputError(
        f"The metric {metric.name!r} cannot be computed from what an arm predicts.",
        received="predictions without probabilities, or numbers in place of predictions",
        remedy="Return probabilities of the classes, or predictions of the test fold, instead of numbers.",
    )


def _function_of(metric: Metric, *, has_positions: bool) -> Callable[[np.ndarray, np.ndarray], np.ndarray] | None:
    """Return the function of targets and predictions that scores rows one by one, or None if there is none.

    If a row has a label for each step or pixel, few metrics are means over rows: rows weigh by what counts in them.
    """
    if find_metric(metric.name) != metric:
        return None
    if has_positions:
        return BY_POSITIONS.get(metric.name)
    name, _, parameter = metric.name.rpartition("_")
    if name == "top":
        return partial(_is_among, k=int(parameter))
    if name == "pinball":
        return partial(_pinball, quantile=float(parameter))
    return BY_ROW.get(metric.name)


def _is_right(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    right: np.ndarray = targets == labels
    return right


def _is_among(targets: np.ndarray, probabilities: np.ndarray, *, k: int) -> np.ndarray:
    if probabilities.shape[1] <= k:
        return np.ones(len(targets), dtype=bool)
    # As in scikit-learn: of equal probabilities, that of the larger class comes first.
    ranked = np.argsort(probabilities, axis=1, kind="mergesort")[:, ::-1][:, :k]
    among: np.ndarray = (ranked == targets[:, None]).any(axis=1)
    return among


def _match(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    match: np.ndarray = (targets == labels).all(axis=1)
    return match


def _share_wrong(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    share: np.ndarray = (targets != labels).mean(axis=1)
    return share


def _log_loss(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    if targets.ndim == 2:
        return log_losses(targets, probabilities)
    tiny = np.finfo(probabilities.dtype).eps
    clipped = np.clip(probabilities, tiny, 1 - tiny)
    losses: np.ndarray = -np.log(clipped[np.arange(len(targets)), targets])
    return losses


def _brier(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    if targets.ndim == 2:
        return briers(targets, probabilities)
    classes = probabilities.shape[1]
    squares: np.ndarray = ((probabilities - np.eye(classes)[targets]) ** 2).sum(axis=1)
    return squares / (2 if classes == 2 else 1)


def _squared(targets: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _of_columns((targets.astype(np.float64) - values) ** 2)


def _absolute(targets: np.ndarray, values: np.ndarray) -> np.ndarray:
    return _of_columns(np.abs(targets.astype(np.float64) - values))


def _pinball(targets: np.ndarray, values: np.ndarray, *, quantile: float) -> np.ndarray:
    errors = targets.astype(np.float64) - values
    return _of_columns(np.maximum(quantile * errors, (quantile - 1) * errors))


def _of_columns(errors: np.ndarray) -> np.ndarray:
    means: np.ndarray = errors.reshape(len(errors), -1).mean(axis=1)
    return means


BY_ROW: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "accuracy": _is_right,
    "exact_match": _match,
    "hamming": _share_wrong,
    "log_loss": _log_loss,
    "brier": _brier,
    "mse": _squared,
    "mae": _absolute,
}
"""Functions of targets and predictions that score rows one by one, by the metric that is their mean."""

BY_POSITIONS: dict[str, Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    "exact_match": exact_matches,
    "row_accuracy": row_accuracies,
    "row_f1": row_f1s,
    "row_iou": row_ious,
}
"""The same if a row has a label for each step or pixel."""
