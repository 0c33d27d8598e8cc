"""The models of the faces family: shapes, names, and that what is parametrized is what changes."""

import keras
import numpy as np
import pytest

from benchmarks.faces import models as face_models
from benchmarks.face_layers import Sampling

SHAPE = (16, 16, 3)
FACES = np.random.default_rng(0).uniform(size=(5, *SHAPE)).astype(np.float32)
SMALL = {"code": 8, "width": 4, "blocks": 2}


@pytest.mark.parametrize(
    "model",
    [
        lambda: face_models.cae(SHAPE, **SMALL),
        lambda: face_models.cae(SHAPE, **SMALL, normalized=True, resized=True),
        lambda: face_models.vae(SHAPE, **SMALL),
        lambda: face_models.dense_autoencoder(SHAPE, code=8, width=16),
    ],
)
def test_an_autoencoder_maps_faces_to_codes_and_back(model):
    model = model()
    codes = model.get_layer("encoder")(FACES, training=False)

    assert codes.shape == (5, 8)
    faces = model.get_layer("decoder")(codes, training=False)
    np.testing.assert_allclose(faces, model(FACES, training=False), atol=1e-6)
    assert faces.shape == (5, *SHAPE)


@pytest.mark.parametrize(("activation", "low"), [("sigmoid", 0.0), ("tanh", -1.0)])
def test_outputs_end_in_the_activation_asked_for(activation, low):
    model = face_models.cae(SHAPE, **SMALL, output=activation)

    assert model.get_layer("decoder").layers[-1].activation is keras.activations.get(activation)
    assert float(keras.ops.min(model(FACES))) >= low


def test_each_option_of_a_cae_changes_its_layers():
    def kinds(**options):
        model = face_models.cae(SHAPE, **SMALL | options)
        return [type(layer).__name__ for part in ("encoder", "decoder") for layer in model.get_layer(part).layers]

    assert kinds(normalized=True).count("BatchNormalization") == 3
    assert "UpSampling2D" in kinds(resized=True)
    assert "Conv2DTranspose" not in kinds(resized=True)
    assert kinds(blocks=3).count("Conv2D") == 3
    assert len({face_models.cae(SHAPE, **SMALL | {"width": width}).count_params() for width in (4, 8)}) == 2


def test_a_vae_draws_codes_while_it_trains_and_takes_their_mean_otherwise():
    model = face_models.vae(SHAPE, **SMALL)

    first, second = (np.asarray(model(FACES, training=True)) for _ in range(2))

    assert not np.allclose(first, second)
    np.testing.assert_array_equal(model(FACES, training=False), model(FACES, training=False))


def test_the_divergence_of_a_code_from_the_standard_normal_is_its_closed_form():
    mean, log_variance = np.array([[1.0, -2.0]]), np.array([[0.0, np.log(4.0)]])
    layer = Sampling(0.5)

    layer(np.concatenate([mean, log_variance], axis=1).astype(np.float32))

    expected = 0.5 * 0.5 * ((1 + 1 - 1 - 0) + (4 + 4 - 1 - np.log(4.0)))
    assert float(layer.losses[0]) == pytest.approx(expected, rel=1e-6)


def test_a_vae_survives_being_saved(tmp_path):
    model = face_models.vae(SHAPE, **SMALL)
    model.save(tmp_path / "vae.keras")

    again = keras.models.load_model(tmp_path / "vae.keras")

    np.testing.assert_allclose(again(FACES, training=False), model(FACES, training=False), atol=1e-6)


def test_a_dcgan_generates_as_many_faces_as_it_is_given():
    model = face_models.dcgan(SHAPE, code=8, width=4)

    first, second = (np.asarray(model(FACES)) for _ in range(2))

    assert first.shape == FACES.shape
    assert not np.allclose(first, second)
    assert model.discriminator(first).shape == (5, 1)


def test_the_players_of_a_dcgan_want_opposite_things():
    model = face_models.dcgan(SHAPE, code=8, width=4)
    model(FACES)
    last = model.discriminator.layers[-1]

    def losses_where_all_is_taken_for(logit):
        last.set_weights([np.zeros_like(last.kernel), np.array([logit])])
        return {name: float(loss) for name, loss in face_models.play(model, FACES, FACES, training=True).items()}

    believing, doubting = losses_where_all_is_taken_for(5.0), losses_where_all_is_taken_for(-5.0)

    assert believing["decoder"] < 0.01 < doubting["decoder"]
    assert believing["discriminator"] == pytest.approx(doubting["discriminator"], rel=1e-5)
