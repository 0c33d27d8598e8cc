"""Metrics of predicted probabilities, (rows, classes); scikit-learn computes those that it has.

A metric of one class against the others is averaged over the classes of the test fold (macro). With two classes it is
that of the second, class 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BINS = 15
"""Bins of the expected calibration error, of equal width, as in Guo et al. (2017)."""


def roc_auc(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the area under the receiver operating characteristic, one class against the others.

    NaN if the rows are of one class.
    """
    from sklearn.metrics import roc_auc_score

    return _one_against_others(roc_auc_score, targets, probabilities)


def average_precision(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the average precision, one class against the others; NaN if the rows are of one class."""
    from sklearn.metrics import average_precision_score

    return _one_against_others(average_precision_score, targets, probabilities)


def _one_against_others(score: Callable[..., float], targets: np.ndarray, probabilities: np.ndarray) -> float:
    classes = np.unique(targets)
    if len(classes) < 2:
        return float("nan")
    if probabilities.shape[1] == 2:
        return float(score(targets, probabilities[:, 1]))
    return float(score(targets[:, None] == classes, probabilities[:, classes], average="macro"))


def top_k(targets: np.ndarray, probabilities: np.ndarray, *, k: int) -> float:
    """Return the share of rows whose class is among the k most probable; 1 if there are no more than k classes."""
    from sklearn.metrics import top_k_accuracy_score

    classes = probabilities.shape[1]
    if classes <= k:
        return 1.0
    return float(top_k_accuracy_score(targets, probabilities, k=k, labels=np.arange(classes)))


def log_loss(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the mean negative logarithm of the probability of the right class, nats."""
    from sklearn.metrics import log_loss as score

    return float(score(targets, probabilities, labels=np.arange(probabilities.shape[1])))


def brier(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the Brier score: the squared error of the probabilities, summed over classes; of two classes, of one.

    So it is from 0 to 1 for two classes and from 0 to 2 for more, as in scikit-learn, whose older versions have it for
    two classes only.
    """
    classes = probabilities.shape[1]
    squares = ((probabilities - np.eye(classes)[targets]) ** 2).sum(axis=1)
    return float(squares.mean() / (2 if classes == 2 else 1))


def expected_calibration_error(targets: np.ndarray, probabilities: np.ndarray) -> float:
    """Return the expected calibration error (Guo et al. 2017): |accuracy - confidence|, averaged over bins of rows.

    The confidence is the probability of the predicted class. Of the `BINS` bins of equal width, each has its upper end.
    """
    right, bins, confidence = _calibration(targets, probabilities)
    gaps = np.bincount(bins, weights=right - confidence, minlength=BINS)
    return float(np.abs(gaps).sum() / len(targets))


def calibration_tolerance(targets: np.ndarray, probabilities: np.ndarray, *, rounding: float) -> float:
    """Return how far rounding of the probabilities may move the expected calibration error.

    Each confidence moves by no more than the rounding. A row near the edge of a bin, or near a tie of two classes,
    may take its whole share of the error elsewhere.
    """
    _, _, confidence = _calibration(targets, probabilities)
    near_edge = np.abs(confidence * BINS - np.round(confidence * BINS)) <= rounding * BINS
    first, second = np.sort(probabilities, axis=1)[:, [-1, -2]].T
    return rounding + 2 * float(np.mean(near_edge | (first - second <= 2 * rounding)))


def _calibration(targets: np.ndarray, probabilities: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, for each row, whether its predicted class is right, the bin of its confidence, and its confidence."""
    confidence = probabilities.max(axis=1)
    bins = np.clip(np.ceil(confidence * BINS).astype(int) - 1, 0, BINS - 1)
    return (probabilities.argmax(axis=1) == targets).astype(float), bins, confidence
