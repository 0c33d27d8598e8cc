"""The best constant prediction: what an arm that ignores its inputs can score, and what a perfect one scores."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.claim import Metric
from negres_core.dataset.segmentation import is_segmentation
from negres_core.metrics.of_segmentation import class_shares
from negres_core.metrics.predicted import Predicted, score_metric
from negres_core.metrics.registry import find_metric

NOT_OF_LEARNING = ("ece",)
"""Metrics in which a constant is perfect, so that they do not show whether an arm has learned: a model that predicts
the class shares for every row is calibrated."""

MOST_CLASSES = 10
"""Most classes, the largest, that are tried as the constant of a user's metric."""

CHOSEN_ON_ROWS = 1024
"""Most rows of the training fold on which the constant of a user's metric is chosen."""

LEVELS = (0.01, 0.05, *(step / 10 for step in range(1, 10)), 0.95, 0.99)
"""Quantiles of the targets that are tried as the constant of a user's metric of values."""


def constant_score(metric: Metric, train: np.ndarray, test: np.ndarray, *, classes: int = 0) -> float | None:
    """Return the score of the best constant prediction of a training fold's targets, on a test fold.

    For class labels that is the class shares, and as labels the largest class. For values it is the mean of each
    column, or for an absolute error the median, or for a pinball loss the quantile. For several labels a row, for a
    label at each step or pixel, and for a metric of the user's own, it is that of several constants which is best on
    the training fold.

    Args:
        metric: a metric.
        train: targets of the training fold, labels or values.
        test: targets of the test fold.
        classes: number of classes of the data set; by default one more than the largest label here.

    Returns:
        The score; None if it depends on more than the targets, as that of a loss, or says nothing about learning.

    >>> from negres_core.metrics import METRICS
    >>> constant_score(METRICS["recall"], np.array([0, 0, 0, 1]), np.array([0, 0, 1]))
    0.5
    >>> constant_score(METRICS["mae"], np.array([1.0, 2.0, 9.0]), np.array([2.0, 3.0]))
    0.5
    """
    if metric.name in ("skill", "loss_skill") and find_metric(metric.name) == metric:
        return 0.0
    best = best_constant(metric, train, classes=max(classes, _classes_in(test)))
    return None if best is None else score_metric(metric, test, best.repeated(len(test)))


def best_constant(metric: Metric, train: np.ndarray, *, classes: int = 0) -> Predicted | None:
    """Return the best constant prediction of a training fold's targets, as that of one row; see `constant_score`."""
    is_known = find_metric(metric.name) == metric
    if metric.compute is None or (is_known and metric.name in NOT_OF_LEARNING):
        return None
    classes = max(classes, _classes_in(train))
    constants = _constants(metric, train, classes, is_known=is_known)
    best = next(constants)
    if not is_known or _has_several(train) or is_segmentation(train):
        best = _best(metric, train[spread_rows(len(train), most=CHOSEN_ON_ROWS)], [best, *constants])
    return best


def _classes_in(targets: np.ndarray) -> int:
    return 1 + int(targets.max()) if targets.dtype.kind == "i" and targets.ndim != 2 else 0


def _has_several(targets: np.ndarray) -> bool:
    """Return whether targets are several labels a row."""
    return targets.dtype.kind == "i" and targets.ndim == 2


def shows_learning(metric: Metric, targets: np.ndarray, *, classes: int = 0) -> bool:
    """Return whether a perfect prediction scores otherwise than the best constant, as far as targets alone tell."""
    if metric == find_metric(metric.name) or metric.compute is None:
        return metric.name not in NOT_OF_LEARNING
    constant = constant_score(metric, targets, targets, classes=classes)
    perfect = perfect_score(metric, targets, classes=classes)
    return constant is None or (constant != perfect and not _ignores_targets(metric, targets, classes))


def _ignores_targets(metric: Metric, targets: np.ndarray, classes: int) -> bool:
    """Return whether class labels in another order change no score, as if only predictions counted."""
    if targets.dtype.kind != "i" or targets.ndim != 1:
        return False
    predicted = certain(targets, max(classes, 1 + int(targets.max())))
    orders = (np.random.default_rng(seed).permutation(targets) for seed in range(3))
    perfect = score_metric(metric, targets, predicted)
    return all(score_metric(metric, each, predicted) == perfect for each in orders)


def perfect_score(metric: Metric, targets: np.ndarray, *, classes: int = 0) -> float | None:
    """Return the score of a perfect prediction; None if it depends on more than the targets."""
    if _has_several(targets):
        return score_metric(metric, targets, Predicted(targets.astype(np.float64), targets))
    if targets.dtype.kind != "i":
        return score_metric(metric, targets, Predicted(targets))
    classes = max(classes, 1 + int(targets.max()))
    return score_metric(metric, targets, certain(targets, classes))


def certain(targets: np.ndarray, classes: int) -> Predicted:
    """Return the prediction of class labels with certainty, of rows or of their steps or pixels."""
    return Predicted(np.eye(classes)[targets[..., 0] if is_segmentation(targets) else targets], targets)


def _constants(metric: Metric, train: np.ndarray, classes: int, *, is_known: bool) -> Iterator[Predicted]:
    """Yield constants, each as the prediction of one row; the first is that of a metric of negres.

    Several labels a row have no such first: the labels that most rows have are best in the Hamming loss, the most
    frequent combination of labels in the exact match, and more labels than either in F1. Nor have labels of steps or
    pixels.
    """
    if is_segmentation(train):
        yield from _position_constants(train, classes)
        return
    if _has_several(train):
        yield from _label_constants(train)
        return
    if train.dtype.kind == "i":
        shares = np.bincount(train, minlength=classes) / len(train)
        yield Predicted(shares[None], np.array([shares.argmax()]))
        for label in np.argsort(-shares, kind="stable")[:MOST_CLASSES]:
            yield Predicted(np.eye(classes)[None, label], np.array([label]))
        return
    columns = train.reshape(len(train), -1)
    shape = (1, *train.shape[1:])
    level = 0.5 if metric.name == "mae" else float(metric.name.partition("pinball_")[2] or "nan")
    if is_known and np.isfinite(level):
        yield Predicted(np.quantile(columns, level, axis=0).reshape(shape))
        return
    yield Predicted(columns.mean(axis=0, dtype=np.float64).reshape(shape))
    for each in LEVELS:
        yield Predicted(np.quantile(columns, each, axis=0).reshape(shape))


def _position_constants(train: np.ndarray, classes: int) -> Iterator[Predicted]:
    """Yield the class of each step or pixel that is most frequent there, with its shares; then others for averages.

    These are the class that is most frequent there relative to its share everywhere, and single classes everywhere.
    """
    shares = class_shares(train, classes)
    yield Predicted(shares, shares.argmax(axis=-1)[..., None])
    everywhere = shares.reshape(-1, classes).mean(axis=0)
    yield certain((shares / np.where(everywhere > 0, everywhere, 1)).argmax(axis=-1)[..., None], classes)
    for label in np.argsort(-everywhere, kind="stable")[:MOST_CLASSES]:
        yield certain(np.full((1, *train.shape[1:]), label), classes)


def _label_constants(train: np.ndarray) -> Iterator[Predicted]:
    shares = train.mean(axis=0)
    yield Predicted(shares[None], (shares[None] > 0.5).astype(np.int64))
    ranked = np.argsort(-shares, kind="stable")
    combinations, counts = np.unique(train, axis=0, return_counts=True)
    chosen = [combinations[counts.argmax()]]
    # The best constant for F1 is some of the most frequent labels.
    for count in np.unique(np.linspace(0, len(shares), min(len(shares), MOST_CLASSES) + 1).round().astype(int)):
        chosen.append(np.isin(np.arange(len(shares)), ranked[:count]))
    for each in chosen:
        yield Predicted(each[None].astype(np.float64), each[None].astype(np.int64))


def _best(metric: Metric, targets: np.ndarray, constants: list[Predicted]) -> Predicted:
    """Return the constant that scores best on targets; one that has no finite score counts as the worst."""
    sign = 1 if metric.higher_is_better else -1
    scores = [score_metric(metric, targets, each.repeated(len(targets))) for each in constants]
    signed = [sign * score if score is not None and np.isfinite(score) else -np.inf for score in scores]
    return constants[int(np.argmax(signed))]
