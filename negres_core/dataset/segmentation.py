"""Segmentation: a label for each position of a row, which is a step of a sequence or a pixel of an image.

Such labels are held with an axis of length 1 at the end, as Keras' losses take them: (rows, steps, 1) and (rows,
height, width, 1). So they cannot be mistaken for several labels a row, (rows, labels).
"""

from __future__ import annotations

import numpy as np

from negres_core.errors import InputError

NOT_COUNTED = -1
"""The label of positions that do not count, such as padding, whatever their label was when it was given."""

VOID = 255
"""The label that many data sets of images give to pixels that do not count."""


def as_segmentation(y: np.ndarray, *, of: str, ignore_class: int | None) -> np.ndarray | None:
    """Return integers of which each position has one, with an axis of length 1 at the end; None for any other shape.

    Args:
        y: integers or booleans, (rows, steps), (rows, height, width), or such with an axis of length 1 at the end.
        of: the name of the data set.
        ignore_class: the label of positions that do not count, which becomes `NOT_COUNTED`; None if all count.

    Raises:
        InputError: the integers may be one-hot; a label looks as if it did not count, and `ignore_class` does not say
            so; or no position of a row counts.
    """
    if 0 in y.shape or y.ndim < 2 or (y.ndim > 3 and y.shape[-1] != 1):
        return None
    y = y if y.ndim > 2 and y.shape[-1] == 1 else y[..., None]
    if y.ndim == 4 and is_one_hot_at_the_end(y[..., 0]):
        raise InputError(
            f"`y` of data set {of!r} is ambiguous: it may be one-hot labels of steps, (rows, steps, classes), or a "
            "mask with one pixel in each line, (rows, height, width).",
            received=f"0 and 1 of shape {y.shape[:-1]}, with a single 1 along the last axis everywhere",
            remedy="Give one-hot labels as y=y.argmax(axis=-1)[..., None], and a mask as y=y[..., None].",
        )
    y = y.astype(np.int64) if y.dtype.kind in "bu" else y
    if ignore_class is None:
        _check_that_all_count(y, of)
        return y
    y = np.where(y == ignore_class, NOT_COUNTED, y)
    empty = np.flatnonzero((y == NOT_COUNTED).all(axis=tuple(range(1, y.ndim))))
    if len(empty):
        raise InputError(
            f"No label of some rows of data set {of!r} counts.",
            received=f"{len(empty)} rows in which every label is {ignore_class}, such as row {empty[0]}",
            remedy=f"Drop them: keep = (y != {ignore_class}).reshape(len(y), -1).any(axis=1), and take [keep] of x, y "
            "and all others.",
        )
    return y


def counted(y: np.ndarray) -> np.ndarray:
    """Return which positions count, (rows, ..., 1)."""
    counts: np.ndarray = y != NOT_COUNTED
    return counts


def is_segmentation(y: np.ndarray) -> bool:
    """Return whether targets, as a data set holds them, are a label for each step or pixel."""
    return bool(y.dtype.kind == "i" and y.ndim > 2)


def is_one_hot_at_the_end(y: np.ndarray) -> bool:
    """Return whether integers of steps or pixels have a single 1 along their last axis, and are 0 elsewhere."""
    return bool(
        y.ndim > 2 and y.shape[-1] > 1 and ((y == 0) | (y == 1)).all() and (y.sum(axis=-1, dtype=int) == 1).all()
    )


def _check_that_all_count(y: np.ndarray, of: str) -> None:
    low, high = int(y.min()), int(y.max())
    mark = low if low < 0 else VOID if high == VOID and not (y == VOID - 1).any() else None
    if mark is not None:
        raise InputError(
            f"Some labels of steps or pixels of data set {of!r} are {mark}, which often marks those that do not count, "
            "such as padding.",
            received=f"labels from {low} to {high}, {float(np.mean(y == mark)):.1%} of them {mark}",
            remedy=f"If these do not count, declare it: Dataset(..., ignore_class={mark}). If they are a class, "
            "count the classes from 0: y=np.unique(y, return_inverse=True)[1].reshape(y.shape).",
        )
