"""Mistakes in a recipe are reported before anything is trained, with the offending value."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers
from keras.optimizers import LossScaleOptimizer
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.checks import check_recipe
from negres_core.errors import InputError
from tests.engine import examples as ex


def ends_in(*shape, activation="softmax"):
    """Return a build function whose model has outputs of a shape."""

    def build(input_shape):
        size = int(np.prod(shape))
        top = [layers.Flatten(), layers.Dense(size, activation=activation, name="top"), layers.Reshape(shape)]
        return keras.Sequential([keras.Input(input_shape), *top])

    return build


def frozen():
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, trainable=False)])


def unrelated():
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, activation="softmax", name="another")])


def narrow():
    return ex.plain(width=4)


def deeper():
    return keras.Sequential([keras.Input((6,)), layers.Dense(7, name="hidden"), layers.Dense(8, name="top")])


def local_class():
    class Twice(layers.Layer):
        def call(self, inputs):
            return 2 * inputs

    return keras.Sequential([keras.Input((6,)), Twice(), layers.Dense(8, activation="softmax", name="classes")])


def half_named():
    top = layers.Dense(8, activation="softmax", name="classes")
    return keras.Sequential([keras.Input((6,)), layers.Dense(7), top])


def unbiased():
    return keras.Sequential([keras.Input((6,)), layers.Dense(8, "softmax", use_bias=False, name="classes")])


def sight(input_shape):
    """A model that takes both inputs and uses one, for the arm without the other."""
    inputs = {name: keras.Input(shape, name=name) for name, shape in input_shape.items()}
    return keras.Model(inputs, layers.Dense(3, "softmax", name="top")(layers.Flatten()(inputs["image"])))


FOUR_CLASSES = Dataset(x=ex.CLASSES.x, y=ex.CLASSES.y % 4, name="four classes")
SHARED_OPTIMIZER = keras.optimizers.SGD(0.1)


GOOD = {
    "several labels a row": (Recipe(ex.stage(ex.sigmoids, loss="binary_crossentropy")), ex.SEVERAL),
    "squared errors of several labels a row": (Recipe(ex.stage(ex.sigmoids, loss="mse")), ex.SEVERAL),
    "labels": (Recipe(ex.stage(ex.dense)), ex.CLASSES),
    "more outputs than labels": (Recipe(ex.stage(ends_in(30))), ex.CLASSES),
    "one output for two classes": (Recipe(ex.stage(ex.sigmoid, loss="binary_crossentropy")), ex.BINARY),
    "a focal loss object": (
        Recipe(ex.stage(ex.sigmoid, loss=keras.losses.BinaryFocalCrossentropy)),
        ex.BINARY,
    ),
    "a custom loss": (Recipe(ex.stage(ex.plain, loss=lambda: ex.squares)), ex.CLASSES),
    "two columns": (Recipe(ex.stage(ex.linear, loss="mse")), ex.VALUES),
    "two stages": (Recipe(ex.stage(ex.dense), ex.stage(ex.grown, inherits=ex.dense, freezes=ex.dense)), ex.CLASSES),
    "a subclassed parent": (Recipe(ex.stage(ex.subclassed), ex.stage(deeper, inherits=ex.subclassed)), ex.CLASSES),
    "a local class that no stage inherits": (Recipe(ex.stage(local_class)), ex.CLASSES),
    "two inputs": (Recipe(ex.stage(ex.joined), preprocess=MinMaxScaler), ex.PORTRAITS),
    "two inputs in a list": (Recipe(ex.stage(functools.partial(ex.joined, listed=True))), ex.PORTRAITS),
    "two inputs, one ignored": (Recipe(ex.stage(sight)), ex.PORTRAITS),
    "two inputs of a subclassed model": (
        Recipe(ex.stage(ex.paired), ex.stage(ex.paired, inherits=ex.paired)),
        ex.PORTRAITS,
    ),
    "two inputs and an objective": (Recipe(ex.stage(ex.joined, objective=ex.weighted_by_age)), ex.PORTRAITS),
    "two inputs in two stages": (Recipe(ex.stage(ex.joined), ex.stage(ex.joined, inherits=ex.joined)), ex.PORTRAITS),
    "images": (Recipe(ex.stage(ex.convolutional, optimizer=ex.falling)), ex.IMAGES),
}


@pytest.mark.parametrize(("recipe", "data"), GOOD.values(), ids=GOOD)
def test_a_valid_recipe_passes(recipe, data):
    check_recipe(recipe, data)


# The recipe, the data, and parts of the message: what is wrong, and what was received.
BAD = {
    "one output for several labels a row": (
        Recipe(ex.stage(ex.sigmoid, loss="binary_crossentropy")),
        ex.SEVERAL,
        "do not have the shape of the labels",
        "outputs of shape (1,) for 3 labels a row",
    ),
    "labels out of range": (
        Recipe(ex.stage(ends_in(6))),
        ex.CLASSES,
        "out of range for the outputs",
        "labels from 0 to 6",
    ),
    "one output for seven classes": (
        Recipe(ex.stage(ex.sigmoid, loss="binary_crossentropy")),
        ex.CLASSES,
        "out of range for the outputs of sigmoid",
        "and 1 outputs",
    ),
    "outputs of a wrong rank": (
        Recipe(ex.stage(ends_in(8, 2))),
        ex.CLASSES,
        "the wrong shape for a classification",
        "(8, 2)",
    ),
    "outputs narrower than the targets": (
        Recipe(ex.stage(ends_in(1, activation=None), loss="mse")),
        ex.VALUES,
        "do not have the shape of the targets of 'values'",
        "(1,) for targets of shape (2,)",
    ),
    "one output without a binary loss": (
        Recipe(ex.stage(ex.sigmoid)),
        ex.BINARY,
        "does not take",
        "sparse_categorical_crossentropy",
    ),
    "a loss of one-hot rows": (
        Recipe(ex.stage(ex.plain, loss="categorical_crossentropy")),
        ex.CLASSES,
        "class labels, which the loss of plain does not take",
        "'categorical_crossentropy' for 8 outputs",
    ),
    "a loss object of one-hot rows": (
        Recipe(ex.stage(ex.plain, loss=keras.losses.CategoricalCrossentropy)),
        ex.CLASSES,
        "does not take",
        "categoricalcrossentropy",
    ),
    "a regression loss for labels": (Recipe(ex.stage(ex.plain, loss="mse")), ex.CLASSES, "does not take", "squared"),
    "an unknown optimizer": (
        Recipe(ex.stage(ex.plain, optimizer="adamm")),
        ex.CLASSES,
        "cannot make the optimizer of stage plain",
        "optimizer='adamm'",
    ),
    "an unknown loss": (
        Recipe(ex.stage(ex.plain, loss="crossentropy")),
        ex.CLASSES,
        "cannot make the loss of stage plain",
        "loss='crossentropy'",
    ),
    "an optimizer's class for a loss": (
        Recipe(ex.stage(ex.plain, optimizer=keras.losses.MeanSquaredError)),
        ex.CLASSES,
        "The optimizer of stage plain is a function that returns an object of another kind",
        "mean_squared_error",
    ),
    "one optimizer for all calls": (
        Recipe(ex.stage(ex.plain, optimizer=lambda: SHARED_OPTIMIZER)),
        ex.CLASSES,
        "has to be a new object at every call",
        "the same SGD twice",
    ),
    "an average of weights": (
        Recipe(ex.stage(ex.plain, optimizer=lambda: keras.optimizers.SGD(0.1, use_ema=True))),
        ex.CLASSES,
        "averages weights",
        "use_ema=True",
    ),
    "an average of weights in an optimizer with a loss scale": (
        Recipe(ex.stage(ex.plain, optimizer=lambda: LossScaleOptimizer(keras.optimizers.SGD(0.1, use_ema=True)))),
        ex.CLASSES,
        "averages weights",
        "SGD(use_ema=True)",
    ),
    "a parent that shares no layer": (
        Recipe(ex.stage(unrelated), ex.stage(ex.dense, inherits=unrelated)),
        ex.CLASSES,
        "dense inherits unrelated, but they share no layer",
        "another/kernel",
    ),
    "a parent whose layer has another shape": (
        Recipe(ex.stage(narrow), ex.stage(ex.plain, inherits=narrow)),
        FOUR_CLASSES,
        "plain inherits narrow, but a shared weight differs in shape",
        "classes/kernel of shape (6, 8), and classes/kernel of (6, 4)",
    ),
    "frozen layers that are missing": (
        Recipe(ex.stage(ex.plain), ex.stage(ex.plain, inherits=ex.plain, freezes=unrelated)),
        ex.CLASSES,
        "plain freezes unrelated, but they share no layer",
        "another/kernel",
    ),
    "a parent that cannot be loaded again": (
        Recipe(ex.stage(local_class), ex.stage(ex.plain, inherits=local_class)),
        ex.CLASSES,
        "local_class returns a model that Keras cannot save and load again",
        "saved_as='keras'",
    ),
    "a model that cannot be saved": (
        Recipe(ex.stage(lambda: Closed(3))),
        ex.CLASSES,
        "that Keras cannot save.",
        "Closed",
    ),
    "nothing to train": (
        Recipe(ex.stage(frozen)),
        ex.CLASSES,
        "frozen has no weights to train",
        "2 weights, none trainable",
    ),
    "everything frozen": (
        Recipe(ex.stage(ex.plain), ex.stage(ex.plain, inherits=ex.plain, freezes=ex.plain)),
        ex.CLASSES,
        "plain has no weights to train",
        "none trainable",
    ),
    "rows of another shape": (
        Recipe(ex.stage(ex.dense)),
        ex.IMAGES,
        "dense returns a model that cannot take the rows of 'images'",
        "rows of shape (8, 8, 1)",
    ),
    "inputs of other names": (
        Recipe(ex.stage(lambda: ex.joined({"image": (3, 3, 1), "age": (1,), "sex": (1,)}))),
        ex.PORTRAITS,
        "whose inputs do not have the names of the inputs of 'portraits'",
        "inputs age, image, sex; the data have age, image",
    ),
    "a preprocess that does not return a transformer": (
        Recipe(ex.stage(ex.plain), preprocess=lambda: 3),
        ex.CLASSES,
        "scikit-learn transformer",
        "3",
    ),
    "a build function that does not return a model": (
        Recipe(ex.stage(lambda: "model")),
        ex.CLASSES,
        "has to return a Keras model",
        "a str",
    ),
}


class Closed(keras.Model):
    """A model that Keras cannot describe, because it has no config."""

    def __init__(self, width):
        super().__init__()
        self.top = layers.Dense(8, activation="softmax")
        self.width = width

    def call(self, inputs):
        return self.top(inputs)

    def get_config(self):
        raise NotImplementedError("Closed has no config")


BAD |= {
    "an objective that does not run": (
        Recipe(ex.stage(ex.dense, objective=lambda model, x, y, *, training: model(x)[:, 99])),
        ex.CLASSES,
        "does not run on a batch of 'classes'",
        "inputs of shape (2, 6)",
    ),
    "an objective of another input": (
        Recipe(ex.stage(ex.joined, objective=lambda model, x, y, *, training: model(x)[:, 0] * x["sex"])),
        ex.PORTRAITS,
        "does not run on a batch of 'portraits'",
        "inputs of shape {'age': (2, 1), 'image': (2, 3, 3, 1)}",
    ),
    "an objective with a player that is not a layer": (
        Recipe(ex.stage(ex.dense, objective=lambda model, x, y, *, training: {"nobody": 0.0})),
        ex.CLASSES,
        "have to be layers of the model",
        "players nobody",
    ),
    "an objective whose players leave weights untrained": (
        Recipe(ex.stage(ex.dense, objective=lambda model, x, y, *, training: {"hidden": 0.0})),
        ex.CLASSES,
        "contain every trainable weight exactly once",
        "players hidden",
    ),
    "a loss that is a sum": (
        Recipe(ex.stage(ex.dense, loss=lambda: keras.losses.SparseCategoricalCrossentropy(reduction="sum"))),
        ex.CLASSES,
        "not a mean over rows",
        "reduction='sum'",
    ),
    "one output that is not a probability with a custom loss": (
        Recipe(ex.stage(ends_in(1, activation=None), loss=lambda: ex.squares)),
        ex.BINARY,
        "has to be a probability",
        "an output with activation",
    ),
    "a parent with a layer that Keras named": (
        Recipe(ex.stage(half_named), ex.stage(half_named, inherits=half_named)),
        ex.CLASSES,
        "some of its layers were not found",
        "dense",
    ),
    "a frozen base that shares no layer": (
        Recipe(ex.stage(ex.dense, freezes=ex.same_everywhere)),
        ex.CLASSES,
        "share no layer",
        "hidden_1/kernel",
    ),
    "a frozen base with a missing layer": (
        Recipe(ex.stage(ex.plain, freezes=ex.dense)),
        ex.CLASSES,
        "some of its layers were not found",
        "hidden_1/kernel",
    ),
    "a layer that is only partly shared": (
        Recipe(ex.stage(unbiased), ex.stage(ex.plain, inherits=unbiased)),
        ex.CLASSES,
        "only a part of a layer",
        "classes/bias",
    ),
    "a loss that is not reduced": (
        Recipe(ex.stage(ex.dense, loss=lambda: keras.losses.SparseCategoricalCrossentropy(reduction=None))),
        ex.CLASSES,
        "not a mean over rows",
        "reduction=None",
    ),
}


@pytest.mark.parametrize(("recipe", "data", "wrong", "received"), BAD.values(), ids=BAD)
def test_an_invalid_recipe_is_refused(recipe, data, wrong, received):
    with pytest.raises(InputError) as error:
        check_recipe(recipe, data)
    assert wrong in error.value.wrong
    assert received in str(error.value.received)
    assert error.value.remedy.endswith(".")


def test_targets_that_are_a_vector_fit_outputs_with_or_without_an_axis():
    data = Dataset(x=ex.CLASSES.x, y=ex.CLASSES.x[:, 0], name="vector")
    for shape in ((1,), ()):
        check_recipe(Recipe(ex.stage(ends_in(*shape, activation=None), loss="mse")), data)
