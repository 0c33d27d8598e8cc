"""The networks of the resizing family: what they share from size to size."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import test_resizing as resizing

FACES = np.random.default_rng(0).uniform(size=(2, 16, 16, 3)).astype(np.float32)


def weights_of(model):
    return {tuple(weight.path.split("/")[-2:]): tuple(weight.shape) for weight in model.weights}


@pytest.mark.parametrize("shape", [(16, 16, 3), (64,)], ids=["faces", "digits"])
def test_a_classifier_has_the_same_weights_at_both_sizes(shape):
    full, half = resizing.classifier(shape, 4), resizing.half(shape, 4)

    assert weights_of(full) == weights_of(half)
    assert full.get_layer("conv_1").output.shape[1] == 2 * half.get_layer("conv_1").output.shape[1]


def test_a_smaller_autoencoder_reconstructs_smaller_images_at_the_same_size():
    for levels in (1, 2):
        images = np.asarray(resizing.growing_autoencoder((16, 16, 3), levels=levels)(FACES))
        block = 2 ** (2 - levels)
        corners = images[:, ::block, ::block]

        assert images.shape == FACES.shape
        np.testing.assert_array_equal(images, corners.repeat(block, axis=1).repeat(block, axis=2))


def test_growing_keeps_all_layers_but_those_next_to_the_images():
    small, large = (weights_of(resizing.growing_autoencoder((16, 16, 3), levels=levels)) for levels in (1, 2))

    lost = {layer for (layer, name), shape in small.items() if large.get((layer, name)) != shape}
    assert lost == {"from_images_1", "to_images_1"}
    new = {layer for layer, _ in large.keys() - small.keys()}
    assert new == {"from_images_2", "to_images_2", "inwards_1", "outwards_1"}


def test_the_code_has_the_same_size_throughout():
    for levels in (1, 2):
        model = resizing.growing_autoencoder((16, 16, 3), levels=levels)

        assert model.get_layer("code").output.shape == (None, 32)
