"""GradMax: new units that do not change the outputs, and have the largest gradient (Evci et al. 2022).

https://arxiv.org/abs/2201.05125. New units have incoming weights of zero, and outgoing ones of a given norm. Which
outgoing ones make the gradient of the incoming ones largest follows from a singular value decomposition. Each function
is a start rule for a chain of Dense layers with softmax outputs and cross-entropy, of which the last hidden layer
becomes wider.
"""

from __future__ import annotations

import numpy as np

ROWS = 4096
"""Training rows by which the gradient is computed."""
BIAS = 1e-3
"""Of new units. At zero a rectifier has no gradient; what the bias adds to the outputs is taken from theirs."""


def gradmax(model, parent, x, y):
    """Start new units with the outgoing weights for which the gradient of their incoming weights is largest.

    Raises:
        ValueError: there are more new units than classes or inputs, so that some would have no gradient.
    """
    hidden, classes, new = _grown_layers(model, parent)
    features, errors = _features_and_errors(parent, x[:ROWS], y[:ROWS])
    gradients = errors.T @ features / len(features)
    if new > min(gradients.shape):
        raise ValueError(f"GradMax has directions for {min(gradients.shape)} new units. Received: {new}.")
    directions = np.linalg.svd(gradients, full_matrices=False)[0][:, :new].T
    _add_units(hidden, classes, parent, directions)


def random_units(model, parent, seed):
    """Start new units with random outgoing weights, as large as those of `gradmax`."""
    hidden, classes, new = _grown_layers(model, parent)
    directions = np.random.default_rng(seed).normal(size=(new, classes.units))
    _add_units(hidden, classes, parent, directions / np.linalg.norm(directions, axis=1, keepdims=True))


def _grown_layers(model, parent):
    """Return the last hidden layer of a network, its outputs, and how many units the former has more."""
    *_, hidden, classes = (layer for layer in model.layers if layer.weights)
    return hidden, classes, hidden.units - parent.get_layer(hidden.name).units


def _features_and_errors(parent, x, y):
    """Return the inputs of the last hidden layer, (rows, features), and the loss gradient by scores, (rows, classes).

    The scores are what reaches the softmax.
    """
    import keras

    *_, hidden, classes = (layer for layer in parent.layers if layer.weights)
    seen = keras.Model(parent.inputs[0], [hidden.input, classes.output])
    features, probabilities = (keras.ops.convert_to_numpy(part) for part in seen(x, training=False))
    return features, probabilities - np.eye(classes.units)[np.ravel(y).astype(int)]


def _add_units(hidden, classes, parent, directions):
    """Give a layer new units without incoming weights; outgoing ones have given directions, and the norm of others."""
    kernel, bias = parent.get_layer(hidden.name).get_weights()
    outgoing, offset = parent.get_layer(classes.name).get_weights()
    new = directions * np.linalg.norm(outgoing, axis=1).mean()
    hidden.set_weights([np.pad(kernel, ((0, 0), (0, len(new)))), np.pad(bias, (0, len(new)), constant_values=BIAS)])
    # Each new unit has the output BIAS, whatever the inputs.
    classes.set_weights([np.concatenate([outgoing, new]), offset - BIAS * new.sum(axis=0)])
