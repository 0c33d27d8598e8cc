"""The scalers of the scaling family, one of which leaks: it knows the test fold."""

from __future__ import annotations

import functools

import numpy as np


def standard():
    """Return a scaler to a mean of 0 and a standard deviation of 1, fitted on each training fold."""
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def min_max_of_all(data):
    """Return a `preprocess` that scales by the smallest and the largest value of each feature in all rows.

    It is built as in code that scales its data before it splits them: the ranges are constants, and nothing is left to
    be fitted on a training fold.
    """
    return functools.partial(_by_ranges, low=data.x.min(axis=0), high=data.x.max(axis=0))


def _by_ranges(*, low, high):
    from sklearn.preprocessing import FunctionTransformer

    return FunctionTransformer(rescale, kw_args={"low": low, "high": high})


def rescale(x, *, low, high):
    """Return rows, (rows, features), with `low` at 0 and `high` at 1; a constant feature becomes 0."""
    return (x - low) / np.where(high > low, high - low, 1)
