"""Net2Net: a larger network that starts with the function of the trained one, or with its weights among random ones.

Chen, Goodfellow & Shlens 2016, https://arxiv.org/abs/1511.05641. Each function is a start rule: it sets the weights of
`model`, the network to train next, from those of `parent`, the trained one. Both are chains of Dense, Conv2D and
BatchNormalization layers, and of layers without weights; layers that they share have the same names.
"""

from __future__ import annotations

import numpy as np

NOISE = 0.05
"""Standard deviation of what tells copies of a unit apart, in standard deviations of a layer's weights."""


def net2wider(model, parent, seed):
    """Start a wider network with the outputs of its parent: new units are copies of random ones (Net2WiderNet).

    Copies share the outgoing weights of the unit that they are copied from. They would stay copies for ever, so noise
    is added to the outgoing weights; over the copies of a unit it sums to zero, so that the outputs stay the same.

    Raises:
        ValueError: a layer with weights is of another kind, or the parent has none of its name.
    """
    random = np.random.default_rng(seed)
    teachers = {layer.name: layer for layer in parent.layers}
    sources = None  # of each unit of the layer before, the unit of the parent's that it is a copy of
    width = None  # the units of the parent's layer before
    for layer in model.layers:
        if not layer.weights:
            continue
        if layer.name not in teachers:
            raise ValueError(f"A wider network has the layers of its parent, which has no {layer.name!r}.")
        teacher = teachers[layer.name].get_weights()
        kind = type(layer).__name__
        if kind == "BatchNormalization":
            layer.set_weights([weight[sources] for weight in teacher])
        elif kind in ("Dense", "Conv2D"):
            kernel, *bias = teacher
            if sources is not None:
                kernel = _shared_among_copies(kernel, sources, width, random)
            width = kernel.shape[-1]
            extra = layer.kernel.shape[-1] - width
            sources = np.concatenate([np.arange(width), random.integers(width, size=extra)])
            layer.set_weights([kernel[..., sources], *(b[sources] for b in bias)])
        else:
            raise ValueError(f"Net2WiderNet is not defined for a layer of kind {kind}, {layer.name!r}.")


def _shared_among_copies(kernel, sources, width, random):
    """Return a kernel whose inputs are the copies `sources` of `width` units, with the outputs of the one given."""
    # After a Flatten, the units of the layer before come once for each place.
    inputs = np.concatenate([place + sources for place in range(0, kernel.shape[-2], width)])
    copied = inputs[:, None] == np.arange(kernel.shape[-2])
    copies = copied.sum(axis=0)
    shared = kernel[..., inputs, :] / copies[inputs][:, None]
    noise = random.normal(scale=NOISE * kernel.std(), size=shared.shape)
    mean = np.swapaxes(copied / copies, 0, 1) @ noise
    return shared + noise - mean[..., inputs, :]


def net2deeper(model, parent):
    """Start a deeper network with the outputs of its parent: new layers return what they are given (Net2DeeperNet).

    What reaches them has to be the output of a rectifier, which another one does not change.

    Raises:
        ValueError: a new layer has weights and is no Dense or Conv2D layer with rectifiers, as wide as the one before.
    """
    known = {layer.name for layer in parent.layers}
    for layer in model.layers:
        if layer.name in known or not layer.weights:
            continue
        shape = layer.weights[0].shape
        activation = getattr(layer, "activation", None)
        if getattr(activation, "__name__", None) != "relu" or len(shape) < 2 or shape[-1] != shape[-2]:
            raise ValueError(f"No start of {layer.name!r}, of shape {tuple(shape)}, returns what it is given.")
        kernel = np.zeros(shape)
        middle = tuple((size - 1) // 2 for size in shape[:-2])
        kernel[middle] = np.eye(shape[-1])
        layer.set_weights([kernel, *(np.zeros(weight.shape) for weight in layer.weights[1:])])


def random_pad(model, parent):
    """Start a wider network with the weights of its parent for the first units, and with random ones for new units.

    New units reach the outputs from the start. They have the weights that the build function drew for them. Layers
    behind a Flatten, whose inputs would be displaced, have to be as wide as in the parent before it.
    """
    teachers = {layer.name: layer for layer in parent.layers}
    for layer in model.layers:
        if layer.name not in teachers or not layer.weights:
            continue
        padded = layer.get_weights()
        for weight, known in zip(padded, teachers[layer.name].get_weights(), strict=True):
            weight[tuple(slice(size) for size in known.shape)] = known
        layer.set_weights(padded)


def silent_pad(model, parent):
    """Start a wider network with the outputs of its parent: new units are random, and reach no layer yet.

    The network is one that `random_pad` can start. Incoming weights of new units are those that the build function
    drew, and outgoing ones are zero until they are trained.
    """
    random_pad(model, parent)
    grew = 0  # units by which the layer before grew
    for layer in (layer for layer in model.layers if layer.weights):
        kernel, *others = layer.get_weights()
        if grew:
            kernel[..., -grew:, :] = 0
        layer.set_weights([kernel, *others])
        grew = kernel.shape[-1] - parent.get_layer(layer.name).get_weights()[0].shape[-1]
