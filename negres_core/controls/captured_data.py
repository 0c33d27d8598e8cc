"""No arm's code holds the data itself: rows or targets that it reaches are there in every fold, also as test rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array, row_chunks
from negres_core.dataset import Dataset
from negres_core.dataset.frame import row_words, words_of_items
from negres_core.dataset.segmentation import is_segmentation
from negres_core.evidence import Finding
from negres_core.provenance.reach import reachable_arrays
from negres_core.run.run import Run

NAME = "captured data"
WHEN = "before"
FITS = True

MIN_ROWS = 10
"""Fewest different rows of the data set that an array has to hold: fewer may be equal by chance."""
MIN_TARGETS = 20
"""Fewest targets of a data set that are recognized by themselves."""


def check(run: Run) -> Finding:
    """Look for the data set's rows, and its targets, in all that the functions of the arms reach.

    Functions of an arm are given the training fold. Whatever they know of the data besides comes from all rows, and no
    other control can see it: trials on permuted targets train with the true ones that the function brings along.
    """
    held = []
    for arm in run.arms:
        functions = [*_functions_of(arm.recipe), *([arm.tuned.make] if arm.tuned else [])]
        rows, targets = _held(run.data, functions)
        if rows or targets:
            held.append(
                f"code of the {arm.role} arm reaches "
                + " and ".join([f"{rows} rows of the data set"] * bool(rows) + ["its targets"] * targets)
            )
    return Finding(
        control=NAME,
        passed=not held,
        found="; ".join(held) or "no arm's code reaches rows or targets of the data set",
        threshold=f"expected none ({MIN_ROWS} different rows or more, or all targets): any other rows that a "
        "function holds, besides the training fold that it receives, may belong to test folds",
        remedy="Use only the training fold: the arguments of a fit or an objective, and `preprocess` for what has to "
        "be fitted to data.",
    )


def _held(data: Dataset, functions: list[Any]) -> tuple[int, bool]:
    """Return how many different rows of a data set, and whether its targets, are reached by some functions."""
    inputs = [] if data.has_frame else [x.reshape(len(x), -1) for x in data.arrays.values()]
    known: dict[int, set[bytes]] = {}
    rows, has_targets = set[tuple[int, bytes]](), False
    for array in reachable_arrays(*functions):
        if array.dtype.hasobject:
            rows |= _rows_of_frame(data, array, known) if data.has_frame else set()
            continue
        if array.dtype.kind not in "biuf" or array.ndim == 0:
            continue
        has_targets |= _holds_targets(data.y, array)
        for number, x in enumerate(inputs):
            if array.ndim > 1 and len(array) >= MIN_ROWS and array[0].size == x.shape[1] > 1:
                if number not in known:
                    known[number] = _row_digests(x)
                found = _row_digests(array.reshape(len(array), -1)) & known[number]
                rows |= {(number, row) for row in found} if len(found) >= MIN_ROWS else set()
    return len(rows), has_targets


def _rows_of_frame(data: Dataset, table: np.ndarray, known: dict[int, set[bytes]]) -> set[tuple[int, bytes]]:
    """Return which rows of a data set's frame a table of values of several kinds holds."""
    if table.shape[1:] != (data.x.shape[1],) or len(table) < MIN_ROWS:
        return set()
    if 0 not in known:
        known[0] = {row.tobytes() for row in row_words(data.x)}
    found = {row.tobytes() for row in words_of_items(table)} & known[0]
    return {(0, row) for row in found} if len(found) >= MIN_ROWS else set()


def _functions_of(recipe: Recipe) -> list[Any]:
    functions: list[Any] = [recipe.preprocess, recipe.resample]
    for stage in recipe.stages:
        losses = stage.losses.values() or [stage.loss]
        functions += [stage.build, stage.freezes, stage.optimizer, *losses, stage.objective, stage.callbacks]
    return [*functions, recipe.fit.compute if recipe.fit else None]


def _row_digests(rows: np.ndarray) -> set[bytes]:
    """Return the bytes, or a digest of them, of each row that is not constant, as float32."""
    found = set[bytes]()
    for part in row_chunks(len(rows), rows[:1].nbytes):
        with np.errstate(over="ignore"):
            values = rows[part].astype(np.float32) + np.float32(0)  # turns -0 into 0
        values = values[values.min(axis=1) != values.max(axis=1)]
        found |= {row.tobytes() if row.nbytes <= 64 else digest_array(row).encode() for row in values}
    return found


def _holds_targets(y: np.ndarray, array: np.ndarray) -> bool:
    """Return whether an array, or one of its columns, is the targets, as labels, one-hot labels or values."""
    if len(array) != len(y) or len(y) < MIN_TARGETS:
        return False
    if is_segmentation(y):
        flat = array.reshape(len(array), -1)
        # A label that does not count may have had any number when it was given.
        return flat.shape[1] == y[0].size and bool(
            ((flat == y.reshape(flat.shape)) | (y.reshape(flat.shape) < 0)).all()
        )
    if y.ndim > 2:
        return False
    columns = array.reshape(len(array), -1)
    if columns.shape[1] > 4_096:
        return False
    with np.errstate(over="ignore"):
        same = columns.astype(np.float32)[..., None] == y.reshape(len(y), -1).astype(np.float32)[:, None]
    is_there = bool(same.all(axis=0).any(axis=0).all())
    is_one_hot = y.dtype.kind == "i" and y.ndim == 1 and columns.shape[1] == int(y.max()) + 1 and columns.shape[1] > 1
    is_there |= is_one_hot and bool((columns == np.eye(columns.shape[1])[y]).all())
    return is_there and bool(np.ptp(y) > 0)
