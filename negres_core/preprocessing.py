"""Inputs of a cell: prepared by a transformer that has seen the training fold alone."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np

from negres_core.arrays import Named, label_arrays, map_arrays
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.errors import InputError
from negres_core.recipe import Recipe

SAMPLE = 64
"""Rows of each fold that the digest of the prepared inputs covers."""


def make_transformer(recipe: Recipe) -> Any:
    """Return a fresh transformer of a recipe that has `preprocess`, seeded where it draws random numbers.

    Raises:
        InputError: what the function returns is no scikit-learn transformer.
    """
    made: Any = recipe.preprocess() if recipe.preprocess else None
    if isinstance(made, type) or not all(hasattr(made, method) for method in ("fit", "transform", "get_params")):
        raise InputError(
            "`preprocess` has to return an unfitted scikit-learn transformer.",
            received=made,
            remedy="Return one such as sklearn.preprocessing.MinMaxScaler().",
        )
    # Left unset, it would draw from NumPy's global generator: other inputs in every engine, and at every resume.
    unset = {name for name, value in made.get_params().items() if value is None and name.endswith("random_state")}
    return made.set_params(**dict.fromkeys(unset, 0)) if unset else made


def prepare_inputs(recipe: Recipe, data: Dataset, cell: Cell) -> Named[np.ndarray]:
    """Return the inputs of every row, float32 and shaped and named as in the data set, prepared for one cell.

    All rows are returned, so that both folds are addressed by row number, and a cell's replicates share one array.
    """

    def prepare(x: np.ndarray) -> np.ndarray:
        if recipe.preprocess is None:
            return x
        flat = x.reshape(len(x), -1)
        transformer = make_transformer(recipe).fit(flat[cell.train])
        prepared = np.ascontiguousarray(transformer.transform(flat), dtype=np.float32)
        return prepared.reshape(x.shape) if prepared.shape == flat.shape else prepared

    return map_arrays(prepare, data.x)


def sample_rows(cell: Cell) -> np.ndarray:
    """Return the row numbers that the digest of a cell's prepared inputs covers."""
    return np.concatenate([cell.train[:SAMPLE], cell.test[:SAMPLE]])


def digest_array(array: Any) -> str:
    """Digest the shape, dtype and bytes of an array, or of several with their names.

    Equal digests mean bitwise equal arrays.
    """
    digest = hashlib.blake2b(digest_size=16)
    for name, each in label_arrays(array, "").items():
        value = np.ascontiguousarray(each)
        digest.update(f"{name}{value.dtype.str}{value.shape}".encode() + value.tobytes())
    return digest.hexdigest()
