"""Classes that come later: a network that is expanded for them (Yoon et al. 2018), and how much it forgets.

Dynamically Expandable Networks, https://arxiv.org/abs/1708.01547. The old classes are the first ones.
"""

from __future__ import annotations

import functools

import numpy as np


def expandable(input_shape, outputs, *, old, units=32, new_units=0):
    """Return a classifier of two parts: one for the old classes, and one for new ones that sees what the old one does.

    Args:
        input_shape: (features,).
        outputs: number of classes, old and new.
        old: number of old classes.
        units: hidden units of the old part.
        new_units: hidden units that are for new classes alone.
    """
    import keras
    from keras import layers

    inputs = keras.Input(input_shape)
    hidden = layers.Dense(units, "relu", name="old_hidden")(inputs)
    scores = layers.Dense(old, name="old_classes")(hidden)
    if new_units:
        hidden = layers.Concatenate()([hidden, layers.Dense(new_units, "relu", name="new_hidden")(inputs)])
    scores = layers.Concatenate()([scores, layers.Dense(outputs - old, name="new_classes")(hidden)])
    return keras.Model(inputs, layers.Softmax()(scores))


def old_part(input_shape, *, old, units=32):
    """Return the part of an `expandable` for the old classes."""
    import keras
    from keras import layers

    hidden = [layers.Dense(units, "relu", name="old_hidden"), layers.Dense(old, name="old_classes")]
    return keras.Sequential([keras.Input(input_shape), *hidden])


def weights_of(classes, outputs):
    """Return class weights with which a stage is trained on some classes alone."""
    return {number: float(number in classes) for number in range(outputs)}


def accuracy_of(targets, probabilities, *, old):
    """Return the accuracy on rows of old classes."""
    rows = targets < old
    return float(np.mean(np.argmax(probabilities[rows], axis=1) == targets[rows]))


def of_old_classes(old):
    """Return the accuracy on rows of the old classes, as a metric."""
    from negres_core import Metric

    return Metric(
        "accuracy_of_old_classes",
        higher_is_better=True,
        unit="accuracy",
        compute=functools.partial(accuracy_of, old=old),
    )
