"""Metrics of several labels a row: targets and predictions are (rows, labels), and targets are 0 and 1.

scikit-learn computes them. Averages over labels leave out the labels for which a metric is not defined in a test fold:
F1 and average precision those that no row has, and the area under the ROC curve also those that all rows have.
"""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np

F1_AVERAGES = ("macro", "weighted", "micro")


def exact_match(targets: np.ndarray, labels: np.ndarray) -> float:
    """Return the share of rows whose labels are all right, which is also called subset accuracy."""
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(targets, labels))


def hamming(targets: np.ndarray, labels: np.ndarray) -> float:
    """Return the Hamming loss: the share of labels, over all rows, that are wrong."""
    from sklearn.metrics import hamming_loss

    return float(hamming_loss(targets, labels))


def f1(targets: np.ndarray, labels: np.ndarray, *, average: str) -> float:
    """Return the F1 of each label, averaged: evenly, weighted by the rows that have it, or from the pooled counts.

    The F1 of a label that is never predicted is 0. NaN if no row has a label.
    """
    from sklearn.metrics import f1_score

    if not len(present := np.flatnonzero(targets.any(axis=0))):
        return float("nan")
    if average == "micro":
        return float(f1_score(targets, labels, average=average, zero_division=0.0))
    each = f1_score(targets, labels, average=None, zero_division=0.0)[present]
    return float(np.average(each, weights=targets[:, present].sum(axis=0) if average == "weighted" else None))


def roc_auc(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the area under the ROC curve of each label, averaged; NaN if no label is on some rows only."""
    from sklearn.metrics import roc_auc_score

    varied = targets.any(axis=0) & ~targets.all(axis=0)
    return _mean_of_labels(roc_auc_score, targets, probabilities, np.flatnonzero(varied))


def average_precision(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the average precision of each label, averaged; NaN if no row has a label."""
    from sklearn.metrics import average_precision_score

    return _mean_of_labels(average_precision_score, targets, probabilities, np.flatnonzero(targets.any(axis=0)))


def ranking_average_precision(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the label ranking average precision: for each label of a row, the share of right ones ranked so high.

    A row with no label, or with all of them, counts as 1, as in scikit-learn.
    """
    from sklearn.metrics import label_ranking_average_precision_score

    return float(label_ranking_average_precision_score(targets, probabilities))


def log_loss(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the binary cross-entropy, averaged over labels and rows, nats."""
    return float(log_losses(targets, probabilities).mean())


def log_losses(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the binary cross-entropy of each row, averaged over its labels, (rows,), nats."""
    right = np.where(targets == 1, probabilities, 1 - probabilities)
    # As scikit-learn clips the probabilities of classes.
    losses: np.ndarray = -np.log(np.maximum(right, np.finfo(probabilities.dtype).eps)).mean(axis=1)
    return losses


def brier(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the squared error of the probabilities, averaged over labels and rows, from 0 to 1."""
    return float(briers(targets, probabilities).mean())


def briers(targets: np.ndarray, probabilities: np.ndarray) -> np.ndarray:
    """Return the squared error of the probabilities of each row, averaged over its labels, (rows,)."""
    squares: np.ndarray = ((targets - probabilities) ** 2).mean(axis=1)
    return squares


def _mean_of_labels(
    score: Callable[..., float], targets: np.ndarray, probabilities: np.ndarray, labels: np.ndarray
) -> float:
    if not len(labels):
        return float("nan")
    return float(np.mean([score(targets[:, label], probabilities[:, label]) for label in labels]))


F1 = {average: functools.partial(f1, average=average) for average in F1_AVERAGES}
"""The function of each average of F1."""
