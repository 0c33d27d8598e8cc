"""Initial weights that are drawn without a model are those of a model that is built, to the last bit."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
from keras import layers, ops

from negres_core.engine import initial_draws
from negres_core.engine.model import build_model
from negres_core.engine.seeding import seed_use
from tests.engine import examples as ex
from tests.engine import heads


def with_every_initializer():
    """Return a model with all random initializers of Keras, a fixed seed, and layers that have states."""
    names = ["random_normal", "truncated_normal", "random_uniform", "he_normal", "lecun_uniform", "variance_scaling"]
    return keras.Sequential(
        [
            keras.Input((6,)),
            *(layers.Dense(6, kernel_initializer=name, bias_initializer="random_normal") for name in names),
            layers.Dense(6, kernel_initializer=keras.initializers.GlorotUniform(seed=3)),
            layers.Dense(6, kernel_initializer="orthogonal"),
            layers.Dense(6, kernel_initializer="identity"),
            layers.BatchNormalization(),
            layers.GaussianNoise(0.1),
            layers.Dropout(0.5, seed=5),
            layers.Dropout(0.5),
            layers.Dense(7, "softmax"),
        ]
    )


def recurrent():
    return keras.Sequential(
        [
            keras.Input((6,)),
            layers.Reshape((3, 2)),
            layers.LSTM(4, dropout=0.2, recurrent_dropout=0.1),
            layers.Dense(7, "softmax"),
        ]
    )


def drawing_too():
    """Return a model before and after whose layers the function itself draws by Python's generator."""
    random.random()
    hidden = layers.Dense(5)
    random.random()
    return keras.Sequential([keras.Input((6,)), hidden, layers.Dense(7, "softmax")])


def set_afterwards():
    model = ex.plain()
    model.set_weights([np.random.normal(size=weight.shape) for weight in model.get_weights()])  # noqa: NPY002
    return model


def one_or_the_other():
    """Return a model whose layers depend on what was drawn."""
    return keras.Sequential([keras.Input((6,)), layers.Dense(random.randint(2, 1000)), layers.Dense(7, "softmax")])


class Numpy(keras.initializers.Initializer):
    """An initializer that draws by NumPy."""

    def __call__(self, shape, dtype=None):
        return ops.convert_to_tensor(np.random.normal(size=shape), dtype=dtype)  # noqa: NPY002


def by_numpy():
    return keras.Sequential([keras.Input((6,)), layers.Dense(7, "softmax", kernel_initializer=Numpy())])


def with_a_generator():
    initializer = keras.initializers.RandomNormal(seed=keras.random.SeedGenerator())
    return keras.Sequential([keras.Input((6,)), layers.Dense(7, "softmax", kernel_initializer=initializer)])


def values_of(model):
    return [np.asarray(ops.convert_to_numpy(variable)) for variable in model.variables]


@pytest.mark.parametrize(
    ("build", "data"),
    [
        (ex.dense, ex.CLASSES),
        (ex.normalized, ex.CLASSES),
        (ex.convolutional, ex.IMAGES),
        (ex.subclassed, ex.CLASSES),
        (ex.joined, ex.PORTRAITS),
        (heads.two_heads, heads.HEADS.about("sign")),
        (with_every_initializer, ex.CLASSES),
        (recurrent, ex.CLASSES),
    ],
)
def test_they_are_those_of_a_model_that_is_built(build, data):
    draws = seed_use(build, data).initial
    for seed in (0, 7, 2**31, 7):
        state = random.getstate()
        drawn = draws.values(seed)
        assert random.getstate() == state
        built = values_of(build_model(build, data, seed=seed))
        assert len(drawn) == len(built)
        for mine, its in zip(drawn, built, strict=True):
            assert (mine.dtype, mine.shape, mine.tobytes()) == (its.dtype, its.shape, its.tobytes())


@pytest.mark.parametrize("build", [drawing_too, set_afterwards, one_or_the_other, by_numpy, with_a_generator])
def test_they_are_not_drawn_where_a_model_may_differ(build):
    assert seed_use(build, ex.CLASSES).initial is None


def test_a_wrong_draw_is_found(monkeypatch):
    built = {seed: values_of(build_model(ex.plain, ex.CLASSES, seed=seed)) for seed in (1, 2)}
    assert initial_draws.find_draws(ex.plain, ex.CLASSES, built) is not None
    built[2][0] = np.nextafter(built[2][0], np.float32(1))
    assert initial_draws.find_draws(ex.plain, ex.CLASSES, built) is None
