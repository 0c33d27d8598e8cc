"""Layers that adapt to data, Normalization and Discretization: those that a build function leaves unadapted.

The engine adapts them to the training fold of each cell, as a transformer of the recipe is fitted on it. Until then
such a layer has provisional numbers that do not depend on the data, so that a model can be checked and described.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arrays import Named, label_arrays, take_rows
from negres_core.engine.layers import ProvisionalBins, layers_of
from negres_core.errors import InputError

CAPTURED_ROWS = 1024
"""Rows per call while the inputs of a layer are captured."""

TRIED_ROWS = 8
"""Rows on which it is tried whether the inputs of a layer depend on weights."""

SAME_STATISTICS = 1e-4
"""Largest difference of two means or standard deviations that are the same, in standard deviations."""


class _Captured(BaseException):
    """The inputs of a layer are captured. Keras handles, and wraps, only an Exception."""


def unadapted_layers(model: Any) -> list[Any]:
    """Return the layers of a model that adapt to data and have not done so yet, in order."""
    return [layer for layer in layers_of(model) if _is_unadapted(layer)]


def _is_unadapted(layer: Any) -> bool:
    if isinstance(layer, keras.layers.Normalization):
        # Keras does not say whether it was adapted. It begins as the identity.
        return layer.built and layer.input_mean is None and _is_identity(layer)
    return isinstance(layer, keras.layers.Discretization) and isinstance(layer.bin_boundaries, ProvisionalBins)


def _is_identity(layer: Any) -> bool:
    mean, variance = (ops.convert_to_numpy(each) for each in (layer.adapt_mean, layer.adapt_variance))
    return bool((mean == 0).all() and (variance == 1).all())


def adapt_layers(model: Any, rows: Callable[[], Named[np.ndarray]], *, name: str) -> None:
    """Adapt the layers of a new model that are not adapted yet, to what reaches them from some rows.

    Args:
        model: the model.
        rows: returns the prepared inputs of the training fold; called only if there is such a layer.
        name: the name of the build function.

    Raises:
        InputError: a layer comes after layers with weights.
    """
    waiting = unadapted_layers(model)
    x = rows() if waiting else None
    while waiting:
        # Layers in front of others are adapted first, whatever the order in which they are listed.
        layer, inputs = _first_reached(model, waiting, x)
        if layer is None:
            return  # no row reaches it
        _refuse_learned_inputs(model, layer, take_rows(x, slice(TRIED_ROWS)), name=name)
        layer.adapt(inputs)
        waiting.remove(layer)


def _first_reached(model: Any, layers: list[Any], x: Any) -> tuple[Any, np.ndarray]:
    """Return the layer that is called first, and its inputs for all rows."""
    parts: list[np.ndarray] = []
    reached: Any = None
    rows = len(next(iter(label_arrays(x, "x").values())))
    for begin in range(0, rows, CAPTURED_ROWS):
        reached, inputs = _capture(model, layers if reached is None else [reached], _some(x, begin))
        if reached is None:
            break
        parts.append(inputs)
    return reached, np.concatenate(parts) if parts else np.zeros(0, np.float32)


def _some(x: Any, begin: int) -> Any:
    return take_rows(x, slice(begin, begin + CAPTURED_ROWS))


def _capture(model: Any, layers: list[Any], x: Any) -> tuple[Any, np.ndarray]:
    """Call a model until one of some layers is reached; return that layer, or None, and its inputs."""
    found: list[tuple[Any, np.ndarray]] = []

    def capturing(layer: Any) -> Callable[..., Any]:
        def call(inputs: Any, *_: Any, **__: Any) -> Any:
            found.append((layer, ops.convert_to_numpy(ops.cast(inputs, "float32"))))
            raise _Captured

        return call

    for layer in layers:
        layer.call = capturing(layer)
    try:
        model(x, training=False)
    except _Captured:
        pass
    finally:
        for layer in layers:
            del layer.call
    return found[0] if found else (None, np.zeros(0, np.float32))


def _refuse_learned_inputs(model: Any, layer: Any, x: Any, *, name: str) -> None:
    """Raise InputError if the inputs of a layer depend on weights of layers in front of it."""
    own = {id(weight) for weight in layer.weights}
    others = [weight for weight in model.weights if "float" in weight.dtype and id(weight) not in own]
    before = _capture(model, [layer], x)[1]
    moved = [(weight, weight.value + ops.cast(1, weight.dtype)) for weight in others]
    with keras.StatelessScope(state_mapping=moved):
        after = _capture(model, [layer], x)[1]
    if not np.array_equal(before, after, equal_nan=True):
        raise InputError(
            f"{name} has a layer that adapts to data behind layers that are trained.",
            received=f"{type(layer).__name__} {layer.name!r} after layers with weights",
            remedy="Put it in front of all layers with weights, where it is adapted to each training fold; inside a "
            "network, use BatchNormalization or LayerNormalization.",
        )


def not_carried(model: Any) -> str | None:
    """Return in words which layer is adapted anew in each cell and keeps that outside of its weights, or None."""
    for layer in unadapted_layers(model):
        if not isinstance(layer, keras.layers.Normalization):
            return f"its {type(layer).__name__} is adapted to each training fold, and keeps no weights"
    return None


class WeightNormalization(keras.layers.Normalization):
    """A Normalization whose statistics are its weights, and not constants that were once made of them.

    A compiled program carries weights from replicate to replicate; a constant would be that of the first one.
    """

    @property
    def mean(self) -> Any:
        """The mean, in the shape and type of the inputs."""
        return ops.cast(ops.reshape(self.adapt_mean, self._broadcast_shape), self.compute_dtype)

    @property
    def variance(self) -> Any:
        """The variance, in the shape and type of the inputs."""
        return ops.cast(ops.reshape(self.adapt_variance, self._broadcast_shape), self.compute_dtype)


def exchangeable(model: Any) -> Iterator[Any]:
    """Yield the plain Normalization layers of a model whose statistics are weights."""
    for layer in layers_of(model):
        if type(layer) is keras.layers.Normalization and layer.built and layer.input_mean is None:
            yield layer


def statistics_of_all_rows(model: Any, x: Named[np.ndarray]) -> list[str]:
    """Return the names of the layers that a build function has adapted to all rows of a data set, test rows included.

    Args:
        model: a new model.
        x: the inputs of all rows.
    """
    adapted = [
        layer
        for layer in layers_of(model)
        if isinstance(layer, keras.layers.Normalization | keras.layers.Discretization) and not _is_unadapted(layer)
    ]
    return [layer.name for layer in adapted if _has_statistics_of(layer, _first_reached(model, [layer], x)[1])]


def _has_statistics_of(layer: Any, inputs: np.ndarray) -> bool:
    if not len(inputs):
        return False
    if isinstance(layer, keras.layers.Discretization):
        if layer.num_bins is None or layer.bin_boundaries is None:
            return False
        again = keras.layers.Discretization(num_bins=layer.num_bins, epsilon=layer.epsilon)
        again.adapt(inputs)
        return np.array_equal(again.bin_boundaries, layer.bin_boundaries)
    again = keras.layers.Normalization(axis=layer.axis)
    again.adapt(inputs)
    (mean, scale), (mean_of_all, scale_of_all) = (
        (ops.convert_to_numpy(each.mean), np.sqrt(ops.convert_to_numpy(each.variance))) for each in (layer, again)
    )
    # Inputs that were standardized before have the statistics of no layer.
    is_trivial = np.allclose(mean_of_all, 0, atol=SAME_STATISTICS) and np.allclose(
        scale_of_all, 1, atol=SAME_STATISTICS
    )
    unit = np.maximum(scale_of_all, np.finfo(np.float32).tiny)
    differences = np.abs(mean - mean_of_all) / unit, np.abs(scale - scale_of_all) / unit
    return not is_trivial and all(bool((each <= SAME_STATISTICS).all()) for each in differences)
