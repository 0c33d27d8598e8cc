"""The fits of the faces family, each on models whose codes are known."""

import keras
import numpy as np
import pytest
from keras import layers

from benchmarks.faces import fits
from negres_core import Dataset

GENERATOR = np.random.default_rng(1)
LABELS = np.arange(300) % 2
# A face has 4 x 4 blocks, each with its own brightness: the first four show the gender, the sixth shows the age.
BLOCKS = GENERATOR.uniform(0.2, 0.8, size=(300, 16))
BLOCKS[:, :4] = (0.2 + 0.6 * LABELS)[:, None]
NOISE = GENERATOR.normal(scale=0.02, size=(300, 16, 16, 3))
FACES = (np.kron(BLOCKS.reshape(300, 4, 4, 1), np.ones((1, 4, 4, 3))) + NOISE).astype(np.float32)
ATTRIBUTES = {"gender": LABELS, "age": BLOCKS[:, 5], "coin": GENERATOR.integers(0, 2, 300)}
DATA = Dataset(x=FACES, y=FACES, name="blocks", attributes=ATTRIBUTES)
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


def test_codes_and_faces_come_from_the_named_layers(blocks):
    codes = fits.encode(blocks, TEST.x)

    np.testing.assert_allclose(codes[:, 5], TEST.x[:, 4:8, 4:8].mean(axis=(1, 2, 3)), rtol=1e-4)
    assert fits.decode(blocks, codes).shape == TEST.x.shape


def test_thirteen_components_leave_only_the_noise():
    error = np.mean((fits.pca(TRAIN, TEST, code=13) - TEST.y) ** 2)

    assert error == pytest.approx(0.02**2, rel=0.2)


def test_a_rounded_face_is_black_or_white(blocks):
    assert set(np.unique(fits.shown_rounded(TRAIN, TEST, blocks))) == {0.0, 1.0}


def test_a_probe_recovers_attributes_that_are_in_the_code_and_no_others(blocks):
    skills = {name: fits.probe_code(TRAIN, TEST, blocks, attribute=name)["told"] for name in ATTRIBUTES}

    assert skills["gender"] == pytest.approx(1.0)
    assert skills["age"] > 0.95
    assert abs(skills["coin"]) < 0.25


def test_a_probe_of_principal_components_recovers_the_same():
    assert fits.probe_pca(TRAIN, TEST, attribute="age", code=13)["told"] > 0.95


def test_a_probe_of_an_untrained_encoder_builds_the_model_itself(blocks):
    shapes = []

    def build(input_shape):
        shapes.append(input_shape)
        return blocks

    metrics = fits.probe_untrained(TRAIN, TEST, attribute="gender", build=build)

    assert shapes == [(16, 16, 3)]
    assert metrics["told"] == pytest.approx(1.0)


def test_a_direction_is_the_difference_of_two_means():
    codes = np.array([[0.0, 1.0], [2.0, 1.0], [4.0, 5.0]])

    assert fits.direction(codes, np.array([0, 0, 1])).tolist() == [3.0, 4.0]


def test_the_direction_of_an_attribute_stands_out_and_that_of_a_coin_flip_does_not(blocks, monkeypatch):
    monkeypatch.setattr(fits, "SHUFFLES", 60)

    gender = fits.add_attribute(TRAIN, TEST, blocks, 3, attribute="gender")
    coin = fits.add_attribute(TRAIN, TEST, blocks, 3, attribute="coin")

    assert gender["judged"] > 0.9
    assert gender["margin"] > 1.0
    assert coin["margin"] < 1.0


def test_a_walk_among_linear_codes_is_even(blocks):
    metrics = fits.walk(TRAIN, DATA, blocks, 0)

    assert metrics["evenness"] == pytest.approx(1.0, rel=1e-3)
    assert metrics["length"] > 0.1


@pytest.mark.parametrize(("threshold", "evenness"), [(0.5, 0.25), (9.0, 0.0)])
def test_a_walk_across_a_threshold_has_few_long_steps(blocks, threshold, evenness):
    class Jumps:
        """The same codes, decoded to black and white."""

        def get_layer(self, name):
            return blocks.get_layer(name) if name == "encoder" else self

        def predict(self, codes, **options):
            return (blocks.get_layer("decoder").predict(codes, **options) > threshold).astype(np.float32)

    assert fits.walk(TRAIN, DATA, Jumps(), 0)["evenness"] == pytest.approx(evenness, abs=0.15)


def test_the_frechet_distance_falls_as_generated_faces_get_closer_to_real_ones(blocks):
    """Standard normal codes decode to images unlike these faces; scaled and shifted, they decode to similar ones."""

    class Scaled:
        def get_layer(self, name):
            return self

        input_shape = (None, 16)

        def predict(self, codes, **options):
            return blocks.get_layer("decoder").predict(0.5 + 0.25 * codes, **options)

    poor, better = (fits.generate(TRAIN, TEST, model, 0)["frechet"] for model in (blocks, Scaled()))

    assert 0 <= better < poor


def test_walks_are_rendered_with_the_faces_at_their_ends(blocks):
    [sheet] = fits.render_walks(TRAIN, DATA, blocks, 0).values()
    steps = fits.STEPS // 2 + 1
    first = np.random.default_rng(0).permutation(len(DATA))[0]

    assert sheet.shape == (fits.SHEET_ROWS * 16, (steps + 2) * 16, 3)
    np.testing.assert_array_equal(sheet[:16, :16], DATA.x[first])
    np.testing.assert_allclose(sheet[:16, 16:32], np.asarray(blocks(DATA.x[[first]]))[0], atol=1e-5)


def test_an_attribute_is_rendered_in_growing_amounts(blocks):
    [sheet] = fits.render_attribute(TRAIN, TEST, blocks, attribute="gender").values()

    # Of the blocks that show the gender, in each variant of the first face.
    brightness = sheet[:16, :, 0].reshape(16, 6, 16)[:4].mean(axis=(0, 2))
    np.testing.assert_allclose(brightness[1:], 0.2 + 0.6 * np.array([0, 0.5, 1, 1.5, 2]), atol=0.05)
