"""Clean pipelines whose models have several outputs."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset, Recipe, Stage, beats, matches
from tests.zoo.pipelines import FIT, Pipeline, load, min_max

CROSS_ENTROPY = "sparse_categorical_crossentropy"
LOSSES = {"even": CROSS_ENTROPY, "large": CROSS_ENTROPY}


def questions(seed, *, rows=400):
    """Return images of digits with two questions about the digit: is it even, and is it more than 4?"""
    x, digit = load("digits")
    chosen = np.random.default_rng(seed).permutation(len(x))[:rows]
    y = {"even": (digit % 2 == 0).astype(int)[chosen], "large": (digit > 4).astype(int)[chosen]}
    return Dataset(x=x[chosen], y=y, name="questions")


def answers(input_shape, outputs):
    """A hidden layer that two outputs share."""
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    hidden = layers.Dense(32, "relu")(inputs)
    return keras.Model(inputs, {name: layers.Dense(outputs[name], "softmax", name=name)(hidden) for name in outputs})


def one_answer(input_shape, outputs):
    import keras
    from keras import layers

    return keras.Sequential([keras.Input(input_shape), layers.Dense(outputs["even"], "softmax")])


ANSWERS = Recipe(Stage(answers, loss=LOSSES, loss_weights={"large": 0.5}, **FIT), preprocess=min_max)


def two_outputs(seed):
    """Is a network that learns both questions better at one of them than a linear model of that question alone?"""
    return Pipeline(
        data=questions(seed),
        treatment=ANSWERS,
        control=Recipe(Stage(one_answer, **FIT), preprocess=min_max),
        claim=beats("accuracy", output="even"),
    )


def logits(input_shape, outputs):
    """Two outputs of other kinds: a logit, and values."""
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    hidden = layers.Dense(32, "relu")(inputs)
    return keras.Model(
        inputs, {"even": layers.Dense(1, name="even")(hidden), "ink": layers.Dense(outputs["ink"], name="ink")(hidden)}
    )


def binary_logits():
    import keras

    return keras.losses.BinaryCrossentropy(from_logits=True)


def ink(seed):
    """How much ink a digit has, predicted beside whether it is even; with more epochs it should be much the same."""
    data = questions(seed)
    shares = data.x.reshape(len(data), -1).mean(axis=1) / 16
    noise = np.random.default_rng(seed).normal(scale=0.02, size=len(data))
    stage = {"loss": {"even": binary_logits, "ink": "mse"}, **FIT}
    return Pipeline(
        data=Dataset(x=data.x, y={"even": data.y["even"], "ink": 10 * (shares + noise)}, name="ink"),
        treatment=Recipe(Stage(logits, **stage | {"epochs": 20}), preprocess=min_max),
        control=Recipe(Stage(logits, **stage), preprocess=min_max),
        claim=matches("mae", within=0.2, output="ink"),
    )


PIPELINES_OF_OUTPUTS = {"two outputs": two_outputs, "outputs of two kinds": ink}
