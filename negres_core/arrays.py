"""Inputs: one array, or several by name. What is done to one is done to each, by these functions alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias, TypeVar

import numpy as np

T = TypeVar("T")

Named: TypeAlias = T | dict[str, T]
"""One of something, or one for each name."""


def map_arrays(function: Callable[..., T], arrays: Any, *more: Any) -> Named[T]:
    """Apply a function to an array, or to each of several.

    Args:
        function: a function of one array of each of the arguments that follow.
        arrays: an array (or a shape, or what else an input has one of), or a dictionary of them by name.
        *more: the same again: one, or as many by the same names.

    Returns:
        What the function returns; for several, by name, in the order of their names.

    >>> map_arrays(len, [1, 2])
    2
    >>> map_arrays(len, {"image": [1, 2], "age": [3]})
    {'age': 1, 'image': 2}
    """
    if not isinstance(arrays, Mapping):
        return function(arrays, *more)
    return {name: function(arrays[name], *(each[name] for each in more)) for name in sorted(arrays)}


def label_arrays(arrays: Any, label: str) -> dict[str, Any]:
    """Return one array under a label, or several under the label and their names, in the order of their names.

    >>> label_arrays({"image": 0, "age": 1}, "x")
    {"x['age']": 1, "x['image']": 0}
    """
    if not isinstance(arrays, Mapping):
        return {label: arrays}
    return {f"{label}[{name!r}]": arrays[name] for name in sorted(arrays)}


def take_rows(arrays: Any, rows: Any) -> Any:
    """Return some rows of an array, or of each of several."""
    return map_arrays(lambda each: each[rows], arrays)


def spread_rows(count: int, *, most: int) -> np.ndarray:
    """Return at most `most` row numbers spread evenly over `count` rows, the first and the last included.

    >>> spread_rows(9, most=3).tolist()
    [0, 4, 8]
    """
    return np.linspace(0, count - 1, min(most, count)).astype(int)


def is_same(one: Any, other: Any) -> bool:
    """Tell whether two arrays are one in memory, as inputs and targets of an autoencoder may be."""
    arrays = isinstance(one, np.ndarray) and isinstance(other, np.ndarray)
    return arrays and one.__array_interface__ == other.__array_interface__
