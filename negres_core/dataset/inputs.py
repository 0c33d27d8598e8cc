"""Inputs: one array of numbers, or several by the names of a model's inputs, as float32."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from negres_core.arrays import Named
from negres_core.dataset.exact import as_float32
from negres_core.dataset.given import as_array, check_numeric, columns_of, is_list_of_inputs
from negres_core.errors import InputError


def check_inputs(x: Any, y: Any, *, of: str) -> Named[np.ndarray]:
    """Return inputs as float32, one array, (rows, ...), or several by name.

    Args:
        x: inputs as the user gave them.
        y: targets as the user gave them, which show whether a list holds rows or inputs.
        of: the name of the data set.

    Raises:
        InputError: they are not arrays of numbers, or inputs have no names.
    """
    if isinstance(x, Mapping) and not (x and all(name and isinstance(name, str) for name in x)):
        raise InputError(
            f"Each input of data set {of!r} needs a name.",
            received=f"x with the names {list(x)}",
            remedy='Use the names of the model\'s inputs: x={"image": images, "age": ages}.',
        )
    if is_list_of_inputs(x, y):
        raise InputError(
            f"Data set {of!r} has several inputs in a list, and each needs a name.",
            received=f"arrays of shapes {', '.join(str(np.shape(part)) for part in x)}",
            remedy='Use the names of the model\'s inputs: x={"image": x[0], "age": x[1]}.',
        )
    if isinstance(x, Mapping):
        return {name: _check_input(x[name], f"x[{name!r}]", of=of) for name in sorted(x)}
    return _check_input(x, "x", of=of)


def _check_input(given: Any, label: str, *, of: str) -> np.ndarray:
    columns = columns_of(given)
    array = as_array(given, label, of=of)
    check_numeric(array, label, of=of, columns=columns)
    if array.ndim < 2 or 0 in array.shape[1:]:
        raise InputError(
            f"`{label}` of data set {of!r} needs a row axis and at least one feature axis.",
            received=f"{label} of shape {array.shape}",
            remedy=f"Reshape a single feature with {label}.reshape(-1, 1)."
            if array.ndim < 2
            else "Give one feature or more; check how the columns were selected.",
        )
    return as_float32(array, label, of=of, columns=columns)
