"""Floating-point operations: those of a training step, counted from the layers, and those of a device per second."""

from __future__ import annotations

import functools
import time
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.engine.layers import layers_of, shape_of

PEAK_PRODUCT_S = 0.05
"""A matrix product that takes this long measures the peak well, whatever it costs to start one."""

PEAK_STEP = 256
"""Sizes of the matrices are multiples of this."""

PEAK_MAX_ROWS = 16_384
"""Rows of the largest matrices that are multiplied to measure the peak: 1 GiB each."""


def step_flops(model: Any, batch_size: int) -> int:
    """Count the multiplications and additions of dense layers and convolutions in one training step.

    Each layer's products are computed once in the forward pass, once for the gradient of its weights if it is trained,
    and once for the gradient of its inputs if an earlier layer is trained. Activations, normalization, dropout and the
    optimizer are not counted: next to large layers they are negligible. Attention and recurrent layers are counted
    roughly.
    """
    total, earlier_is_trained = 0, False
    for layer in layers_of(model):
        is_trained = bool(layer.trainable_weights)
        total += _row_flops(layer) * (1 + int(is_trained) + int(earlier_is_trained))
        earlier_is_trained |= is_trained and not getattr(layer, "layers", None)
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
    """Measure the rate at which the backend's default device multiplies square float32 matrices, once per process.

    The size grows until a product takes long enough, and doubles at most; the rate is the best of three products of any
    size. Nothing else should run meanwhile.
    """
    best, size, seconds = 0.0, 1024, 0.0
    while seconds < PEAK_PRODUCT_S and size <= PEAK_MAX_ROWS:
        square = ops.ones((size, size), "float32")
        seconds = min(_product_s(square) for _ in range(3))
        best = max(best, 2 * size**3 / seconds)
        # Eight times the work of a product that hardly was too short would be most of a second on a processor.
        enough = size * (PEAK_PRODUCT_S / seconds) ** (1 / 3)
        size = min(2 * size, PEAK_STEP * (int(enough) // PEAK_STEP + 1))
    return best


def _product_s(square: Any) -> float:
    began = time.perf_counter()
    # A device computes asynchronously; reading a value back waits for it.
    ops.convert_to_numpy(ops.matmul(square, square)[0, 0])
    return time.perf_counter() - began
