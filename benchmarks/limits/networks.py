"""The article's network with another dropout or another head, and the number of classes that it predicts."""

from __future__ import annotations

import numpy as np


def dropping(input_shape, outputs, *, rate):
    """Return the network of `grown`, with another rate of dropout; with 0, without any."""
    import keras
    from keras import layers

    return keras.Sequential(
        [
            layers.Input(input_shape),
            layers.Dense(100, activation="relu", name="new_1"),
            layers.Dense(input_shape[0], activation="relu", name="new_2"),
            layers.Dense(30, activation="relu", name="trunk_1"),
            layers.Dropout(rate, name="dropout_1"),
            layers.Dense(25, activation="relu", name="trunk_2"),
            layers.Dropout(rate, name="dropout_2"),
            layers.Dense(outputs, activation="softmax", name="trunk_3"),
        ]
    )


def with_a_spare_output(input_shape, outputs, *, rate):
    """Return the network of `dropping`, with an output more, for a class that no row has."""
    return dropping(input_shape, outputs + 1, rate=rate)


def count_predicted(targets, labels):
    """Return how many classes are predicted for any row."""
    del targets
    return len(np.unique(labels))
