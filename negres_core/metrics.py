"""Metrics of held-out predictions: names, direction, unit, and their computation by scikit-learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from negres_core.claim import Claim
from negres_core.errors import InputError


@dataclass(frozen=True)
class Metric:
    """What is known of a metric apart from its value.

    Attributes:
        name: the name a claim uses.
        higher_is_better: the direction; effects are signed so that positive means better.
        unit: the unit of its values and so of effects and margins.
        tasks: the tasks it is defined for.
    """

    name: str
    higher_is_better: bool
    unit: str
    tasks: tuple[Literal["classification", "regression"], ...]


METRICS = {
    metric.name: metric
    for metric in (
        Metric("accuracy", True, "accuracy", ("classification",)),
        Metric("precision", True, "macro precision", ("classification",)),
        Metric("recall", True, "macro recall", ("classification",)),
        Metric("f1", True, "macro F1", ("classification",)),
        Metric("loss", False, "loss", ("classification", "regression")),
        Metric("mse", False, "target^2", ("regression",)),
        Metric("mae", False, "target", ("regression",)),
        Metric("r2", True, "R^2", ("regression",)),
    )
}


def metric_of(claim: Claim, *, task: str) -> Metric:
    """Look up the metric a claim is about.

    Raises:
        InputError: there is no such metric for this task.
    """
    defined = [m.name for m in METRICS.values() if task in m.tasks]
    if claim.metric not in defined:
        raise InputError(
            f"There is no metric {claim.metric!r} for {task}.",
            received=str(claim),
            remedy=f"Use one of: {', '.join(defined)}.",
        )
    return METRICS[claim.metric]


def score_labels(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predicted class labels, both (rows,): accuracy, and macro precision, recall and F1 over the classes in y.

    A class that is never predicted has precision 0, as in the usual macro average.
    """
    from sklearn.metrics import accuracy_score, precision_recall_fscore_support

    precision, recall, f1, _ = precision_recall_fscore_support(
        y, predicted, labels=np.unique(y), average="macro", zero_division=0.0
    )
    scores = {"accuracy": accuracy_score(y, predicted), "precision": precision, "recall": recall, "f1": f1}
    return {name: float(value) for name, value in scores.items()}


def score_values(y: np.ndarray, predicted: np.ndarray) -> dict[str, float]:
    """Score predicted values, both (rows, ...): mean squared and absolute error, and R^2, averaged over columns."""
    from sklearn.metrics import mean_absolute_error, mean_squared_error, r2_score

    y, predicted = y.reshape(len(y), -1), predicted.reshape(len(y), -1)
    return {
        "mse": float(mean_squared_error(y, predicted)),
        "mae": float(mean_absolute_error(y, predicted)),
        "r2": float(r2_score(y, predicted)),
    }
