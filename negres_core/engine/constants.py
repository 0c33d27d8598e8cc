"""The best constant prediction under a stage's own loss: what an arm that ignores its inputs can reach."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from keras import ops

from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.metrics.of_segmentation import class_shares

MIN_PROBABILITY = 1e-7
"""Probability that a constant gives to a class that is missing from the training fold."""

CHOSEN_ON_ROWS = 1024
"""Most rows of the training fold, the first, on which the constant is chosen."""

LEVELS = (0.01, 0.02, 0.05, *(step / 10 for step in range(1, 10)), 0.95, 0.98, 0.99)
"""Quantiles of the targets that are tried: the best constant of an absolute error is the median, of other losses
another quantile."""


def shares_or_means(data: Dataset, cell: Cell, shape: tuple[int, ...], *, logits: bool) -> np.ndarray:
    """Return one row of outputs: the shares of classes or labels, or the column means, of the training fold."""
    y = data.y[cell.train]
    if data.task == "segmentation":
        shares = class_shares(y, max(2, shape[-1]))[0]
        return _outputs(shares[..., 1:] if shape[-1] == 1 else shares, data, logits=logits)
    if data.task != "classification":
        return _outputs(y.mean(axis=0, dtype=np.float64).reshape(shape), data, logits=logits)
    if shape == (1,):
        return _outputs(np.array([np.mean(y == 1)]), data, logits=logits)
    return _outputs(np.bincount(y, minlength=shape[0]) / len(y), data, logits=logits)


def best_constant_loss(loss: Any, data: Dataset, cell: Cell, shape: tuple[int, ...], *, logits: bool) -> float:
    """Return the loss on a test fold of the constant that has the least loss on the training fold.

    Args:
        loss: the Keras loss object of a stage.
        data: the data set.
        cell: the cell.
        shape: shape of one row of the model's outputs.
        logits: whether the loss takes logits.
    """
    candidates = list(_candidates(data, cell, shape, logits=logits))
    train, test = cell.train[:CHOSEN_ON_ROWS], cell.test
    losses = [_loss(loss, data, train, candidate) for candidate in candidates] if len(candidates) > 1 else [0.0]
    return _loss(loss, data, test, candidates[int(np.argmin(np.nan_to_num(losses, nan=np.inf)))])


def _candidates(data: Dataset, cell: Cell, shape: tuple[int, ...], *, logits: bool) -> Iterator[np.ndarray]:
    """Yield the shares or means; then the even shares, for a loss that weights classes, or quantiles of the columns."""
    yield shares_or_means(data, cell, shape, logits=logits)
    if data.task == "multilabel":
        yield _outputs(np.full(shape, 0.5), data, logits=logits)
    elif data.classes:
        yield _outputs(np.full(shape, 1 / max(2, shape[-1])), data, logits=logits)
    elif data.task == "regression":
        y = data.y[cell.train]
        for level in LEVELS:
            yield _outputs(np.quantile(y, level, axis=0).reshape(shape), data, logits=logits)


def _outputs(constant: np.ndarray, data: Dataset, *, logits: bool) -> np.ndarray:
    """Return outputs that mean a constant: probabilities within their bounds, and logits if the loss takes them."""
    if data.has_labels or logits:
        constant = np.clip(constant, MIN_PROBABILITY, 1 - MIN_PROBABILITY)
    if logits:
        one_of_many = bool(data.classes) and constant.shape[-1] != 1
        constant = np.log(constant) - (0 if one_of_many else np.log1p(-constant))
    return constant.astype(np.float32)


def _loss(loss: Any, data: Dataset, rows: np.ndarray, constant: np.ndarray) -> float:
    total = 0.0
    for begin in range(0, len(rows), CHOSEN_ON_ROWS):
        some = rows[begin : begin + CHOSEN_ON_ROWS]
        outputs = ops.convert_to_tensor(np.broadcast_to(constant, (len(some), *constant.shape)))
        total += float(ops.mean(loss(data.y[some], outputs))) * data.count_targets(some)
    return total / data.count_targets(rows)
