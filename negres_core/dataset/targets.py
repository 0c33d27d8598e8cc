"""Targets: class labels as integers from 0, several labels a row as integers 0 and 1, or values as floats.

A label for each step or pixel of a row is in `segmentation.py`.

What is neither is refused with the line to write.
"""

from __future__ import annotations

import numpy as np

from negres_core.dataset.exact import as_float32, as_int32
from negres_core.dataset.given import columns_of, kinds_of, number_names
from negres_core.dataset.remedies import are_numbers, remedy_for_targets
from negres_core.dataset.segmentation import as_segmentation, counted, is_one_hot_at_the_end, is_segmentation
from negres_core.errors import InputError


def check_targets(y: np.ndarray, *, of: str, given: object, ignore_class: int | None = None) -> np.ndarray:
    """Return targets: labels, int32, or values, float32.

    Class labels are (rows,), and 0 and 1 for several labels a row (rows, labels). A label for each step or pixel is
    (rows, steps, 1) or (rows, height, width, 1). Values are (rows,), (rows, columns) or images, (rows, height, width,
    channels).

    Args:
        y: the targets, (rows, ...), one row or more.
        of: the name of the data set.
        given: the targets as the user gave them.
        ignore_class: the label of steps or pixels that do not count; None if all labels do.

    Raises:
        InputError: they are none of these.
    """
    checked = _check(y, of, given, ignore_class)
    if ignore_class is not None and not is_segmentation(checked):
        raise InputError(
            f"`ignore_class` of data set {of!r} is only for targets with a label at each step or pixel.",
            received=f"ignore_class={ignore_class}, and y of shape {y.shape} and dtype {y.dtype}",
            remedy="Give such labels as integers, (rows, steps) or (rows, height, width). With other targets, drop the "
            "rows that do not count.",
        )
    return checked


def _check(y: np.ndarray, of: str, given: object, ignore_class: int | None) -> np.ndarray:
    if y.ndim == 2 and y.shape[1] == 1:
        y = y[:, 0]
    if y.ndim == 1 and kinds_of(y) == {"text"} and are_numbers(y.tolist(), with_fractions=True):
        raise InputError(
            f"`y` of data set {of!r} is text, which may stand for values or for the names of classes.",
            received=f"text such as {y[0]!r}, all of it numbers, some with a fraction",
            remedy="Give values as floats, y=np.asarray(y, dtype=float); "
            'or, if they name classes, names: y=[f"class {each}" for each in y].',
        )
    if y.ndim == 1 and kinds_of(y) <= {"text", "missing values"}:
        missing = "Drop the rows whose label is unknown: keep = pd.notna(y), and take [keep] of x, y and all others."
        y = number_names(y, "y", of=of, missing=missing)
    if y.dtype.kind not in "biuf":
        raise InputError(
            f"`y` of data set {of!r} has to be an array of numbers, or of the names of classes.",
            received=f"{' and '.join(sorted(kinds_of(y)))}, of shape {y.shape}",
            remedy=remedy_for_targets(kinds_of(y)),
        )
    if y.dtype.kind == "f":
        return _check_values(y, of, given)
    if y.ndim == 1:
        return _check_labels(y, of)
    if not _are_batches(given):
        if ignore_class is None and is_one_hot(y) and y.any(axis=0).all():
            return as_int32(y.argmax(axis=1), "y", of=of)
        if ignore_class is None and is_multilabel(y):
            return as_int32(y, "y", of=of)
        is_dense = ignore_class is not None or not is_one_hot(y)
        if is_dense and (labels := as_segmentation(y, of=of, ignore_class=ignore_class)) is not None:
            _check_labels(labels[counted(labels)], of, each="steps or pixels")
            return as_int32(labels, "y", of=of)
    raise InputError(
        f"`y` of data set {of!r} has integers in several columns, which are neither a class label for a row, nor 0 and "
        "1 for each label, nor a label for each step or pixel.",
        received=f"{describe_targets(y)}, of shape {y.shape}",
        remedy=_remedy_for_columns(y, given),
    )


def _check_values(y: np.ndarray, of: str, given: object) -> np.ndarray:
    if y.ndim not in (1, 2, 4) or 0 in y.shape:
        raise InputError(
            f"`y` of data set {of!r} has to be values, (rows,) or (rows, columns), "
            "or images, (rows, height, width, channels).",
            received=f"y of shape {y.shape}",
            remedy="Give images with a channel axis, y[..., None], and anything else in columns, y.reshape(len(y), "
            "-1), with keras.layers.Flatten() at the end of the model."
            if y.size
            else "Give one column or more; check how the columns were selected.",
        )
    return as_float32(y, "y", of=of, columns=columns_of(given))


def _check_labels(y: np.ndarray, of: str, *, each: str = "rows") -> np.ndarray:
    classes = np.unique(y)
    low, high = int(classes[0]), int(classes[-1])
    received = f"{len(classes)} distinct integers from {low} to {high} in {len(y)} {each}"
    remedy = ""
    if low < 0:
        remedy = "y=np.unique(y, return_inverse=True)[1]"
        if classes.tolist() == [-1, 1]:
            remedy = (
                'y=(y > 0).astype(int), with one output, Dense(1, "sigmoid"), and loss="binary_crossentropy" '
                "instead of a hinge loss"
            )
    elif low == 1 and high == len(classes) > 1:
        remedy = f"y=y - 1; the last layer then needs {len(classes)} outputs"
    elif high + 1 - len(classes) > len(y):
        remedy = (
            "values, such as counts or weights, as floats, y=y.astype(float); and numbers that name classes as "
            "y=np.unique(y, return_inverse=True)[1]"
        )
    if remedy:
        raise InputError(
            f"Class labels of data set {of!r} have to count from 0.", received=received, remedy=f"Give {remedy}."
        )
    return as_int32(y, "y", of=of)


def is_one_hot(y: np.ndarray) -> bool:
    """Return whether each row of some columns has a single 1, and is 0 elsewhere."""
    return bool(y.ndim == 2 and y.shape[1] > 1 and ((y == 0) | (y == 1)).all() and (y.sum(axis=1) == 1).all())


def is_multilabel(y: np.ndarray) -> bool:
    """Return whether columns say of each label whether a row has it, by 1 and 0, and rows are not one-hot."""
    return bool(y.ndim == 2 and y.shape[1] > 1 and ((y == 0) | (y == 1)).all() and not is_one_hot(y))


def describe_targets(y: np.ndarray) -> str:
    """Return what targets look like, in words, for a message about a metric or a loss that does not fit them."""
    kind = "floats" if y.dtype.kind == "f" else "booleans" if y.dtype.kind == "b" else "integers"
    if y.ndim == 1:
        is_whole = y.dtype.kind == "f" and bool((y == np.rint(y)).all())
        return f"{kind}, all of them whole numbers" if is_whole else kind
    if is_one_hot(y):
        return f"{kind}, one-hot rows"
    if is_one_hot_at_the_end(y):
        return f"{kind}, one-hot along the last axis"
    if is_segmentation(y) and y.shape[-1] == 1:
        return f"{kind}, one for each step or pixel"
    if ((y == 0) | (y == 1)).all():
        return f"{kind}, 0 and 1 in several columns"
    return f"{kind}, {y.shape[1]} a row" if y.ndim == 2 else kind


def _are_batches(given: object) -> bool:
    """Return whether targets are given as a list of arrays, which may be batches of rows."""
    return isinstance(given, list | tuple) and hasattr(given[0], "shape") and np.ndim(given[0]) > 0


def _remedy_for_columns(y: np.ndarray, given: object) -> str:
    if _are_batches(given):
        rows = " If each is the labels of a row, stack them: y=np.stack(y)." if is_multilabel(y) else ""
        return f"If these are batches, join them: y=np.concatenate(y), and x likewise.{rows}"
    if is_one_hot(y):
        empty = int(np.flatnonzero(~y.any(axis=0))[0])
        return (
            f"Drop column {empty}, in which no row has a 1; or give class labels, y=y.argmax(axis=1). For a label at "
            "each step, give y=y[..., None]."
        )
    if is_one_hot_at_the_end(y):
        return "Give a class for each step or pixel: y=y.argmax(axis=-1)[..., None]."
    if ((y == 0) | (y == 1)).all() and y.size:
        return (
            "For masks that do not exclude each other, give values, y=y.astype(float), with sigmoid outputs and "
            'loss="binary_crossentropy", and claim the "loss"; or ask about one of them, y=y[..., 0].'
        )
    return (
        "Give values, such as counts, as floats: y=y.astype(float). Give labels of steps as (rows, steps), and of "
        "pixels as (rows, height, width)."
    )
