"""Shared inputs: what a transformer made of the inputs of a cell serves all stages, arms and repeats that ask for it.

The stages of a hypothesis have the same preprocessing as a rule. What is kept is known by the content of the
transformer, of the data set and of the training rows of the cell, so that it serves any later stage.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array, label_arrays, memory_bytes
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine.description import digest_transformer
from negres_core.engine.settings import settings

MOST_CELLS = 64
"""Most cells that are kept: those of a repeat, or of the small runs of a hypothesis."""

MEMORY_SHARE = 1 / 8
"""Most of the machine's memory that is kept."""

Key = tuple[Any, ...]
"""What prepared inputs depend on."""


class SharedInputs:
    """Prepared inputs of cells by what they depend on; those that were used last are kept.

    Args:
        most_bytes: most bytes to keep; by default a share of the machine's memory.
    """

    def __init__(self, most_bytes: int | None = None) -> None:
        self._most_bytes = most_bytes
        self._lock = threading.Lock()
        self._kept: OrderedDict[Key, tuple[Any, int]] = OrderedDict()

    def get(self, key: Key, make: Callable[[], Any]) -> Any:
        """Return kept inputs, an array or several by name; make them if there are none."""
        with self._lock:
            if key in self._kept:
                self._kept.move_to_end(key)
                return self._kept[key][0]
        made = make()
        # A tensor has no size in bytes; as an array it is a view of the same memory.
        size = sum(np.asarray(each).nbytes for each in label_arrays(made, "x").values())
        if self._most_bytes is None:
            self._most_bytes = int(MEMORY_SHARE * memory_bytes())
        with self._lock:
            self._kept[key] = made, size
            while len(self._kept) > MOST_CELLS or sum(size for _, size in self._kept.values()) > self._most_bytes:
                self._kept.popitem(last=False)
        return made


KEPT = SharedInputs()
"""Those of this process."""


def basis_of(recipe: Recipe, data: Dataset) -> Key:
    """Return what the prepared inputs of a recipe depend on besides the cell; the recipe has a transformer."""
    shape, origin = repr(as_models_see(recipe, data).input_shape), data.origin
    # A transformer may be fitted to the targets, and a claim is about one of them.
    return digest_transformer(recipe, origin), origin.digest, origin.output, shape, *settings().items()


def key_of(basis: Key, cell: Cell) -> Key:
    """Return what the prepared inputs of a cell depend on."""
    return *basis, digest_array(cell.train)
