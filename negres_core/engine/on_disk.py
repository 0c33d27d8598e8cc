"""Inputs that stay on disk: a memory-mapped array is read in chunks of whole batches, and never held as a whole."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.arrays import Named, is_mapped, label_arrays, memory_bytes, row_chunks, take_rows
from negres_core.dataset import Dataset
from negres_core.errors import InputError

CHUNK_BYTES = 1 << 26
"""Bytes of inputs that are read at once. Fewer take longer, by the cost of a call; more are no faster."""
COPIES = 3
"""How many times a transformer holds the rows that it is given: as they are, while it computes, and as it returns."""
MOST_MEMORY = 0.8
"""Share of the machine's memory that copies of a file may take."""


def is_on_disk(inputs: Named[np.ndarray]) -> bool:
    """Return whether inputs, or one of several, are a view of a file."""
    return any(is_mapped(array) for array in label_arrays(inputs, "").values())


def stays_on_disk(recipe: Recipe, data: Dataset) -> bool:
    """Return whether a recipe trains on inputs as they are on disk: what prepares or resamples them copies them."""
    return not (recipe.preprocess or recipe.resample) and is_on_disk(data.x)


def bytes_of(inputs: Named[np.ndarray]) -> int:
    """Return the size of all inputs together."""
    return sum(array.nbytes for array in label_arrays(inputs, "").values())


def chunks(
    inputs: Named[np.ndarray], y: Named[np.ndarray], order: np.ndarray, *, batch: int, put: Callable[[Any], Any]
) -> Iterator[tuple[np.ndarray, np.ndarray, Any, Any]]:
    """Yield the rows of an order in chunks of whole batches, each with the inputs and targets of these rows alone.

    Args:
        inputs: inputs of every row.
        y: targets of every row, one array or several by the names of outputs.
        order: row numbers.
        batch: rows of a batch.
        put: places arrays on the device.

    Yields:
        The rows, their numbers within the chunk, its inputs, and its targets, both placed.
    """
    batch_bytes = batch * bytes_of(take_rows(inputs, slice(1)))
    for part in row_chunks(-(-len(order) // batch), batch_bytes, most_bytes=CHUNK_BYTES):
        rows = order[part.start * batch : part.stop * batch]
        yield rows, np.arange(len(rows), dtype=order.dtype), put(take_rows(inputs, rows)), put(take_rows(y, rows))


def refuse_copies(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError if a transformer or a fit needs a copy of inputs on disk that memory has no room for."""
    if data.has_frame or not is_on_disk(data.x):
        return
    size, room = bytes_of(data.x), MOST_MEMORY * memory_bytes()
    received = f"{size / 2**30:.3g} GiB of inputs on disk, and {memory_bytes() / 2**30:.3g} GiB of memory"
    if (recipe.preprocess or recipe.resample) and COPIES * size > room:
        name = "`preprocess`" if recipe.preprocess else "`resample`"
        raise InputError(
            f"{name} needs all rows of {data.name!r} in memory, but they do not fit.",
            received=received,
            remedy="Scale by constants that you choose, in the model: keras.layers.Rescaling(1 / 255); or transform "
            "the rows beforehand, without fitting anything to them, and write them to a float32 file.",
        )
    if recipe.fit is not None and size > room:
        raise InputError(
            f"{name_of(recipe.fit.function)} receives its folds of {data.name!r} as arrays, which do not fit into "
            "memory.",
            received=received,
            remedy="Take fewer rows: data.take(rows). A network, Recipe(Stage(build)), is trained in chunks.",
        )
