"""A clean pipeline whose model has several outputs."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset, Recipe, Stage, beats
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


PIPELINES_OF_OUTPUTS = {"two outputs": two_outputs}
