"""Pruning: which weights and units are left, and that the others stay away while what is left is trained."""

import functools

import keras
import numpy as np
import pytest

from benchmarks.growth.models import mlp, sparse_mlp
from benchmarks.growth.pruning import keep_largest_units, prune, prune_and_start_anew

X = np.random.default_rng(0).normal(size=(100, 12)).astype(np.float32)
Y = (X[:, 0] > 0).astype(int)
BUILD = functools.partial(sparse_mlp, (12,), 2, widths=(10, 8))


@pytest.fixture
def parent():
    return BUILD()


def hidden(model):
    return [layer for layer in model.layers if hasattr(layer, "mask")]


def values(weight):
    return keras.ops.convert_to_numpy(weight)


def test_the_largest_weights_are_left_as_they_were(parent):
    model = BUILD()
    prune(model, parent, share=0.75)

    for layer, before in zip(hidden(model), hidden(parent), strict=True):
        kernel, left = np.abs(values(before.kernel)), values(layer.mask) == 1
        assert left.mean() == 0.25
        assert kernel[left].min() > kernel[~left].max()
        np.testing.assert_array_equal(values(layer.kernel), values(before.kernel))


def test_a_sparse_network_that_starts_anew_has_the_same_shape_and_other_weights(parent):
    pruned, anew, again, other = BUILD(), BUILD(), BUILD(), BUILD()
    prune(pruned, parent)
    for model, seed in ((anew, 2**32 - 1), (again, 2**32 - 1), (other, 5)):
        prune_and_start_anew(model, parent, seed)

    for layers in zip(*map(hidden, (pruned, anew)), strict=True):
        np.testing.assert_array_equal(*(values(layer.mask) for layer in layers))
    for place in range(3):
        kernels = [model.layers[place].get_weights()[0] for model in (pruned, anew, again, other)]
        np.testing.assert_array_equal(kernels[1], kernels[2])
        assert all(np.abs(kernels[1] - kernels[known]).min() > 0 for known in (0, 3))


def test_weights_that_were_removed_are_neither_used_nor_trained(parent):
    model = BUILD()
    # With a tenth of the weights left, those of a layer may all lead to units that are never active.
    prune(model, parent, share=0.5)
    before = [values(layer.kernel) for layer in hidden(model)]
    masks = [values(layer.mask) for layer in hidden(model)]
    outputs = model.predict(X, verbose=0)
    for layer in hidden(model):
        layer.kernel.assign(values(layer.kernel) + 9 * (1 - values(layer.mask)))
    np.testing.assert_array_equal(model.predict(X, verbose=0), outputs)

    model.compile("adam", "sparse_categorical_crossentropy", jit_compile=False)
    model.fit(X, Y, verbose=0)

    for layer, kernel, mask in zip(hidden(model), before, masks, strict=True):
        np.testing.assert_array_equal(values(layer.mask), mask)
        moved = values(layer.kernel) - 9 * (1 - mask) != kernel
        assert moved[mask == 1].any()
        np.testing.assert_allclose((values(layer.kernel) - 9 - kernel)[mask == 0], 0, atol=1e-5)


def test_the_units_with_the_largest_incoming_weights_are_kept():
    parent, model = mlp((12,), 2, widths=(6, 4)), mlp((12,), 2, widths=(3, 2))
    kernel = parent.get_layer("hidden_1").get_weights()[0]
    scales = np.array([1, 9, 1, 8, 7, 1])
    parent.get_layer("hidden_1").kernel.assign(scales * kernel / np.linalg.norm(kernel, axis=0))
    first, second, classes = (parent.get_layer(name) for name in ("hidden_1", "hidden_2", "classes"))
    keep_largest_units(model, parent)

    norms = np.linalg.norm(values(second.kernel)[[1, 3, 4]], axis=0)
    kept = np.sort(np.argsort(-norms)[:2])
    np.testing.assert_array_equal(model.get_layer("hidden_1").get_weights()[0], values(first.kernel)[:, [1, 3, 4]])
    np.testing.assert_array_equal(
        model.get_layer("hidden_2").get_weights()[0], values(second.kernel)[[1, 3, 4]][:, kept]
    )
    np.testing.assert_array_equal(model.get_layer("classes").get_weights()[0], values(classes.kernel)[kept])
