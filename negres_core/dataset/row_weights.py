"""Weights of rows in training: one number a row, 0 or more."""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.dataset.exact import as_float32
from negres_core.dataset.given import as_array, check_numeric
from negres_core.errors import InputError


def check_row_weights(given: Any, *, of: str, rows: int) -> np.ndarray | None:
    """Return the weights of the rows of a data set, (rows,), float32; None if there are none.

    Args:
        given: the weights as the user gave them.
        of: the name of the data set.
        rows: number of rows.

    Raises:
        InputError: they are not one number of 0 or more for each row, or all of them are 0.
    """
    if given is None:
        return None
    weights = as_array(given, "sample_weight", of=of)
    if weights.ndim == 2 and weights.shape[1] == 1:
        weights = weights[:, 0]
    if weights.shape != (rows,):
        raise InputError(
            f"`sample_weight` of data set {of!r} needs one weight for each row.",
            received=f"weights of shape {weights.shape} for {rows} rows",
            remedy="Give a one-dimensional array as long as x. Weights of classes belong to a stage: "
            "Stage(build, class_weight={0: 1.0, 1: 9.0}).",
        )
    check_numeric(weights, "sample_weight", of=of, columns=None)
    held = as_float32(weights, "sample_weight", of=of)
    if (held < 0).any() or not held.any():
        raise InputError(
            f"`sample_weight` of data set {of!r} has to be 0 or more in each row, and above 0 in at least one.",
            received=f"weights from {held.min():.4g} to {held.max():.4g}",
            remedy="Give weights of 0 or more. Rows of weight 0 are not trained on, but they are tested.",
        )
    return held
