"""The models of the growth family: names, what is trained, and what an autoencoder reconstructs."""

import numpy as np
import pytest
from keras import ops

from benchmarks.growth import models

X = np.random.default_rng(0).normal(size=(20, 6)).astype(np.float32)


def trained(model):
    return list(dict.fromkeys(weight.path.split("/")[-2] for weight in model.trainable_weights))


def test_a_trunk_that_was_never_trained_is_not_trained():
    model = models.on_random_base((6,), 3)

    assert [layer.name for layer in model.layers] == [layer.name for layer in models.grown((6,), 3).layers]
    assert trained(model) == ["new_1", "new_2"]


@pytest.mark.parametrize(
    ("frozen", "names"), [(0, ["hidden_1", "hidden_2", "classes"]), (1, ["hidden_2", "classes"]), (2, ["classes"])]
)
def test_the_first_layers_of_an_mlp_may_stay_as_they_are(frozen, names):
    model = models.mlp((6,), 3, widths=(5, 4), frozen=frozen)

    assert trained(model) == names
    assert [layer.name for layer in model.layers] == ["hidden_1", "hidden_2", "classes"]


def test_an_autoencoder_reconstructs_what_its_last_layer_is_given():
    model = models.autoencoder((6,), widths=(5, 4))
    first, second, decoder = model.layers

    assert trained(model) == ["hidden_2", "decoder_2"]
    given = first(X)
    expected = ops.mean((decoder(second(given)) - given) ** 2)
    np.testing.assert_allclose(models.reconstruct(model, X, None, training=True), expected, rtol=1e-6)
    assert models.autoencoder((6,), widths=(5,)).output_shape == (None, 6)
