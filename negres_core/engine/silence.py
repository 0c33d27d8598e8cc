"""Silent units: those of hidden ReLU layers that are zero on every row."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from keras import ops

from negres_core.engine.layers import layers_of
from negres_core.engine.output_layer import activation_of, last_layer


@contextlib.contextmanager
def track_silence(model: Any) -> Iterator[dict[int, np.ndarray]]:
    """Record, while a model is called, which units of each hidden ReLU layer are zero on every row so far."""
    silent: dict[int, np.ndarray] = {}
    output = last_layer(model)
    hidden = [layer for layer in layers_of(model) if layer is not output and activation_of(layer) == "relu"]

    def wrap(position: int, layer: Any, call: Callable[..., Any]) -> Callable[..., Any]:
        def call_and_record(*arguments: Any, **options: Any) -> Any:
            outputs = call(*arguments, **options)
            values = ops.convert_to_numpy(outputs)
            axis = 1 if getattr(layer, "data_format", None) == "channels_first" else values.ndim - 1
            zero = (values == 0).all(axis=tuple(other for other in range(values.ndim) if other != axis))
            silent[position] = silent.get(position, True) & zero
            return outputs

        return call_and_record

    for position, layer in enumerate(hidden):
        layer.call = wrap(position, layer, layer.call)
    try:
        yield silent
    finally:
        for layer in hidden:
            del layer.call
