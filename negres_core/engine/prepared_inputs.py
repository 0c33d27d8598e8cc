"""A cache of prepared inputs: each cell's are computed once, by the first thread that needs them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from negres_core.arrays import Named, is_same, map_arrays
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.on_disk import chunks, is_on_disk
from negres_core.preprocessing import prepare_inputs
from negres_core.recipe import Recipe


class PreparedInputs:
    """Prepared inputs by cell, on the host and on the device.

    Args:
        recipe: the recipe, with its transformer.
        data: the data set.
        put: places an array on the device.
        kept_cells: number of cells whose inputs are kept.

    Attributes:
        targets: targets of every row, on the device; if the targets are the inputs, they are placed once. None if the
            inputs stay on disk.
    """

    def __init__(
        self, recipe: Recipe, data: Dataset, put: Callable[[Named[np.ndarray]], Any], *, kept_cells: int
    ) -> None:
        self._recipe, self._data, self._put, self._kept_cells = recipe, data, put, kept_cells
        self._lock = threading.Lock()
        self._cell_locks: dict[tuple[int, int], threading.Lock] = {}
        self._cache: OrderedDict[tuple[int, int], tuple[Named[np.ndarray], Any]] = OrderedDict()
        self._stays = recipe.preprocess is None and is_on_disk(data.x)
        self.targets = None if self._stays else put(data.y)

    def inputs(self, job: Job) -> tuple[Named[np.ndarray], Any]:
        """Return the inputs of every row, prepared for a job's cell, on the host and on the device.

        Those that stay on disk are not placed.
        """
        # Without a transformer every cell has the same inputs.
        key = (job.cell.repeat, job.cell.fold) if self._recipe.preprocess else (-1, -1)
        with self._lock:
            cell_lock = self._cell_locks.setdefault(key, threading.Lock())
        with cell_lock:
            with self._lock:
                pair = self._cache.get(key)
            if pair is None:
                prepared = prepare_inputs(self._recipe, self._data, job.cell)
                placed = None if self._stays else map_arrays(self._place, prepared)
                # On a CPU these are views of the placed arrays, so that intermediate copies are freed.
                pair = (prepared if self._stays else map_arrays(np.asarray, placed), placed)
                with self._lock:
                    self._cache[key] = pair
                    while len(self._cache) > self._kept_cells:
                        self._cache.popitem(last=False)
        return pair

    def chunks(self, job: Job, order: np.ndarray) -> Iterator[tuple[np.ndarray, Any, Any]]:
        """Yield row numbers, and the inputs and targets on the device that they are numbers of.

        These are all rows of an order at once, unless the inputs stay on disk: then chunks of them, see `on_disk`.
        """
        host, placed = self.inputs(job)
        if self._stays:
            yield from chunks(host, self._data.y, order, batch=self._recipe.last.batch_size, put=self._put)
        else:
            yield order, placed, self.targets

    def first_chunks(self, job: Job, order: np.ndarray) -> Iterator[tuple[np.ndarray, Any, Any]]:
        """Yield one chunk of each size that `chunks` has: a whole one, and what is left over."""
        first = next(self.chunks(job, order))
        yield first
        if rest := len(order) % len(first[0]):
            yield from self.chunks(job, order[:rest])

    def _place(self, array: np.ndarray) -> Any:
        return self.targets if is_same(array, self._data.y) else self._put(array)
