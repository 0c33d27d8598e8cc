"""The models of the faces family: shapes, names, and the effect of every option."""

import keras
import numpy as np
import pytest

from benchmarks.faces import models

SHAPE = (16, 16, 3)
FACES = np.random.default_rng(0).uniform(size=(5, *SHAPE)).astype(np.float32)
SMALL = {"code": 8, "width": 4, "blocks": 2}


@pytest.mark.parametrize(
    "build",
    [
        lambda: models.cae(SHAPE, **SMALL),
        lambda: models.cae(SHAPE, **SMALL, normalized=True, resized=True),
        lambda: models.vae(SHAPE, **SMALL),
        lambda: models.dense_autoencoder(SHAPE, code=8, width=16),
    ],
    ids=["cae", "cae with all options", "vae", "dense"],
)
def test_an_autoencoder_maps_faces_to_codes_and_back(build):
    model = build()
    codes = model.get_layer("encoder")(FACES, training=False)

    assert codes.shape == (5, 8)
    faces = model.get_layer("decoder")(codes, training=False)
    np.testing.assert_allclose(faces, model(FACES, training=False), atol=1e-6)
    assert faces.shape == (5, *SHAPE)


@pytest.mark.parametrize(("activation", "low"), [("sigmoid", 0.0), ("tanh", -1.0)])
def test_the_output_has_the_requested_activation(activation, low):
    model = models.cae(SHAPE, **SMALL, output=activation)

    assert model.get_layer("decoder").layers[-1].activation is keras.activations.get(activation)
    assert float(keras.ops.min(model(FACES))) >= low


def test_each_option_of_a_cae_changes_its_layers():
    def kinds(**options):
        model = models.cae(SHAPE, **SMALL | options)
        return [type(layer).__name__ for part in ("encoder", "decoder") for layer in model.get_layer(part).layers]

    assert kinds(normalized=True).count("BatchNormalization") == 3
    assert "UpSampling2D" in kinds(resized=True)
    assert "Conv2DTranspose" not in kinds(resized=True)
    assert kinds(blocks=3).count("Conv2D") == 3
    assert len({models.cae(SHAPE, **SMALL | {"width": width}).count_params() for width in (4, 8)}) == 2


def test_a_vae_samples_codes_in_training_and_uses_their_mean_otherwise():
    model = models.vae(SHAPE, **SMALL)

    first, second = (np.asarray(model(FACES, training=True)) for _ in range(2))

    assert not np.allclose(first, second)
    np.testing.assert_array_equal(model(FACES, training=False), model(FACES, training=False))


def test_a_vae_survives_being_saved(tmp_path):
    model = models.vae(SHAPE, **SMALL)
    model.save(tmp_path / "vae.keras")

    loaded = keras.models.load_model(tmp_path / "vae.keras")

    np.testing.assert_allclose(loaded(FACES, training=False), model(FACES, training=False), atol=1e-6)


def test_the_players_of_a_dcgan_have_opposite_losses():
    model = models.dcgan(SHAPE, code=8, width=4)
    model(FACES)
    last = model.discriminator.layers[-1]

    def losses_at(logit):
        """The losses if the discriminator gives every image the same logit."""
        last.set_weights([np.zeros_like(last.kernel), np.array([logit])])
        return {name: float(loss) for name, loss in models.play(model, FACES, FACES, training=True).items()}

    fooled, suspicious = losses_at(5.0), losses_at(-5.0)

    assert fooled["decoder"] < 0.01 < suspicious["decoder"]
    assert fooled["discriminator"] == pytest.approx(suspicious["discriminator"], rel=1e-5)


def test_the_encoder_of_a_dcgan_learns_from_generated_images_alone():
    model = models.encoded_dcgan(SHAPE, code=8, width=4)
    model(FACES)
    codes, generated = np.asarray(model.draw(FACES)), np.asarray(model(FACES))

    assert codes.shape == model.encoder(FACES).shape == (5, 8)
    assert generated.shape == FACES.shape
    last = model.encoder.layers[-1]
    last.set_weights([np.zeros_like(last.kernel), np.zeros(8)])
    losses = models.play_and_encode(model, FACES, None, training=False)
    assert set(losses) == {"decoder", "discriminator", "encoder"}
    # A guess of zero is off by the variance of standard normal codes, whatever the images are.
    assert float(losses["encoder"]) == pytest.approx(1.0, abs=0.7)


def test_a_dcgan_with_an_encoder_survives_being_saved(tmp_path):
    model = models.encoded_dcgan(SHAPE, code=8, width=4)
    model(FACES)
    model.save(tmp_path / "gan.keras")

    loaded = keras.models.load_model(tmp_path / "gan.keras")

    np.testing.assert_allclose(loaded.encoder(FACES), model.encoder(FACES), atol=1e-6)
