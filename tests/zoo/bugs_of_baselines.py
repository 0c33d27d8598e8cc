"""Bugs of the control arm: it is held back, so that any treatment arm beats it.

The arms differ in their architecture too, which is what the claim is about.
"""

from __future__ import annotations

from dataclasses import replace

from negres_core import Fit, Recipe, Stage
from tests.zoo.models import network, rate
from tests.zoo.pipelines import FIT, Pipeline, digits, min_max
from tests.zoo.pipelines_of_arms import trees
from tests.zoo.specimens import bug


def held_back(seed, build=None, **fields) -> Pipeline:
    """Return the pipeline on digits with another control arm: a smaller network, or a field of its stage."""
    stage = replace(digits(seed).control.last, **({"build": build} if build else {}) | fields)
    return replace(digits(seed), control=Recipe(stage, preprocess=min_max))


@bug("control arm with a dropout of 0.9", "weak control arm")
def drop_most(seed):
    return held_back(seed, network(drop=0.9))


@bug("control arm with a hundredth of the rate", "weak control arm")
def crawl(seed):
    return held_back(seed, optimizer=rate(1e-4))


@bug("control arm with a tenth of the epochs", "weak control arm")
def stop_early(seed):
    return held_back(seed, epochs=2)


def penalized(input_shape, outputs):
    import keras
    from keras import layers, regularizers

    hidden = layers.Dense(16, "relu", kernel_regularizer=regularizers.L2(0.3))
    last = layers.Dense(outputs, "softmax", kernel_regularizer=regularizers.L2(0.3))
    return keras.Sequential([layers.Input(input_shape), hidden, last])


@bug("control arm with an L2 penalty of 0.3", "weak control arm")
def penalize(seed):
    return held_back(seed, penalized)


def left_frozen(input_shape, outputs):
    import keras
    from keras import layers

    bottleneck = layers.Dense(4, "relu", trainable=False)
    return keras.Sequential([layers.Input(input_shape), bottleneck, layers.Dense(outputs, "softmax")])


@bug("control arm with a layer left frozen", "weak control arm")
def leave_frozen(seed):
    """The layer was frozen to try something, and is still; all information has to pass through its random weights."""
    return held_back(seed, left_frozen)


@bug("forest against a control arm with a hundredth of the rate", "weak control arm")
def crawl_behind_forest(seed):
    """The treatment arm is not a network, so it has no settings for the control arm: Keras' defaults stand in."""
    stage = Stage(network(hidden=(24,)), **FIT | {"epochs": 40, "optimizer": rate(1e-5)})
    return replace(digits(seed), treatment=Recipe(Fit(trees)), control=Recipe(stage, preprocess=min_max))
