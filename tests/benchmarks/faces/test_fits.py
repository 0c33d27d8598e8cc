"""What the faces family computes: each measure on models whose codes are known."""

import keras
import numpy as np
import pytest
from keras import layers

from benchmarks.faces import fits as face_fits
from negres_core import Dataset

DRAW = np.random.default_rng(1)
LABELS = np.arange(300) % 2
# A face is 4 x 4 blocks, each of its own brightness: the first four tell the gender, the sixth the age.
BLOCKS = DRAW.uniform(0.2, 0.8, size=(300, 16))
BLOCKS[:, :4] = (0.2 + 0.6 * LABELS)[:, None]
FACES = np.kron(BLOCKS.reshape(300, 4, 4, 1), np.ones((1, 4, 4, 3))) + DRAW.normal(scale=0.02, size=(300, 16, 16, 3))
FACES = FACES.astype(np.float32)
KNOWN = {"gender": LABELS, "age": BLOCKS[:, 5], "coin": DRAW.integers(0, 2, 300)}
DATA = Dataset(x=FACES, y=FACES, name="blocks", attributes=KNOWN)
TRAIN, TEST = DATA.take(np.arange(200)), DATA.take(np.arange(200, 300))


@pytest.fixture(scope="module")
def blocks():
    """An autoencoder whose code is the brightness of each block."""
    mean = layers.Conv2D(1, 1, use_bias=False)
    encoder = keras.Sequential(
        [keras.Input((16, 16, 3)), layers.AveragePooling2D(4), mean, layers.Flatten()], name="encoder"
    )
    mean.set_weights([np.full((1, 1, 3, 1), 1 / 3)])
    spread = layers.Conv2D(3, 1, use_bias=False)
    decoder = keras.Sequential(
        [keras.Input((16,)), layers.Reshape((4, 4, 1)), layers.UpSampling2D(4), spread], name="decoder"
    )
    spread.set_weights([np.ones((1, 1, 1, 3))])
    images = keras.Input((16, 16, 3))
    return keras.Model(images, decoder(encoder(images)))


def test_codes_and_faces_are_those_of_the_parts(blocks):
    codes = face_fits.encode(blocks, TEST.x)

    np.testing.assert_allclose(codes[:, 5], TEST.x[:, 4:8, 4:8].mean(axis=(1, 2, 3)), rtol=1e-4)
    assert face_fits.decode(blocks, codes).shape == TEST.x.shape


def test_pca_reconstructs_what_thirteen_numbers_make():
    error = np.mean((face_fits.pca(TRAIN, TEST, code=13) - TEST.y) ** 2)

    assert error == pytest.approx(0.02**2, rel=0.2)


def test_a_rounded_face_is_black_or_white(blocks):
    assert set(np.unique(face_fits.shown_rounded(TRAIN, TEST, blocks))) == {0.0, 1.0}


def test_a_probe_tells_what_a_code_holds_and_no_more(blocks):
    told = {
        name: face_fits.probe_code(TRAIN, TEST, blocks, attribute=name)["told"] for name in ("gender", "age", "coin")
    }

    assert told["gender"] == pytest.approx(1.0)
    assert told["age"] > 0.95
    assert abs(told["coin"]) < 0.25


def test_a_probe_of_principal_components_tells_the_same():
    assert face_fits.probe_pca(TRAIN, TEST, attribute="age", code=13)["told"] > 0.95


def test_a_probe_of_an_untrained_encoder_builds_it_anew(blocks):
    told = face_fits.probe_untrained(TRAIN, TEST, attribute="gender", build=lambda input_shape: blocks)

    assert told["told"] == pytest.approx(1.0)


def test_a_direction_is_the_difference_of_two_means():
    codes = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 5.0]])

    assert face_fits.direction(codes, np.array([0, 0, 1])).tolist() == [3.0, 4.0]


def test_the_direction_of_an_attribute_stands_out_and_that_of_a_coin_does_not(blocks, monkeypatch):
    monkeypatch.setattr(face_fits, "SHUFFLES", 60)

    found = face_fits.add_attribute(TRAIN, TEST, blocks, 3, attribute="gender")
    coin = face_fits.add_attribute(TRAIN, TEST, blocks, 3, attribute="coin")

    assert found["judged"] > 0.9
    assert found["margin"] > 1.0
    assert coin["margin"] < 1.0


def test_a_walk_among_linear_codes_is_even(blocks):
    found = face_fits.walk(TRAIN, DATA, blocks, 0)

    assert found["evenness"] == pytest.approx(1.0, rel=1e-3)
    assert found["length"] > 0.1


@pytest.mark.parametrize(("threshold", "evenness"), [(0.5, 0.25), (9.0, 0.0)])
def test_a_walk_over_a_threshold_is_a_few_long_steps(blocks, threshold, evenness):
    class Jumps:
        """The same codes, decoded to black or white."""

        def get_layer(self, name):
            return blocks.get_layer(name) if name == "encoder" else self

        def predict(self, codes, **given):
            return (blocks.get_layer("decoder").predict(codes, **given) > threshold).astype(np.float32)

    assert face_fits.walk(TRAIN, DATA, Jumps(), 0)["evenness"] == pytest.approx(evenness, abs=0.15)


def test_generated_faces_are_nearer_the_nearer_their_distribution_is(blocks):
    """Codes of the standard normal decode to nothing like these faces; scaled and moved, they do."""

    class Scaled:
        def get_layer(self, name):
            return self

        input_shape = (None, 16)

        def predict(self, codes, **given):
            return blocks.get_layer("decoder").predict(0.5 + 0.25 * codes, **given)

    poor, better = (face_fits.generate(TRAIN, TEST, model, 0)["frechet"] for model in (blocks, Scaled()))

    assert 0 <= better < poor


def test_walks_are_drawn_between_the_faces_themselves(blocks):
    [sheet] = face_fits.draw_walks(TRAIN, DATA, blocks, 0).values()
    steps = face_fits.STEPS // 2 + 1
    first = np.random.default_rng(0).permutation(len(DATA))[0]

    assert sheet.shape == (face_fits.DRAWN * 16, (steps + 2) * 16, 3)
    np.testing.assert_array_equal(sheet[:16, :16], DATA.x[first])
    np.testing.assert_allclose(sheet[:16, 16:32], np.asarray(blocks(DATA.x[[first]]))[0], atol=1e-5)


def test_an_attribute_is_drawn_as_it_is_added(blocks):
    [sheet] = face_fits.draw_attribute(TRAIN, TEST, blocks, attribute="gender").values()

    brightness = sheet[:16, :, 0].reshape(16, 6, 16)[:4].mean(axis=(0, 2))  # of the blocks that tell it, in one face
    np.testing.assert_allclose(brightness[1:], 0.2 + 0.6 * np.array([0, 0.5, 1, 1.5, 2]), atol=0.05)
