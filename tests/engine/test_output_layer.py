"""The range of a model's outputs is that of its last activation, at any depth; that of a custom layer is unknown."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.engine.output_layer import (
    ACTIVATION_RANGES,
    activation_of,
    describe_output,
    gives_probabilities,
    last_layer,
)
from tests.engine import examples as ex


def ending_in(*last):
    return keras.Sequential([keras.Input((6,)), layers.Dense(4, activation="relu", name="hidden"), *last])


def nested():
    return ending_in(ending_in(layers.Dense(2, activation="tanh")).layers[-1], layers.Reshape((2, 1)))


def scaled():
    x = keras.Input((6,))
    return keras.Model(x, layers.Dense(2, activation="sigmoid")(x) * 255)


def functional():
    x = keras.Input((6,))
    inner = ending_in(layers.Dense(2, activation="sigmoid"))
    return keras.Model(x, layers.Flatten()(layers.Reshape((2, 1))(inner(x))))


@keras.saving.register_keras_serializable(package="negres_tests")
class Shifted(layers.Dense):
    """A custom layer that changes the outputs of its activation."""

    def call(self, inputs):
        return super().call(inputs) - 7


@pytest.mark.parametrize(
    ("model", "activation"),
    [
        (ending_in(layers.Dense(2, activation="sigmoid")), "sigmoid"),
        (ending_in(layers.Dense(2)), "linear"),
        (ending_in(layers.Dense(2), layers.Activation("softplus")), "softplus"),
        (ending_in(layers.Dense(2), layers.ReLU()), "relu"),
        (ending_in(layers.Dense(2), layers.Softmax()), "softmax"),
        (ending_in(layers.Dense(2, activation="sigmoid"), layers.Dropout(0.1), layers.Flatten()), "sigmoid"),
        (nested(), "tanh"),
        (functional(), "sigmoid"),
        (ending_in(layers.Dense(2), layers.ReLU(negative_slope=0.1)), None),
        (ending_in(layers.Dense(2, activation="sigmoid"), layers.Rescaling(255)), None),
        (ending_in(layers.Dense(2, activation="sigmoid"), layers.BatchNormalization()), None),
        (ending_in(Shifted(2, activation="relu")), None),
        (scaled(), None),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_the_activation_of_a_model_is_that_of_its_last_layer(model, activation):
    assert activation_of(last_layer(model)) == activation


@pytest.mark.parametrize("activation", ACTIVATION_RANGES)
def test_no_output_leaves_the_range_of_its_activation(activation):
    low, high = ACTIVATION_RANGES[activation]
    values = np.random.default_rng(0).uniform(-50, 50, (1000, 3)).astype(np.float32)
    outputs = keras.ops.convert_to_numpy(keras.activations.get(activation)(values))

    assert outputs.min() >= low
    assert outputs.max() <= high
    assert low == -np.inf or outputs.min() == pytest.approx(low, abs=0.05), "the range is wider than necessary"


def describe(loss, **fields):
    return describe_output(ex.sigmoid(), Stage(ex.sigmoid, loss=loss, **fields))


@pytest.mark.parametrize("loss", ["binary_crossentropy", "BinaryCrossentropy", "bce", keras.losses.BinaryCrossentropy])
def test_a_built_in_loss_has_one_name(loss):
    assert describe(loss).loss == "binary_crossentropy"
    assert (describe(loss).low, describe(loss).high) == (0.0, 1.0)


def test_a_custom_loss_has_no_name():
    def binary_crossentropy(y, outputs):
        return keras.ops.mean(y - outputs)

    assert describe(lambda: binary_crossentropy).loss is None
    assert describe("mse", objective=ex.absolute).loss is None


def test_a_loss_of_logits_is_recognized():
    assert describe(lambda: keras.losses.BinaryCrossentropy(from_logits=True)).logits
    assert not describe("mse").logits


def own_softmax():
    x = keras.Input((6,))
    return keras.Model(x, keras.ops.softmax(layers.Dense(8)(x)))


def not_finite():
    x = keras.Input((6,))
    return keras.Model(x, layers.Dense(8)(x) * np.nan)


@pytest.mark.parametrize(
    ("build", "options", "gives"),
    [
        (lambda: ending_in(layers.Dense(8, "softmax")), {}, True),
        (lambda: ending_in(layers.Dense(8)), {}, False),
        (
            lambda: ending_in(layers.Dense(8)),
            {"loss": lambda: keras.losses.SparseCategoricalCrossentropy(from_logits=True)},
            True,
        ),
        (lambda: ending_in(layers.Dense(8, "sigmoid")), {}, False),
        (lambda: ending_in(layers.Dense(1, "sigmoid")), {}, True),
        (lambda: ending_in(layers.Dense(1)), {}, False),
        (own_softmax, {}, True),
        (not_finite, {}, True),
    ],
)
def test_whether_a_model_gives_probabilities_is_tried_on_rows(build, options, gives):
    assert gives_probabilities(Recipe(Stage(build, **options)), ex.CLASSES) is gives
