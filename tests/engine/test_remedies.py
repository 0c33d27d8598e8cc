"""Errors about a model or a transformer name the cause, and the line to write."""

from __future__ import annotations

import functools

import keras
import pytest
from keras import layers
from sklearn.compose import ColumnTransformer
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.checks import check_recipe
from negres_core.errors import InputError
from tests.engine import examples as ex

FLOATS = Dataset(x=ex.BINARY.x, y=ex.BINARY.y.astype(float), name="floats")


def two(input_shape):
    return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(2, "softmax")])


def two_heads(listed, input_shape):
    inputs = keras.Input(input_shape)
    heads = {name: layers.Dense(2, "softmax", name=name)(inputs) for name in ("sign", "size")}
    return keras.Model(inputs, list(heads.values()) if listed else heads)


def with_lambda(input_shape):
    top = layers.Dense(8, "softmax", name="classes")
    return keras.Sequential([keras.Input(input_shape), layers.Lambda(lambda x: 2 * x), top])


def steps(input_shape):
    return keras.Sequential([keras.Input(input_shape), layers.Reshape((3, 2)), layers.LSTM(2, return_sequences=True)])


# The recipe, the data, and parts of the message: what is wrong, and what to do.
TOLD = {
    "outputs by name": (
        Recipe(ex.stage(functools.partial(two_heads, False))),
        ex.CLASSES,
        "several outputs, but the data set has targets of one",
        "or return a model of one output",
    ),
    "outputs in a list": (
        Recipe(ex.stage(functools.partial(two_heads, True))),
        ex.CLASSES,
        "several outputs, but the data set has targets of one",
        "or return a model of one output",
    ),
    "a lambda in a parent": (
        Recipe(ex.stage(with_lambda), ex.stage(ex.plain, inherits=with_lambda)),
        ex.CLASSES,
        "Keras cannot save and load again",
        "Write the Lambda layer as an operation",
    ),
    "a sequence of outputs": (Recipe(ex.stage(steps)), ex.CLASSES, "the wrong shape", "without return_sequences"),
    "two outputs for labels that are floats": (
        Recipe(ex.stage(two)),
        FLOATS,
        "do not have the shape of the targets",
        "y=y.astype(int)",
    ),
    "columns by name": (
        Recipe(ex.stage(ex.plain), preprocess=lambda: ColumnTransformer([("scaled", MinMaxScaler(), ["age"])])),
        ex.CLASSES,
        "cannot prepare the inputs",
        "to name columns, give x as a DataFrame",
    ),
}


@pytest.mark.parametrize(("recipe", "data", "wrong", "remedy"), TOLD.values(), ids=TOLD)
def test_the_error_names_the_cause_and_the_line_to_write(recipe, data, wrong, remedy):
    with pytest.raises(InputError) as error:
        check_recipe(recipe, data)
    assert wrong in error.value.wrong
    assert remedy in error.value.remedy
