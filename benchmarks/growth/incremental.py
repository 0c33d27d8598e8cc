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


def among(model, x, y, *, training, classes):
    """Return the cross-entropy of rows of some classes, told from each other alone; an objective of a stage.

    Args:
        model: a classifier with probabilities of all classes.
        x: inputs.
        y: labels.
        training: whether the model is trained.
        classes: a range of labels. Other rows do not count, and scores of other classes are not trained.
    """
    from keras import ops

    y = ops.cast(ops.reshape(y, (-1,)), "int32")
    first, last = classes[0], classes[-1]
    told = ops.log(model(x, training=training)[:, first : last + 1] + 1e-37)
    inside = ops.cast(ops.logical_and(y >= first, y <= last), told.dtype)
    wanted = ops.one_hot(ops.clip(y, first, last) - first, len(classes))
    losses = ops.logsumexp(told, axis=1) - ops.sum(wanted * told, axis=1)
    return ops.sum(inside * losses) / ops.maximum(ops.sum(inside), 1)


def accuracy_of(targets, probabilities, *, old):
    """Return the accuracy on rows of old classes; 1 if there are none, since nothing can be forgotten."""
    rows = targets < old
    if not rows.any():
        return 1.0
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
