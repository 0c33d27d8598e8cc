"""Functions that treat one array and several named arrays alike, as a model may have one input or several."""

from __future__ import annotations

import hashlib
import mmap
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np

T = TypeVar("T")

Named: TypeAlias = T | dict[str, T]
"""A single value, or one per name."""


def map_arrays(function: Callable[..., T], arrays: Any, *more: Any) -> Named[T]:
    """Apply a function to an array, or to each of several named arrays.

    Args:
        function: takes one array, and one item of each of `more`.
        arrays: an array (or a shape, or anything else that each input has one of), or a dictionary of them by name.
        *more: further arguments of the same structure: a single item, or a dictionary with the same names.

    Returns:
        The function's result; for several arrays, a dictionary of results, sorted by name.

    >>> map_arrays(len, [1, 2])
    2
    >>> map_arrays(len, {"image": [1, 2], "age": [3]})
    {'age': 1, 'image': 2}
    """
    if not isinstance(arrays, Mapping):
        return function(arrays, *more)
    return {name: function(arrays[name], *(each[name] for each in more)) for name in sorted(arrays)}


def label_arrays(arrays: Any, label: str) -> dict[str, Any]:
    """Return a dictionary of one array under `label`, or of several under the label and their names, sorted by name.

    >>> label_arrays({"image": 0, "age": 1}, "x")
    {"x['age']": 1, "x['image']": 0}
    """
    if not isinstance(arrays, Mapping):
        return {label: arrays}
    return {f"{label}[{name!r}]": arrays[name] for name in sorted(arrays)}


def take_rows(arrays: Any, rows: Any) -> Any:
    """Return some rows of an array, or of each of several named arrays."""
    return map_arrays(lambda each: each[rows], arrays)


def spread_rows(count: int, *, most: int) -> np.ndarray:
    """Return at most `most` row numbers, evenly spread over `count` rows from the first to the last.

    >>> spread_rows(9, most=3).tolist()
    [0, 4, 8]
    """
    return np.linspace(0, count - 1, min(most, count)).astype(int)


def is_same(one: Any, other: Any) -> bool:
    """Return whether two arrays are the same memory, as inputs and targets of an autoencoder may be."""
    are_arrays = isinstance(one, np.ndarray) and isinstance(other, np.ndarray)
    return are_arrays and one.__array_interface__ == other.__array_interface__


def digest_array(array: Any) -> str:
    """Digest the shape, dtype and bytes of an array, or of several arrays and their names.

    Arrays with equal digests are bitwise equal.
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, part in label_arrays(array, "").items():
        value = np.ascontiguousarray(part)
        digest.update(f"{name}{value.dtype.str}{value.shape}".encode() + value.tobytes())
    return digest.hexdigest()


def is_mapped(array: Any) -> bool:
    """Return whether an array is a view of a file, as `np.memmap` and `np.load(mmap_mode="r")` give it."""
    while isinstance(array, np.ndarray):
        if isinstance(array, np.memmap):
            return True
        array = array.base
    return isinstance(array, mmap.mmap)


def row_chunks(count: int, row_bytes: int, *, most_bytes: int = 1 << 26) -> Iterator[slice]:
    """Yield slices of so many rows, of all that there are, that a chunk has at most this many bytes, or is one row.

    >>> list(row_chunks(5, 8, most_bytes=20))
    [slice(0, 2, None), slice(2, 4, None), slice(4, 5, None)]
    """
    step = max(1, most_bytes // max(row_bytes, 1))
    for begin in range(0, count, step):
        yield slice(begin, min(begin + step, count))


def memory_bytes() -> int:
    """Return the size of the machine's memory."""
    if sys.platform == "win32":
        import psutil

        return int(psutil.virtual_memory().total)
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
