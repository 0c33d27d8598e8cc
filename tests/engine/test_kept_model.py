"""A model is loaded once for all calls that leave it as it is."""

from __future__ import annotations

import contextlib

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.engine.kept_model import KeptModel


class Noisy(layers.Layer):
    """Adds noise, in inference too."""

    def __init__(self):
        super().__init__()
        self.generator = keras.random.SeedGenerator(0)

    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x), seed=self.generator)


class Counting(layers.Layer):
    """Counts its calls in a weight."""

    def build(self, shape):
        self.count = self.add_weight(shape=(), initializer="zeros", trainable=False)

    def call(self, x):
        self.count.assign_add(1.0)
        return x


def loads_of(layer, keys):
    """Call a model with a layer once for each of some keys; return the keys for which it was loaded."""
    kept, loads = KeptModel(), []

    def load(key):
        loads.append(key)
        return keras.Sequential([layers.Input((2,)), layer(), layers.Dense(1)])

    for key in keys:
        with kept.loaded(key, lambda key=key: load(key)) as model:
            model(np.zeros((3, 2), np.float32), training=False)
    return loads


def test_a_model_that_no_call_changes_is_loaded_once_in_a_row():
    assert loads_of(layers.BatchNormalization, "aabba") == ["a", "b", "a"]


@pytest.mark.parametrize("layer", [Noisy, Counting])
def test_a_model_that_a_call_changes_is_loaded_each_time(layer):
    assert loads_of(layer, "aaa") == ["a", "a", "a"]


def test_a_call_that_changes_it_may_fail():
    def load():
        return keras.Sequential([layers.Input((2,)), layers.Dense(1)])

    def change(model):
        models.append(model)
        model.layers[0].bias.assign([1.0])
        raise ZeroDivisionError

    kept, models = KeptModel(), []
    for _ in range(2):
        with contextlib.suppress(ZeroDivisionError), kept.loaded("a", load) as model:
            change(model)
    assert models[0] is not models[1]
