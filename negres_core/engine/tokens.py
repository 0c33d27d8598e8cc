"""Tokens: the integers that an Embedding looks up are checked before anything is trained.

Beyond the table, TensorFlow on a processor fails, XLA takes the last row, and JAX gives no number at all. A fraction is
cut off without a word.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arrays import label_arrays, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.layers import layers_of
from negres_core.errors import InputError

CALLED_ROWS = 256
"""Rows per call of the model."""


def check_tokens(model: Any, given: Callable[[], Dataset], *, name: str) -> None:
    """Raise InputError if tokens of a data set are not whole, or not in the table of an Embedding.

    The model is called on the rows that have the smallest and the largest value of each feature.

    Args:
        model: the model.
        given: returns the data set with the inputs that the model is given; called only if there is an Embedding.
        name: the name of the build function.
    """
    tables = [layer for layer in layers_of(model) if isinstance(layer, keras.layers.Embedding)]
    if not tables:
        return
    data = given()
    rows = extreme_rows(data)
    with _recorded(tables) as found:
        for begin in range(0, len(rows), CALLED_ROWS):
            _call(model, take_rows(data.x, rows[begin : begin + CALLED_ROWS]), found, tables, name=name)
    _check(found, tables, name=name)


def extreme_rows(data: Dataset) -> np.ndarray:
    """Return the rows that have the smallest or the largest value of any feature, and one with a fraction."""
    rows: set[int] = set()
    for x in label_arrays(data.x, "x").values():
        flat = x.reshape(len(x), -1)
        rows |= {*map(int, flat.argmin(axis=0)), *map(int, flat.argmax(axis=0))}
        rows |= {*map(int, np.flatnonzero((flat != np.floor(flat)).any(axis=1))[:1])}
    return np.array(sorted(rows))


def _call(model: Any, x: Any, found: dict[int, np.ndarray], tables: list[Any], *, name: str) -> None:
    try:
        model(x, training=False)
    except Exception:
        _check(found, tables, name=name)  # says more than what TensorFlow says of a token that is out of range
        raise


def _check(found: dict[int, np.ndarray], tables: list[Any], *, name: str) -> None:
    for layer in tables:
        values = found.get(id(layer), np.zeros(0))
        if not values.size:
            continue
        low, high = values.min(), values.max()
        if low < 0 or high >= layer.input_dim:
            raise InputError(
                f"Tokens are out of the range of an Embedding of {name}.",
                received=f"tokens from {low:g} to {high:g}, and a table of {layer.input_dim} in {layer.name!r}",
                remedy=f"Make the table large enough for all tokens, Embedding({max(int(high) + 1, 1)}, ...); number "
                "them from 0.",
            )
        if (values != np.floor(values)).any():
            raise InputError(
                f"Tokens of an Embedding of {name} are not whole numbers, and the layer would cut off their fractions.",
                received=f"{values[values != np.floor(values)][0]:g} in {layer.name!r}",
                remedy="Give tokens as integers, and leave them as they are: no scaler, and no layer before it.",
            )


@contextmanager
def _recorded(tables: list[Any]) -> Iterator[dict[int, np.ndarray]]:
    """Record the tokens that reach each table, while a model is called."""
    found: dict[int, np.ndarray] = {}

    def recording(layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def call_and_record(inputs: Any, *more: Any, **options: Any) -> Any:
            tokens = np.unique(ops.convert_to_numpy(inputs))
            found[id(layer)] = np.union1d(found.get(id(layer), np.zeros(0)), tokens)
            return call(inputs, *more, **options)

        return call_and_record

    for layer in tables:
        layer.call = recording(layer, layer.call)
    try:
        yield found
    finally:
        for layer in tables:
            del layer.call
