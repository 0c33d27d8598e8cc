"""Preprocessing: the inputs of a cell, transformed by a transformer that is fitted on the training fold only."""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.arrays import Named, map_arrays, take_rows
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.errors import InputError
from negres_core.recipe import Recipe

DIGESTED_ROWS = 64
"""Rows per fold that the digest of the prepared inputs covers."""


def make_transformer(recipe: Recipe) -> Any:
    """Return a new transformer of a recipe that has `preprocess`, with a fixed seed if it draws random numbers.

    Raises:
        InputError: `preprocess` does not return a scikit-learn transformer.
    """
    transformer: Any = recipe.preprocess() if recipe.preprocess else None
    methods = ("fit", "transform", "get_params")
    if isinstance(transformer, type) or not all(hasattr(transformer, method) for method in methods):
        raise InputError(
            "`preprocess` has to return an unfitted scikit-learn transformer.",
            received=transformer,
            remedy="Return one such as sklearn.preprocessing.MinMaxScaler().",
        )
    # Without a seed it would draw from NumPy's global generator, and inputs would differ between engines and sessions.
    parameters = transformer.get_params()
    unset = {name for name, value in parameters.items() if value is None and name.endswith("random_state")}
    return transformer.set_params(**dict.fromkeys(unset, 0)) if unset else transformer


def prepare_inputs(recipe: Recipe, data: Dataset, cell: Cell) -> Named[np.ndarray]:
    """Return the inputs of all rows of a data set, prepared for one cell.

    All rows are returned, so that row numbers address both folds, and a cell's replicates share one array.

    Args:
        recipe: its `preprocess` is fitted on the training fold.
        data: the data set.
        cell: the rows of the training fold.

    Returns:
        float32, (rows, ...), with the data set's shape unless the transformer changes the number of features, then
        (rows, features); for several inputs, a dictionary by name.
    """

    def prepare(x: np.ndarray) -> np.ndarray:
        if recipe.preprocess is None:
            return x
        flat = x.reshape(len(x), -1)
        transformer = make_transformer(recipe).fit(flat[cell.train])
        prepared = np.ascontiguousarray(transformer.transform(flat), dtype=np.float32)
        return prepared.reshape(x.shape) if prepared.shape == flat.shape else prepared

    return map_arrays(prepare, data.x)


def training_fold(recipe: Recipe, data: Dataset, cell: Cell) -> Named[np.ndarray]:
    """Return the inputs of a cell's training fold, prepared for the cell."""
    fold: Named[np.ndarray] = take_rows(prepare_inputs(recipe, data, cell), cell.train)
    return fold


def sample_rows(cell: Cell) -> np.ndarray:
    """Return the row numbers that the digest of a cell's prepared inputs covers."""
    return np.concatenate([cell.train[:DIGESTED_ROWS], cell.test[:DIGESTED_ROWS]])
