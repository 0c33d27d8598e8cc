"""Metrics of predicted values, both (rows, ...), averaged over columns; scikit-learn computes them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np


def mse(targets: np.ndarray, values: np.ndarray) -> float:
    """Return the mean squared error."""
    from sklearn.metrics import mean_squared_error

    return _of_columns(mean_squared_error, targets, values)


def mae(targets: np.ndarray, values: np.ndarray) -> float:
    """Return the mean absolute error."""
    from sklearn.metrics import mean_absolute_error

    return _of_columns(mean_absolute_error, targets, values)


def r2(targets: np.ndarray, values: np.ndarray) -> float:
    """Return the coefficient of determination; of a column without variance, 1 if it is exact and 0 otherwise."""
    from sklearn.metrics import r2_score

    return _of_columns(r2_score, targets, values)


def pinball(targets: np.ndarray, values: np.ndarray, *, quantile: float) -> float:
    """Return the pinball loss, which the quantile of the targets minimizes; half the absolute error at 0.5."""
    from sklearn.metrics import mean_pinball_loss

    return _of_columns(mean_pinball_loss, targets, values, alpha=quantile)


def _of_columns(score: Callable[..., float], targets: np.ndarray, values: np.ndarray, **options: float) -> float:
    return float(score(targets.reshape(len(targets), -1), values.reshape(len(targets), -1), **options))
