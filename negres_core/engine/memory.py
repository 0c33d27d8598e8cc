"""How much of a device's memory one replicate takes, estimated before anything is placed there."""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.arrays import label_arrays
from negres_core.dataset import Dataset
from negres_core.engine.model import layers_of, shape_of
from negres_core.engine.replicate import CHUNK
from negres_core.recipe import Recipe

FLOAT_BYTES = 4


def replicate_bytes(model: Any, recipe: Recipe, data: Dataset) -> int:
    """Estimate the bytes that one replicate adds to a batched program.

    Weights stand there six times (value, gradient, two moments, and the two being updated), activations of a batch
    twice (forward and backward), and of a chunk of evaluation once; then the order of its rows, and its own copy of the
    inputs where the recipe prepares them cell by cell.
    """
    weights = 6 * sum(int(np.prod(weight.shape)) for weight in model.weights)
    widths = [int(np.prod(shape)) for layer in layers_of(model) if (shape := shape_of(layer, "output")) is not None]
    row = sum(int(np.prod(shape)) for shape in label_arrays(data.input_shape, "x").values())
    activations = (2 * recipe.last.batch_size + CHUNK) * (sum(widths) + row)
    inputs = len(data) * row if recipe.preprocess else 0
    return FLOAT_BYTES * (weights + activations + len(data) + inputs)
