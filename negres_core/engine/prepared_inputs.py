"""The prepared inputs of the cells at work: made once, by whoever asks first, and let go when others are at work."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from negres_core.arrays import Named, is_same, map_arrays
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.preprocessing import prepare_inputs
from negres_core.recipe import Recipe


class PreparedInputs:
    """Prepared inputs by cell, on the host and on the device.

    Args:
        recipe: the recipe, with its transformer.
        data: the data set.
        put: places an array on the device.
        held: how many cells are kept.

    Attributes:
        targets: targets of every row, on the device; where they are the inputs themselves, they are placed once.
    """

    def __init__(self, recipe: Recipe, data: Dataset, put: Callable[[Named[np.ndarray]], Any], *, held: int) -> None:
        self._recipe, self._data, self._put, self._most = recipe, data, put, held
        self._lock = threading.Lock()
        self._locks: dict[tuple[int, int], threading.Lock] = {}
        self._held: OrderedDict[tuple[int, int], tuple[Named[np.ndarray], Any]] = OrderedDict()
        self.targets = put(data.y)

    def inputs(self, job: Job) -> tuple[Named[np.ndarray], Any]:
        """Return the inputs of every row, prepared for a job's cell, on the host and on the device."""
        # Without a transformer every cell has the same inputs.
        key = (job.cell.repeat, job.cell.fold) if self._recipe.preprocess else (-1, -1)
        with self._lock:
            own = self._locks.setdefault(key, threading.Lock())
        with own:
            with self._lock:
                found = self._held.get(key)
            if found is None:
                prepared = prepare_inputs(self._recipe, self._data, job.cell)
                placed = map_arrays(self._place, prepared)
                # On a CPU these are views of what was placed, so that copies made on the way are let go.
                found = (map_arrays(np.asarray, placed), placed)
                with self._lock:
                    self._held[key] = found
                    while len(self._held) > self._most:
                        self._held.popitem(last=False)
        return found

    def _place(self, array: np.ndarray) -> Any:
        return self.targets if is_same(array, self._data.y) else self._put(array)
