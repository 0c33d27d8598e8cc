"""Cascade-Correlation: hidden units one by one, each trained to follow the errors that are left, and then frozen.

Fahlman & Lebiere 1990, "The Cascade-Correlation Learning Architecture". Stages alternate. One trains the outputs of a
`cascade`. The next one trains a pool of `candidates` for the next unit by the `covariance` with the errors. The best of
them becomes a unit by the start rule `install_best` of the stage after that.
"""

from __future__ import annotations

import functools
from itertools import pairwise

import numpy as np


def cascade(input_shape, outputs, *, units, candidates=0, frozen=True):
    """Return a network whose units see the inputs and all units before them, as its outputs do.

    Args:
        input_shape: (features,).
        outputs: number of classes.
        units: hidden units, `unit_1` and so on.
        candidates: units to choose the next one from. If there are any, they alone are trained, and the model returns
            (rows, outputs + candidates).
        frozen: whether units stay as they were installed.
    """
    import keras
    from keras import layers

    features = inputs = keras.Input(input_shape)
    for place in range(1, units + 1):
        unit = layers.Dense(1, "tanh", name=f"unit_{place}", trainable=not (frozen or candidates))
        features = layers.Concatenate()([features, unit(features)])
    classes = layers.Dense(outputs, "softmax", name="classes", trainable=not candidates)(features)
    if not candidates:
        return keras.Model(inputs, classes)
    pool = layers.Dense(candidates, "tanh", name="candidates")(features)
    return keras.Model(inputs, layers.Concatenate()([classes, pool]))


def covariance(model, x, y, *, training):
    """Return the sum over candidates and outputs of the size of their covariance with the errors, to be minimized."""
    from keras import ops

    sizes = _covariances(model(x, training=training), ops.reshape(y, (-1,)), model.get_layer("candidates").units)
    return -ops.sum(sizes)


def install_best(model, parent, x, y):
    """Start a cascade with one unit more: the candidate whose covariance with the errors is largest.

    The outputs do not see the new unit yet.
    """
    from keras import ops

    pool = parent.get_layer("candidates")
    sizes = _covariances(parent(x, training=False), np.ravel(y), pool.units)
    best = int(np.argmax(ops.convert_to_numpy(sizes)))
    *_, unit = (layer for layer in model.layers if layer.name.startswith("unit_"))
    kernel, bias = pool.get_weights()
    unit.set_weights([kernel[:, best : best + 1], bias[best : best + 1]])
    kernel, bias = parent.get_layer("classes").get_weights()
    model.get_layer("classes").set_weights([np.pad(kernel, ((0, 1), (0, 0))), bias])


def _covariances(outputs, y, candidates):
    """Return the size of each candidate's covariance with the errors, summed over outputs, (candidates,)."""
    from keras import ops

    probabilities, pool = outputs[:, :-candidates], outputs[:, -candidates:]
    errors = probabilities - ops.one_hot(ops.cast(y, "int32"), probabilities.shape[-1])
    pool = pool - ops.mean(pool, axis=0)
    errors = errors - ops.mean(errors, axis=0)
    return ops.sum(ops.abs(ops.matmul(ops.transpose(pool), errors)), axis=1) / ops.shape(pool)[0]


def stages(units, *, candidates=8, last=None, **fit):
    """Return the stages that build a cascade of some units, the last of which trains its outputs.

    Args:
        units: hidden units.
        candidates: units that each one is chosen from.
        last: None, or options of the last build, such as {"frozen": False}.
        **fit: options of every stage.
    """
    from negres_core import Stage

    builds = [functools.partial(cascade, units=count) for count in range(units + 1)]
    if last:
        builds[-1] = functools.partial(cascade, units=units, **last)
    made = [Stage(builds[0], **fit)]
    for before, after in pairwise(builds):
        pool = functools.partial(cascade, units=before.keywords["units"], candidates=candidates)
        made += [
            Stage(pool, inherits=before, objective=covariance, **fit),
            Stage(after, inherits=pool, start=install_best, **fit),
        ]
    return made
