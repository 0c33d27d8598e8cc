"""Numbers in the width that they are held in: a cast that would change what they say is refused."""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.arrays import is_mapped, memory_bytes, row_chunks
from negres_core.dataset.remedies import remedy_for_missing
from negres_core.errors import InputError

MOST_MEMORY = 0.8
"""Share of the machine's memory that a file which has to be converted may take."""
LARGEST_ROUNDING = 1e-3
"""Largest error of rounding to float32, in parts of a column's range."""
NUMERICAL_NOISE = 1e-10
"""A column whose range is smaller than this part of its largest value is constant up to numerical noise."""


def as_float32(array: np.ndarray, label: str, *, of: str, columns: list[Any] | None = None) -> np.ndarray:
    """Return numbers as float32.

    Args:
        array: (rows, ...), numbers.
        label: the argument, such as "x".
        of: the name of the data set.
        columns: the names of the columns, if a table was given.

    Raises:
        InputError: values are missing or infinite, or float32 cannot tell apart what they tell apart.
    """
    if is_mapped(array) and array.dtype != np.float32 and 4 * array.size > MOST_MEMORY * memory_bytes():
        raise InputError(
            f"`{label}` of data set {of!r} is a file whose numbers are not float32, and it is too large to be "
            "converted in memory.",
            received=f"{array.dtype} of shape {array.shape}, {4 * array.size / 2**30:.3g} GiB as float32",
            remedy='Write it as float32 once, in parts: held = np.lib.format.open_memmap(path, "w+", np.float32, '
            f'{label}.shape), then held[begin:end] = {label}[begin:end]; and give np.load(path, mmap_mode="r").',
        )
    # Values beyond the range of float32 become infinite.
    with np.errstate(over="ignore"):
        held = np.ascontiguousarray(array, dtype=np.float32)
    _check_finite(array, held, label, of, columns)
    # Narrower numbers than these are exact in float32, and so are integers up to 2^24.
    is_exact = array.dtype == np.float32 or array.dtype.itemsize < 4 or not array.size
    if not is_exact and (array.dtype.kind == "f" or array.max() > 2**24 or array.min() < -(2**24)):
        _check_digits(array, held, label, of, columns)
    return held


def _check_finite(array: np.ndarray, held: np.ndarray, label: str, of: str, columns: list[Any] | None) -> None:
    # In chunks, so that a file is read and not held.
    if all(np.isfinite(held[rows]).all() for rows in row_chunks(len(held), held[:1].nbytes)):
        return
    broken = ~np.isfinite(held)
    rows = np.flatnonzero(broken.reshape(len(held), -1).any(axis=1))
    found = f"{int(broken.sum())} values in {len(rows)} rows, the first in row {rows[0]}{_names(broken, columns)}"
    if np.isnan(held).any():
        drop = f"np.isfinite({label}){'' if held.ndim == 1 else f'.reshape({len(held)}, -1).all(axis=1)'}"
        raise InputError(
            f"`{label}` of data set {of!r} has missing values (NaN).",
            received=found,
            remedy=remedy_for_missing(label, is_table=columns is not None)
            if label.startswith("x")
            else f"Drop the rows whose value is unknown: keep = {drop}, and take [keep] of x, y and all others.",
        )
    if np.isinf(array).any():
        raise InputError(
            f"`{label}` of data set {of!r} has infinite values.",
            received=found,
            remedy=f"Drop these rows, or clip at a bound that you choose: np.clip({label}, -1e6, 1e6).",
        )
    raise InputError(
        f"`{label}` of data set {of!r} has values beyond the range of float32, 3.4e38.",
        received=f"{found}, up to {np.abs(array).max():g}",
        remedy=f"Divide by a constant, {label}={label} / 1e30, or give logarithms.",
    )


def _check_digits(array: np.ndarray, held: np.ndarray, label: str, of: str, columns: list[Any] | None) -> None:
    """Raise InputError if float32 rounds whole numbers, or rounds by more than a part of a column's range."""
    # Columns lie along the last axis: the features of a table or of a sequence, the channels of an image.
    axes = tuple(range(max(array.ndim - 1, 1)))
    error = np.abs(held.astype(np.longdouble if array.dtype.kind in "iu" else array.dtype) - array).max(axis=axes)
    if not error.any():
        return
    low, high = array.min(axis=axes).astype(float), array.max(axis=axes).astype(float)
    largest = np.maximum(np.abs(low), np.abs(high))
    whole = array.dtype.kind != "f" or ((array == np.rint(array)).all(axis=axes) & (largest < 2.0**63))
    varies = high - low > NUMERICAL_NOISE * largest
    lost = np.atleast_1d((error > 0) & (whole | (varies & (error > LARGEST_ROUNDING * (high - low)))))
    if not lost.any():
        return
    place = int(np.flatnonzero(lost)[0])
    flat = (array if array.ndim == 1 else np.moveaxis(array, -1, 0)[place]).ravel()
    rounded = (held if held.ndim == 1 else np.moveaxis(held, -1, 0)[place]).ravel()
    worst = int(np.abs(rounded.astype(np.longdouble) - flat).argmax())
    raise InputError(
        f"`{label}` of data set {of!r} would lose digits: numbers are stored as float32, which has about 7.",
        received=f"{_digits(flat[worst])}, which would become {_digits(rounded[worst])}{_names(lost, columns)}",
        remedy="Subtract or divide by a constant that you choose; give a date as year, month and day, or as days "
        "since a fixed day; leave out columns that only number the rows.",
    )


def _digits(value: Any) -> str:
    return str(int(value)) if int(value) == value else f"{value:.17g}"


def as_int32(array: np.ndarray, label: str, *, of: str) -> np.ndarray:
    """Return integers as int32.

    Raises:
        InputError: they do not fit.
    """
    if array.size and array.dtype.kind != "b":
        low, high = int(array.min()), int(array.max())
        if low < np.iinfo(np.int32).min or high > np.iinfo(np.int32).max:
            raise InputError(
                f"`{label}` of data set {of!r} does not fit into int32.",
                received=f"integers from {low} to {high}",
                remedy="Number labels from 0, np.unique(labels, return_inverse=True)[1]; give times as days since a "
                "fixed day.",
            )
    return array.astype(np.int32, copy=False)


def _names(which: np.ndarray, columns: list[Any] | None) -> str:
    """Return the names of the columns in which something is true, in words; empty if columns have no names."""
    if not columns or which.shape[-1] != len(columns):
        return ""
    found = np.flatnonzero(which.reshape(-1, len(columns)).any(axis=0))
    names = [repr(columns[number]) for number in found]
    return f", in column{'s' if len(names) > 1 else ''} {', '.join(names[:5])}{', ...' if len(names) > 5 else ''}"
