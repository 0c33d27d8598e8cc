"""Starts from weights that were trained before, on other rows or for another network.

Each function is a start rule: it sets the weights of `model`, the network to train next, from those of `parent`.
"""

from __future__ import annotations

import numpy as np

SHRINK, PERTURB = 0.6, 0.01
"""What weights are multiplied by, and the standard deviation of the noise: those of Ash & Adams 2020."""


def shrink_and_perturb(model, parent, seed):
    """Start with smaller weights and some noise (Ash & Adams 2020, https://arxiv.org/abs/1910.08475)."""
    from keras.ops import convert_to_numpy

    random = np.random.default_rng(seed)
    for weight, trained in zip(model.trainable_weights, parent.trainable_weights, strict=True):
        noise = random.normal(scale=PERTURB, size=tuple(weight.shape))
        weight.assign(SHRINK * convert_to_numpy(trained) + noise)


def with_new_outputs(model, parent, seed):
    """Start with the hidden layers of the parent, which were inherited, and with random weights of the outputs."""
    import keras

    classes = model.get_layer("classes")
    draw = keras.initializers.GlorotUniform(seed=seed % 2**31)
    classes.set_weights([draw(classes.kernel.shape), np.zeros(classes.units)])
