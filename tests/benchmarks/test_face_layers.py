"""The layers of the faces family: a sampled code with its closed-form divergence, and the two players of a GAN."""

import keras
import numpy as np
import pytest

from benchmarks.face_layers import Adversaries, Sampling

SHAPE = (16, 16, 3)
IMAGES = np.random.default_rng(0).uniform(size=(5, *SHAPE)).astype(np.float32)


def moments_of(mean, variance):
    return np.concatenate([mean, np.log(variance)], axis=1).astype(np.float32)


def test_the_divergence_of_a_code_from_the_standard_normal_is_its_closed_form():
    layer = Sampling(0.5)

    layer(moments_of(np.array([[1.0, -2.0]]), np.array([[1.0, 4.0]])))

    expected = 0.5 * 0.5 * ((1 + 1 - 1 - 0) + (4 + 4 - 1 - np.log(4.0)))
    assert float(layer.losses[0]) == pytest.approx(expected, rel=1e-6)


def test_a_code_is_its_mean_outside_training():
    mean = np.array([[1.0, -2.0]], dtype=np.float32)

    np.testing.assert_array_equal(Sampling(1.0)(moments_of(mean, np.full_like(mean, 4)), training=False), mean)


def test_codes_have_their_mean_and_variance_in_training():
    mean, variance = np.full((20_000, 2), [1.0, -2.0]), np.full((20_000, 2), [0.25, 4.0])

    codes = np.asarray(Sampling(1.0)(moments_of(mean, variance), training=True))

    np.testing.assert_allclose(codes.mean(axis=0), mean[0], atol=0.07)
    np.testing.assert_allclose(codes.var(axis=0), variance[0], rtol=0.07)


def test_players_map_images_to_generated_images_and_images_to_one_logit():
    model = Adversaries(SHAPE, code=8, width=4)

    first, second = (np.asarray(model(IMAGES)) for _ in range(2))

    assert first.shape == IMAGES.shape
    assert first.min() >= 0
    assert first.max() <= 1
    assert not np.allclose(first, second)
    assert model.discriminator(first).shape == (5, 1)


def test_players_survive_being_saved(tmp_path):
    model = Adversaries(SHAPE, code=8, width=4)
    model(IMAGES)
    model.save(tmp_path / "players.keras")

    loaded = keras.models.load_model(tmp_path / "players.keras")

    codes = np.random.default_rng(0).normal(size=(5, 8)).astype(np.float32)
    np.testing.assert_allclose(loaded.decoder(codes), model.decoder(codes), atol=1e-6)
    np.testing.assert_allclose(loaded.discriminator(IMAGES), model.discriminator(IMAGES), atol=1e-5)


@pytest.mark.parametrize(
    "build", [lambda: Sampling(0.5), lambda: Adversaries(SHAPE, code=8, width=4)], ids=["sampling", "adversaries"]
)
def test_the_module_in_a_configuration_is_the_one_that_replicate_ids_depend_on(build):
    assert keras.saving.serialize_keras_object(build())["module"] == "benchmarks.face_layers"
