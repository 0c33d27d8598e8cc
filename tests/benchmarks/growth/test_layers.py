"""A dense layer with a mask: what it computes, and that its mask is saved with it."""

import keras
import numpy as np
import pytest

from benchmarks.growth.layers import Masked

X = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)


@pytest.fixture
def model():
    return keras.Sequential([keras.Input((6,)), Masked(4, "tanh", name="masked")])


def test_it_is_a_dense_layer_until_weights_are_removed(model):
    layer = model.get_layer("masked")
    layer.bias.assign(np.arange(4))
    kernel, bias, mask = layer.get_weights()
    np.testing.assert_allclose(model(X), np.tanh(X @ kernel + bias), atol=1e-5)

    mask[2:] = 0
    layer.mask.assign(mask)

    np.testing.assert_allclose(model(X), np.tanh(X[:, :2] @ kernel[:2] + bias), atol=1e-5)
    assert [weight.path.split("/")[-1] for weight in model.trainable_weights] == ["kernel", "bias"]


@pytest.mark.parametrize("form", ["keras", "h5"])
def test_the_mask_is_saved_with_its_model(model, tmp_path, form):
    layer = model.get_layer("masked")
    layer.mask.assign(np.tile([[1], [0]], (3, 4)))
    model.save(tmp_path / f"model.{form}")
    loaded = keras.models.load_model(tmp_path / f"model.{form}")

    for ours, theirs in zip(loaded.get_layer("masked").get_weights(), layer.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(loaded(X), model(X))
