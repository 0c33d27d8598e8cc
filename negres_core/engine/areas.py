"""Areas under the curves of ranked rows, one class against the others: ROC AUC and average precision.

scikit-learn's functions sort the rows once for each of the two, and look at all targets anew several times. Here one
sort of each class serves both, and the values are the same to the last bit. Every trained replicate is scored so; what
checks its scores computes the areas by scikit-learn.
"""

from __future__ import annotations

import numpy as np


def areas(targets: np.ndarray, scores: np.ndarray) -> dict[str, float]:
    """Return `roc_auc` and `average_precision`, each the mean over classes (macro); of two classes, that of class 1.

    Args:
        targets: labels, (rows,).
        scores: probabilities or other scores of each class, (rows, classes). Only their order counts.

    Returns:
        Both by name; NaN if the rows are of one class.

    Raises:
        ValueError: scores are not finite.
    """
    from sklearn.utils import assert_all_finite

    classes = np.unique(targets)
    if len(classes) < 2:
        return {"roc_auc": float("nan"), "average_precision": float("nan")}
    assert_all_finite(scores)
    counted = [
        _counts(targets == label, scores[:, label]) for label in ([1] if scores.shape[1] == 2 else classes.tolist())
    ]
    return {
        "roc_auc": float(np.mean([_area_under_roc(*each) for each in counted])),
        "average_precision": float(np.mean([_average_precision(*each) for each in counted])),
    }


def _counts(is_positive: np.ndarray, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return how many positive and negative rows have at least a score, for each score from the highest."""
    order = np.argsort(scores)[::-1]  # rows of equal scores are counted together, in whatever order they come
    ordered = scores[order]
    last = np.flatnonzero(np.append(ordered[1:] != ordered[:-1], True))
    positive = np.cumsum(is_positive[order])[last].astype(np.float64)
    return positive, 1 + last - positive


def _area_under_roc(positive: np.ndarray, negative: np.ndarray) -> float:
    if len(positive) > 2:
        # Points on a straight line add nothing but rounding, which is that of scikit-learn without them.
        turns = (np.diff(positive, 2) != 0) | (np.diff(negative, 2) != 0)
        kept = np.concatenate([[True], turns, [True]])
        positive, negative = positive[kept], negative[kept]
    recall, fallout = (np.append(0.0, counts) / counts[-1] for counts in (positive, negative))
    return float(np.trapezoid(recall, fallout))


def _average_precision(positive: np.ndarray, negative: np.ndarray) -> float:
    # From the lowest score to the highest: another order of the sum would be rounded otherwise.
    precision = (positive / (positive + negative))[::-1]
    recall = np.append((positive / positive[-1])[::-1], 0.0)
    return max(0.0, float(-np.sum(np.diff(recall) * precision)))
