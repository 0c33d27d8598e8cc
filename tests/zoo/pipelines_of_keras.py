"""Clean pipelines with what Keras users have: tokens and an LSTM, and a frozen base with batch normalization."""

from __future__ import annotations

import numpy as np

from negres_core import Dataset, Recipe, Stage, beats, matches
from tests.zoo.pipelines import FIT, Pipeline, load, sample

WORDS = 12
"""Size of the vocabulary."""


def bag_of_words(input_shape, outputs):
    from keras import Input, Sequential, layers

    vectors = layers.Embedding(WORDS, 8, name="words")
    top = [layers.GlobalAveragePooling1D(), layers.Dense(16, "relu"), layers.Dense(outputs, "softmax")]
    return Sequential([Input(input_shape), vectors, *top])


def reader(input_shape, outputs):
    from keras import Input, Sequential, layers

    vectors = layers.Embedding(WORDS, 8, name="words")
    return Sequential([Input(input_shape), vectors, layers.LSTM(12, name="reader"), layers.Dense(outputs, "softmax")])


def lstm_of_tokens(seed):
    """Which of the words 1 and 2 comes last is the label."""
    random = np.random.default_rng(seed)
    x = random.integers(3, WORDS, size=(300, 5))
    places = np.sort(random.permuted(np.tile(np.arange(5), (300, 1)), axis=1)[:, :2], axis=1)
    y = np.arange(300) % 2
    x[np.arange(300), places[:, 0]], x[np.arange(300), places[:, 1]] = 2 - y, 1 + y
    return Pipeline(
        data=Dataset(x=x, y=y, name="tokens"),
        treatment=Recipe(Stage(reader, **FIT)),
        control=Recipe(Stage(bag_of_words, **FIT)),
        claim=beats("accuracy", by=0.1),
    )


def normalized(input_shape, outputs):
    """A base that scales its inputs, adapted to each training fold, with batch normalization."""
    from keras import Input, Sequential, layers

    hidden = [layers.Dense(24, "relu", name="hidden"), layers.BatchNormalization(momentum=0.9, name="moments")]
    scale = layers.Normalization(name="scale")
    return Sequential([Input(input_shape), scale, *hidden, layers.Dense(outputs, "softmax", name="classes")])


def headed(input_shape, outputs):
    from keras import Model, layers

    base = normalized(input_shape, outputs)
    features = base.get_layer("moments").output
    hidden = layers.Dense(16, "relu", name="head")(features)
    return Model(base.inputs[0], layers.Dense(outputs, "softmax", name="new_classes")(hidden))


def features(input_shape, outputs):
    """The layers of the base that the head keeps."""
    from keras import Model

    base = normalized(input_shape, outputs)
    return Model(base.inputs[0], base.get_layer("moments").output)


def frozen_normalization(seed):
    """A new head on a frozen base with batch normalization, against the base."""
    head = Stage(headed, inherits=normalized, freezes=features, **FIT)
    return Pipeline(
        data=sample(*load("digits"), seed, name="digits", rows=400),
        treatment=Recipe(Stage(normalized, **FIT), head),
        control=Recipe(Stage(normalized, **FIT)),
        claim=matches("accuracy", within=0.05),
    )


PIPELINES_OF_KERAS = {
    "tokens and an LSTM": lstm_of_tokens,
    "frozen base with batch normalization": frozen_normalization,
}
