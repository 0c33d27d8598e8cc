"""A cache of prepared inputs: each cell's are computed once, by the first thread that needs them."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import PreparedRows, prepare_rows, rows_of_share
from negres_core.arrays import Named, is_same, map_arrays
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine.contract import Job
from negres_core.engine.on_disk import chunks, stays_on_disk
from negres_core.engine.shared_inputs import SharedInputs, basis_of, key_of


class PlacedRows(NamedTuple):
    """The rows of a cell.

    Attributes:
        host: on the host; on a CPU the inputs are views of the placed ones.
        x: inputs on the device.
        y: targets on the device.
    """

    host: PreparedRows
    x: Any
    y: Any


class PreparedInputs:
    """Prepared rows by cell, on the host and on the device.

    Args:
        recipe: the recipe, with its transformer and its sampler.
        data: the data set.
        put: places an array on the device.
        kept_cells: number of cells whose inputs are kept here.
        shared: keeps what was prepared for other stages, too; None where it would take the memory of a GPU.

    Attributes:
        targets: targets of every row, on the device, by name if a model has several outputs; if the targets are the
            inputs, they are placed once. None if the inputs stay on disk.
        stay_on_disk: whether the inputs are read from disk in chunks.
    """

    def __init__(
        self,
        recipe: Recipe,
        data: Dataset,
        put: Callable[[Named[np.ndarray]], Any],
        *,
        kept_cells: int,
        shared: SharedInputs | None = None,
    ) -> None:
        self._recipe, self._data, self._put, self._kept_cells = recipe, data, put, kept_cells
        self._lock = threading.Lock()
        self._cell_locks: dict[tuple[int, int], threading.Lock] = {}
        self._cache: OrderedDict[tuple[int, int], PlacedRows] = OrderedDict()
        self.stay_on_disk = stays_on_disk(recipe, data)
        self.targets = None if self.stay_on_disk else put(data.targets_of(recipe.last.losses))
        # What a sampler returns is drawn anew, and what is read from disk is not in memory.
        is_shared = recipe.preprocess is not None and recipe.resample is None and not self.stay_on_disk
        self._shared = shared if is_shared else None
        self._basis = basis_of(recipe, data) if self._shared else ()

    def rows(self, job: Job) -> PlacedRows:
        """Return every row, prepared for a job's cell, on the host and on the device.

        Those that stay on disk are not placed.
        """
        # Without a transformer every cell has the same inputs.
        own = self._recipe.preprocess or self._recipe.resample
        key = (job.cell.repeat, job.cell.fold) if own else (-1, -1)
        with self._lock:
            cell_lock = self._cell_locks.setdefault(key, threading.Lock())
        with cell_lock:
            with self._lock:
                placed = self._cache.get(key)
            if placed is None:
                placed = self._prepared(job.cell)
                with self._lock:
                    self._cache[key] = placed
                    while len(self._cache) > self._kept_cells:
                        self._cache.popitem(last=False)
        if own:
            return placed
        return placed._replace(host=replace(placed.host, train=rows_of_share(job.cell, self._recipe.share)))

    def chunks(self, rows: PlacedRows, order: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, Any, Any]]:
        """Yield rows of an order, their numbers in arrays on the device, and these arrays: inputs and targets.

        These are all rows of the order at once, unless the inputs stay on disk: then chunks of them, see `on_disk`.
        """
        if self.stay_on_disk:
            batch = self._recipe.last.batch_size
            for some, numbers, x, y in chunks(
                rows.host.x, rows.host.targets, order.ravel(), batch=batch, put=self._put
            ):
                shape = (*order.shape[:-1], len(some))
                yield some.reshape(shape), numbers.reshape(shape), x, y
        else:
            yield order, order, rows.x, rows.y

    def first_chunks(self, rows: PlacedRows, order: np.ndarray) -> Iterator[tuple[np.ndarray, np.ndarray, Any, Any]]:
        """Yield one chunk of each size that `chunks` has: a whole one, and what is left over."""
        first = next(self.chunks(rows, order))
        yield first
        if rest := order.shape[-1] % first[0].shape[-1]:
            yield from self.chunks(rows, order[..., :rest])

    def _prepared(self, cell: Cell) -> PlacedRows:
        """Return every row, prepared for a cell and placed."""
        if self._shared is None:
            return self._placed(prepare_rows(self._recipe, self._data, cell))
        x = self._shared.get(
            key_of(self._basis, cell), lambda: map_arrays(self._put, prepare_rows(self._recipe, self._data, cell).x)
        )
        train, targets = rows_of_share(cell, self._recipe.share), self._data.targets_of(self._recipe.last.losses)
        host = PreparedRows(map_arrays(np.asarray, x), self._data.y, targets, train)
        return PlacedRows(host, x, self.targets)

    def _placed(self, rows: PreparedRows) -> PlacedRows:
        if self.stay_on_disk:
            return PlacedRows(rows, None, None)
        targets = self.targets if rows.y is self._data.y else self._put(rows.targets)
        x = map_arrays(lambda each: targets if is_same(each, rows.targets) else self._put(each), rows.x)
        # On a CPU these are views of the placed arrays, so that intermediate copies are freed.
        return PlacedRows(replace(rows, x=map_arrays(np.asarray, x)), x, targets)
