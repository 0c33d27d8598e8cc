"""What the faces family computes: each measure on models whose codes are known."""

import keras
import numpy as np
import pytest
from keras import layers

from benchmarks import face_fits
from negres_core import Dataset

DRAW = np.random.default_rng(1)
LABELS = np.arange(300) % 2
# Two numbers make a face: whether its upper half is bright, and how bright the lower half is.
LOWER = DRAW.uniform(0.2, 0.8, size=300)
FACES = np.zeros((300, 16, 16, 3), np.float32)
FACES[:, :8] = (0.2 + 0.6 * LABELS)[:, None, None, None]
FACES[:, 8:] = LOWER[:, None, None, None]
FACES += DRAW.normal(scale=0.02, size=FACES.shape)
DATA = Dataset(
    x=FACES, y=FACES, name="halves", attributes={"gender": LABELS, "age": LOWER, "coin": DRAW.integers(0, 2, 300)}
)
TRAIN, TEST = DATA.take(np.arange(200)), DATA.take(np.arange(200, 300))


@pytest.fixture(scope="module")
def halves():
    """An autoencoder whose code is the brightness of the two halves."""
    encoder = keras.Sequential(
        [
            keras.Input((16, 16, 3)),
            layers.AveragePooling2D((8, 16)),
            layers.Conv2D(1, 1, use_bias=False),
            layers.Flatten(),
        ],
        name="encoder",
    )
    encoder.layers[1].set_weights([np.full((1, 1, 3, 1), 1 / 3)])
    decoder = keras.Sequential(
        [
            keras.Input((2,)),
            layers.Reshape((2, 1, 1)),
            layers.UpSampling2D((8, 16)),
            layers.Conv2D(3, 1, use_bias=False),
        ],
        name="decoder",
    )
    decoder.layers[-1].set_weights([np.ones((1, 1, 1, 3))])
    images = keras.Input((16, 16, 3))
    return keras.Model(images, decoder(encoder(images)))


def test_codes_and_faces_are_those_of_the_parts(halves):
    codes = face_fits.encode(halves, TEST.x)

    np.testing.assert_allclose(codes[:, 1], TEST.x[:, 8:].mean(axis=(1, 2, 3)), rtol=1e-4)
    assert face_fits.decode(halves, codes).shape == TEST.x.shape


def test_pca_reconstructs_what_two_numbers_make():
    error = np.mean((face_fits.pca(TRAIN, TEST, code=2) - TEST.y) ** 2)

    assert error == pytest.approx(0.02**2, rel=0.2)


def test_a_rounded_face_is_black_or_white(halves):
    assert set(np.unique(face_fits.shown_rounded(TRAIN, TEST, halves))) == {0.0, 1.0}


def test_a_probe_tells_what_a_code_holds_and_no_more(halves):
    told = {
        name: face_fits.probe_code(TRAIN, TEST, halves, attribute=name)["told"] for name in ("gender", "age", "coin")
    }

    assert told["gender"] == pytest.approx(1.0)
    assert told["age"] > 0.95
    assert abs(told["coin"]) < 0.25


def test_a_probe_of_principal_components_tells_the_same():
    assert face_fits.probe_pca(TRAIN, TEST, attribute="age", code=2)["told"] > 0.95


def test_a_probe_of_an_untrained_encoder_builds_it_anew(halves):
    told = face_fits.probe_untrained(TRAIN, TEST, attribute="gender", build=lambda input_shape: halves)

    assert told["told"] == pytest.approx(1.0)


def test_a_direction_is_the_difference_of_two_means():
    codes = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 5.0]])

    assert face_fits.direction(codes, np.array([0, 0, 1])).tolist() == [3.0, 4.0]


def test_the_direction_of_an_attribute_stands_out_and_that_of_a_coin_does_not(halves, monkeypatch):
    monkeypatch.setattr(face_fits, "SHUFFLES", 60)

    found = face_fits.add_attribute(TRAIN, TEST, halves, 3, attribute="gender")
    coin = face_fits.add_attribute(TRAIN, TEST, halves, 3, attribute="coin")

    assert found["judged"] > 0.9
    assert found["margin"] > 1.0
    assert coin["margin"] < 1.0


def test_a_walk_among_linear_codes_is_even_and_straight(halves):
    found = face_fits.walk(TRAIN, DATA, halves, 0)

    assert found == pytest.approx({"evenness": 1.0, "detour": 1.0}, rel=1e-3)


def test_a_walk_over_a_threshold_is_one_long_step(halves):
    class Jump:
        """The same codes, decoded to black or white."""

        def get_layer(self, name):
            return halves.get_layer(name) if name == "encoder" else self

        def predict(self, codes, **given):
            return np.round(halves.get_layer("decoder").predict(codes, **given))

    found = face_fits.walk(TRAIN, DATA, Jump(), 0)

    assert found["evenness"] < 0.2


def test_generated_faces_are_nearer_the_nearer_their_distribution_is(halves):
    """Codes of the standard normal decode to nothing like these faces; scaled and moved, they do."""

    class Scaled:
        def get_layer(self, name):
            return self

        input_shape = (None, 2)

        def predict(self, codes, **given):
            return halves.get_layer("decoder").predict(0.5 + 0.25 * codes, **given)

    poor, better = (face_fits.generate(TRAIN, TEST, model, 0)["frechet"] for model in (halves, Scaled()))

    assert 0 <= better < poor
