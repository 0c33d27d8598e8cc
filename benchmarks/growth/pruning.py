"""Starts of smaller networks from a larger one that was trained: by single weights, or by whole units.

Each function is a start rule: it sets the weights of `model`, the network to train next, from those of `parent`.
"""

from __future__ import annotations

import numpy as np


def prune(model, parent, *, share=0.9):
    """Keep the largest weights of each `Masked` layer, and remove a share of them (Han et al. 2015)."""
    for layer in _masked(model):
        trained = parent.get_layer(layer.name)
        layer.kernel.assign(trained.kernel)
        layer.mask.assign(_largest(trained.kernel, share))


def prune_and_start_anew(model, parent, seed, *, share=0.9):
    """Take the sparse shape that `prune` would leave, and draw all weights anew (Liu et al. 2019)."""
    for place, layer in enumerate(layer for layer in model.layers if layer.weights):
        if hasattr(layer, "mask"):
            layer.mask.assign(_largest(parent.get_layer(layer.name).kernel, share))
        kind = type(layer.kernel_initializer)
        draw = kind.from_config(layer.kernel_initializer.get_config() | {"seed": (seed + place) % 2**31})
        layer.kernel.assign(draw(layer.kernel.shape))
        layer.bias.assign(np.zeros(layer.bias.shape))


def keep_largest_units(model, parent):
    """Keep the units of each hidden layer whose incoming weights have the largest norms (Li et al. 2017).

    Both networks are chains of Dense layers of the same names.
    """
    kept = None
    for layer in (layer for layer in model.layers if layer.weights):
        kernel, bias = parent.get_layer(layer.name).get_weights()
        kernel = kernel if kept is None else kernel[kept]
        largest = np.argsort(-np.linalg.norm(kernel, axis=0), kind="stable")
        kept = np.sort(largest[: layer.units])
        layer.set_weights([kernel[:, kept], bias[kept]])


def _masked(model):
    return [layer for layer in model.layers if hasattr(layer, "mask")]


def _largest(kernel, share):
    """Return a mask of a kernel's largest weights, 1 or 0, without the share to remove."""
    from keras.ops import convert_to_numpy

    sizes = np.abs(convert_to_numpy(kernel))
    removed = np.argsort(sizes, axis=None, kind="stable")[: round(share * sizes.size)]
    mask = np.ones(sizes.size, np.float32)
    mask[removed] = 0
    return mask.reshape(sizes.shape)
