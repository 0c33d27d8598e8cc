"""Floating-point operations of a training step, counted from the layers."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from negres_core.engine.model import layers_of, shape_of

PASSES = 3
"""Forward, the gradient of the weights, and the gradient of the inputs: each the same products."""


def step_flops(model: Any, batch_size: int) -> int:
    """Count the multiplications and additions of matrix products and convolutions in one training step.

    What is not counted (activations, normalization, dropout, the optimizer) is next to nothing where these are large.
    """
    return PASSES * batch_size * sum(_row_flops(layer) for layer in layers_of(model))


def _row_flops(layer: Any) -> int:
    kernel = getattr(layer, "kernel", None)
    if kernel is None or not isinstance(kernel, keras.Variable):
        return 0
    size = int(np.prod(kernel.shape))
    if "Conv" not in type(layer).__name__:
        # A dense layer is applied at every position of the axes before the last.
        shape = shape_of(layer, "output")
        return 2 * size * int(np.prod(shape[:-1])) if shape else 2 * size
    # A transposed convolution applies its kernel at every input position, a convolution at every output position.
    shape = shape_of(layer, "input" if "Transpose" in type(layer).__name__ else "output")
    if shape is None:
        return 0
    positions = shape[1:] if layer.data_format == "channels_first" else shape[:-1]
    return 2 * size * int(np.prod(positions))
