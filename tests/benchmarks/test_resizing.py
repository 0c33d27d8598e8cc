"""The networks of the resizing family: what they share from size to size."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks import test_resizing as resizing

FACES = np.random.default_rng(0).uniform(size=(2, 32, 32, 3)).astype(np.float32)


def weights_of(model):
    return {tuple(weight.path.split("/")[-2:]): tuple(weight.shape) for weight in model.weights}


@pytest.mark.parametrize("shape", [(32, 32, 3), (64,)], ids=["faces", "digits"])
def test_a_classifier_has_the_same_weights_at_both_sizes(shape):
    full, half = resizing.classifier(shape, 4), resizing.half(shape, 4)

    assert weights_of(full) == weights_of(half)
    assert full.get_layer("conv_1").output.shape[1] == 2 * half.get_layer("conv_1").output.shape[1]


def test_a_smaller_autoencoder_reconstructs_smaller_images_at_the_same_size():
    for levels in (1, 2, 3):
        images = np.asarray(resizing.growing_autoencoder((32, 32, 3), levels=levels)(FACES))
        block = 2 ** (3 - levels)
        corners = images[:, ::block, ::block]

        assert images.shape == FACES.shape
        np.testing.assert_array_equal(images, corners.repeat(block, axis=1).repeat(block, axis=2))


def test_growing_keeps_all_layers_but_those_next_to_the_images():
    small, middle, large = (
        weights_of(resizing.growing_autoencoder((32, 32, 3), levels=levels)) for levels in (1, 2, 3)
    )

    for before, after in ((small, middle), (middle, large)):
        lost = {layer for (layer, name), shape in before.items() if after.get((layer, name)) != shape}
        assert {name[:-1] for name in lost} == {"from_images_", "to_images_"}
    new = {layer for layer, _ in large.keys() - middle.keys()}
    assert new == {"from_images_3", "to_images_3", "inwards_2", "outwards_2"}


def test_the_code_has_the_same_size_throughout():
    for levels in (1, 2, 3):
        model = resizing.growing_autoencoder((32, 32, 3), levels=levels)

        assert model.get_layer("code").output.shape == (None, 64)
