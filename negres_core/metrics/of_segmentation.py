"""Metrics of a label for each position of a row, a step or a pixel: targets are (rows, ..., 1), -1 where none counts.

The positions of all rows of a test fold are pooled, so that a long row weighs more than a short one; scikit-learn
computes these metrics. Those named `row_` are computed in each row and averaged over rows. Predicted labels are (rows,
..., 1), and probabilities (rows, ..., classes).
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from negres_core.dataset.segmentation import counted
from negres_core.metrics.of_labels import AVERAGED, Pairs, averages_of, kappa_of, matthews_of

OfPairs = Callable[[Pairs], float]
"""A metric of the different pairs of a label and a predicted label, and of how often each occurs."""


def pool(compute: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    """Return a metric of classes, (rows,), as one of the pooled positions."""
    return functools.partial(_pooled, compute)


def _pooled(compute: Callable[[Any, Any], Any], targets: np.ndarray, predicted: np.ndarray) -> Any:
    counts = counted(targets)[..., 0]
    return compute(targets[counts][:, 0], predicted[counts])


def confusion(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return how often each class, (classes,), is predicted as each class, (classes, classes)."""
    counts = counted(targets)
    true, predicted = targets[counts].astype(np.int64), labels[counts].astype(np.int64)
    classes = 1 + int(max(true.max(), predicted.max()))
    matrix: np.ndarray = np.bincount(true * classes + predicted, minlength=classes**2).reshape(classes, classes)
    return matrix


def _of_pairs(score: OfPairs, targets: np.ndarray, labels: np.ndarray) -> float:
    # There are few different pairs of labels and very many positions.
    counts = confusion(targets, labels)
    true, predicted = np.nonzero(counts)
    return score(Pairs(true, predicted, counts[true, predicted]))


def _accuracy(pairs: Pairs) -> float:
    from sklearn.metrics import accuracy_score

    return float(accuracy_score(pairs.targets, pairs.labels, sample_weight=pairs.counts))


def _average(name: str, pairs: Pairs) -> float:
    return averages_of(pairs)[name]


def _iou(pairs: Pairs) -> float:
    from sklearn.metrics import jaccard_score

    true, predicted, counts = pairs
    return float(jaccard_score(true, predicted, labels=np.unique(true), average="macro", sample_weight=counts))


def _of_class(label: int, name: str, pairs: Pairs) -> float:
    true, predicted, counts = pairs
    in_either = counts[(true == label) | (predicted == label)].sum()
    both = counts[(true == label) & (predicted == label)].sum()
    if not in_either:
        return float("nan")
    return float(both / in_either if name == "iou" else 2 * both / (in_either + both))


accuracy = functools.partial(_of_pairs, _accuracy)
"""The share of positions with the right label: pixel accuracy, or token accuracy."""
precision, recall, f1 = (functools.partial(_of_pairs, functools.partial(_average, name)) for name in AVERAGED)
"""Averages over the classes of the test fold; the F1 of a class is its Dice coefficient. A class that is never
predicted has precision 0."""
iou = functools.partial(_of_pairs, _iou)
"""The mean intersection over union, also called the Jaccard index, of the classes of the test fold."""
matthews = functools.partial(_of_pairs, matthews_of)
"""Matthews' correlation coefficient."""
kappa = functools.partial(_of_pairs, kappa_of)
"""Cohen's kappa; NaN if labels and predicted labels are one class."""


def of_class(name: str, label: int) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the function of the "f1" (Dice) or the "iou" of one class; NaN if no position has it or is given it."""
    return functools.partial(_of_pairs, functools.partial(_of_class, label, name))


def row_accuracies(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the share of positions of each row that are right, (rows,)."""
    counts, right = counted(targets), targets == labels
    shares: np.ndarray = _sums(right & counts) / _sums(counts)
    return shares


def exact_matches(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return whether every position of each row that counts is right, (rows,)."""
    wrong: np.ndarray = (targets != labels) & counted(targets)
    return np.asarray(~wrong.reshape(len(wrong), -1).any(axis=1))


def row_f1s(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the F1, the Dice coefficient, of the classes of each row, averaged, (rows,)."""
    return _of_row_classes(targets, labels, lambda both, either: 2 * both / (either + both))


def row_ious(targets: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Return the intersection over union of the classes of each row, averaged, (rows,)."""
    return _of_row_classes(targets, labels, lambda both, either: both / either)


def _of_row_classes(
    targets: np.ndarray, labels: np.ndarray, score: Callable[[np.ndarray, np.ndarray], np.ndarray]
) -> np.ndarray:
    total, present, counts = np.zeros(len(targets)), np.zeros(len(targets)), counted(targets)
    for label in range(1 + int(targets.max())):
        true, predicted = targets == label, (labels == label) & counts
        has_it = _sums(true) > 0
        both, either = _sums(true & predicted), _sums(true | predicted)
        total += np.where(has_it, score(both, np.maximum(either, 1)), 0)
        present += has_it
    averages: np.ndarray = total / present
    return averages


def _sums(positions: np.ndarray) -> np.ndarray:
    sums: np.ndarray = positions.reshape(len(positions), -1).sum(axis=1).astype(np.float64)
    return sums


def over_rows(scores: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Callable[[np.ndarray, np.ndarray], float]:
    """Return the mean over rows of scores of rows."""
    return functools.partial(_mean, scores)


def _mean(scores: Callable[[np.ndarray, np.ndarray], np.ndarray], targets: np.ndarray, labels: np.ndarray) -> float:
    return float(scores(targets, labels).mean())


def class_shares(targets: np.ndarray, classes: int) -> np.ndarray:
    """Return the shares of the classes at each position over rows, (1, ..., classes).

    The shares at all positions together count as one more row, so that no class has a share of 0 that other rows have.
    """
    found = np.stack([(targets[..., 0] == label).sum(axis=0) for label in range(classes)], axis=-1).astype(np.float64)
    overall = found.reshape(-1, classes).sum(axis=0)
    found += overall / overall.sum()
    shares: np.ndarray = found / found.sum(axis=-1, keepdims=True)
    return shares[None]
