"""Dropout with masks from an integer hash, which replaces Keras' own while an engine trains.

Sampling the mask is most of what Keras' Dropout costs on a CPU: 28 ns per number under XLA, against 2 for this hash.
Every engine trains with it, so that all give the same numbers; the researcher's model, and the file it is saved to,
keep Keras' layer.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import keras
from keras import ops

from negres_core.engine.adapted import WeightNormalization, exchangeable
from negres_core.engine.layers import layers_of


class HashDropout(keras.layers.Dropout):
    """`keras.layers.Dropout` with counter-based random numbers.

    The mask of element i at a call is a hash of i, the layer's seed and its number of calls so far: the finalizer
    "lowbias32" by C. Wellons over a Weyl sequence. The only state is Keras' own seed state.
    """

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Zero a share `rate` of the inputs and scale the rest, when training."""
        if not training or self.rate == 0:
            return inputs
        if self.rate == 1:
            return ops.zeros_like(inputs)
        seed = ops.cast(self.seed_generator.next(), "uint32")
        shape = ops.shape(inputs)
        size = 1
        for length in shape:
            size = size * length
        bits = _low(ops.cast(ops.arange(size, dtype="int32"), "uint32") * _word(0x9E3779B9))
        bits = _low(bits + _low(seed[1] * _word(0x85EBCA6B)) + seed[0])
        bits = _low(ops.bitwise_xor(bits, ops.right_shift(bits, _word(16))) * _word(0x7FEB352D))
        bits = _low(ops.bitwise_xor(bits, ops.right_shift(bits, _word(15))) * _word(0x846CA68B))
        bits = ops.bitwise_xor(bits, ops.right_shift(bits, _word(16)))
        keep = ops.reshape(bits, shape) >= _word(int(self.rate * 2**32))
        return ops.where(keep, inputs * (1 / (1 - self.rate)), ops.zeros_like(inputs))


CELLS = (keras.layers.GRUCell, keras.layers.LSTMCell, keras.layers.SimpleRNNCell)
"""Layers that have a seed even if they drop nothing."""


def samples_only_by_hash(model: Any) -> bool:
    """Return whether HashDropout is the only kind of layer of a model that samples random numbers."""
    layers = list(layers_of(model))
    hashing = [layer for layer in layers if isinstance(layer, HashDropout) and layer.rate]
    idle = [layer for layer in layers if type(layer) in CELLS and not (layer.dropout or layer.recurrent_dropout)]
    known = {id(layer.seed_generator.state) for layer in (*hashing, *idle)}
    return known >= {id(variable) for variable in model.variables if variable.name == "seed_generator_state"}


def _low(bits: Any) -> Any:
    """Return the low 32 bits: PyTorch has no integers of 32 bits without a sign, and Keras uses those of 64."""
    return ops.bitwise_and(bits, _word(0xFFFFFFFF)) if keras.backend.backend() == "torch" else bits


def _word(value: int) -> Any:
    return ops.convert_to_tensor(value, dtype="uint32")


@contextlib.contextmanager
def hashed_masks(model: Any) -> Iterator[None]:
    """Inside this context the plain Dropout layers of a model, at any depth, sample their masks by hash.

    And its Normalization layers read the statistics that were adapted from their weights.
    """
    plain = [layer for layer in layers_of(model) if type(layer) is keras.layers.Dropout and layer.noise_shape is None]
    exchanged = [(layer, HashDropout) for layer in plain]
    exchanged += [(layer, WeightNormalization) for layer in exchangeable(model)]
    # The class is exchanged on the layer itself: a clone of the model would need a get_config in every custom layer.
    for layer, kind in exchanged:
        object.__setattr__(layer, "__class__", kind)
    try:
        yield
    finally:
        for layer, kind in exchanged:
            object.__setattr__(layer, "__class__", kind.__base__)
