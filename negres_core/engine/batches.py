"""Batches for `keras.Model.fit`: of inputs that stay on disk one by one, of others as whole arrays."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from negres_core.arrays import Named, take_rows
from negres_core.engine.on_disk import is_on_disk


class Batches(keras.utils.PyDataset):
    """The rows of an order as batches for `keras.Model.fit`, read one by one; with their weights, if they have any."""

    def __init__(
        self,
        inputs: Named[np.ndarray],
        y: Named[np.ndarray],
        order: np.ndarray,
        *,
        batch: int,
        weights: Named[np.ndarray] | None = None,
    ) -> None:
        super().__init__()
        self._inputs, self._y, self._order, self._batch, self._weights = inputs, y, order, batch, weights

    @property
    def num_batches(self) -> int:
        """Number of batches; the last one may be smaller."""
        return -(-len(self._order) // self._batch)

    def __getitem__(self, place: int) -> tuple[Any, ...]:
        part = slice(place * self._batch, (place + 1) * self._batch)
        rows = self._order[part]
        weights = () if self._weights is None else (take_rows(self._weights, part),)
        return take_rows(self._inputs, rows), take_rows(self._y, rows), *weights


def batches_for_fit(
    inputs: Named[np.ndarray],
    y: Named[np.ndarray],
    order: np.ndarray,
    *,
    batch: int,
    weights: Named[np.ndarray] | None = None,
) -> dict[str, Any]:
    """Return the arguments of `keras.Model.fit` that give it rows in this order, in batches.

    Args:
        inputs: inputs of every row.
        y: targets of every row, one array or several by the names of outputs.
        order: row numbers.
        batch: rows of a batch.
        weights: weights of the rows in this order, by the names of outputs if there are several; or None.
    """
    if is_on_disk(inputs):
        return {"x": Batches(inputs, y, order, batch=batch, weights=weights)}
    weighted = {} if weights is None else {"sample_weight": weights}
    return {"x": take_rows(inputs, order), "y": take_rows(y, order), "batch_size": batch} | weighted
