"""Floating-point operations: those of a training step, counted from the layers, and those a device makes a second."""

from __future__ import annotations

import functools
import time
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.engine.model import layers_of, shape_of

ENOUGH_S = 0.05
"""A product that takes this long is measured well, whatever it costs to start one."""

LARGEST = 16_384
"""Rows of the largest matrices that are multiplied to measure a device: 1 GiB each."""


def step_flops(model: Any, batch_size: int) -> int:
    """Count the multiplications and additions of dense layers and convolutions in one training step.

    Each layer's products are made once forward, once for the gradient of its weights where it is trained, and once for
    that of its inputs where something in front of it is. What is not counted (activations, normalization, dropout, the
    optimizer) is next to nothing where these are large; attention and recurrent layers are counted roughly.
    """
    total, trained_before = 0, False
    for layer in layers_of(model):
        trained = bool(layer.trainable_weights)
        total += _row_flops(layer) * (1 + trained + trained_before)
        trained_before |= trained and not getattr(layer, "layers", None)
    return batch_size * total


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


@functools.cache
def peak_flops_per_s() -> float:
    """Measure the rate at which the backend's default device multiplies square float32 matrices, once a process.

    The best of three products of each size, of sizes that double until one takes long enough. Nothing else should run.
    """
    best, size, seconds = 0.0, 1024, 0.0
    while seconds < ENOUGH_S and size <= LARGEST:
        square = ops.ones((size, size), "float32")
        seconds = min(_product_s(square) for _ in range(3))
        best = max(best, 2 * size**3 / seconds)
        size *= 2
    return best


def _product_s(square: Any) -> float:
    began = time.perf_counter()
    # A device works on its own; what is read back has been computed.
    ops.convert_to_numpy(ops.matmul(square, square)[0, 0])
    return time.perf_counter() - began
