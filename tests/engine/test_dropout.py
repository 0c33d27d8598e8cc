"""Dropout by hash: random enough for a network, and replaced by Keras' own when the model is saved."""

from __future__ import annotations

import io
import zipfile

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.engine.dropout import HashDropout, hashed_masks, samples_only_by_hash
from negres_core.engine.layers import layers_of
from tests.engine import examples as ex

ROWS, COLUMNS = 500, 200


def masks(layer, calls=1, shape=(ROWS, COLUMNS)):
    """Return which elements were kept, 0 or 1, (calls, *shape)."""
    ones = np.ones(shape, np.float32)
    return np.stack([keras.ops.convert_to_numpy(layer(ones, training=True)) > 0 for _ in range(calls)]).astype(float)


def correlation(one, other):
    return np.corrcoef(one.ravel(), other.ravel())[0, 1]


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_expected_share_is_kept_and_scaled(rate):
    outputs = keras.ops.convert_to_numpy(HashDropout(rate, seed=3)(np.ones((ROWS, COLUMNS), np.float32), training=True))
    kept = outputs != 0
    # Within five standard errors, for all elements and for each column.
    assert abs(kept.mean() - (1 - rate)) < 5 * np.sqrt(rate * (1 - rate) / kept.size)
    assert abs(kept.mean(axis=0) - (1 - rate)).max() < 5 * np.sqrt(rate * (1 - rate) / ROWS)
    np.testing.assert_allclose(outputs[kept], 1 / (1 - rate), rtol=1e-6)


def test_masks_apply_element_by_element():
    inputs = np.random.default_rng(0).normal(size=(4, 3, 5)).astype(np.float32)
    outputs = keras.ops.convert_to_numpy(HashDropout(0.5, seed=1)(inputs, training=True))
    kept = outputs != 0
    assert 0 < kept.mean() < 1
    np.testing.assert_allclose(outputs[kept], 2 * inputs[kept], rtol=1e-6)


def test_a_rate_of_0_keeps_every_element_and_a_rate_of_1_keeps_none():
    assert masks(HashDropout(0.0)).all()
    assert not masks(HashDropout(1.0)).any()


def test_nothing_is_dropped_at_inference():
    inputs = np.random.default_rng(0).normal(size=(ROWS, COLUMNS)).astype(np.float32)
    layer = HashDropout(0.5, seed=1)
    for outputs in (layer(inputs), layer(inputs, training=False)):
        np.testing.assert_array_equal(keras.ops.convert_to_numpy(outputs), inputs)


def test_the_same_seed_gives_the_same_masks():
    np.testing.assert_array_equal(masks(HashDropout(0.5, seed=5), calls=3), masks(HashDropout(0.5, seed=5), calls=3))


def test_masks_are_uncorrelated_between_neighbours_calls_layers_and_seeds():
    calls = masks(HashDropout(0.5, seed=5), calls=4)
    pairs = {
        "the next column": (calls[0][:, :-1], calls[0][:, 1:]),
        "the next column but one": (calls[0][:, :-2], calls[0][:, 2:]),
        "the next row": (calls[0][:-1], calls[0][1:]),
        "the next call": (calls[0], calls[1]),
        "the call after that": (calls[0], calls[2]),
        "the next call's next element": (calls[0].ravel()[1:], calls[1].ravel()[:-1]),
        "the next seed": (calls[0], masks(HashDropout(0.5, seed=6))[0]),
        "another layer": (masks(HashDropout(0.5))[0], masks(HashDropout(0.5))[0]),
    }
    for name, (one, other) in pairs.items():
        assert abs(correlation(one, other)) < 5 / np.sqrt(one.size), name


def test_a_mask_is_new_at_every_call_of_a_traced_program():
    import tensorflow as tf

    layer = HashDropout(0.5, seed=5)
    traced = tf.function(lambda ones: layer(ones, training=True), jit_compile=True)
    first, second = (traced(tf.ones((ROWS, COLUMNS))).numpy() for _ in range(2))
    assert abs(correlation(first, second)) < 5 / np.sqrt(first.size)
    np.testing.assert_array_equal(np.stack([first, second]) > 0, masks(HashDropout(0.5, seed=5), calls=2))


def nested():
    inner = keras.Sequential([layers.Dense(3), layers.Dropout(0.5)], name="inner")
    return keras.Sequential([keras.Input((4,)), inner, layers.Dropout(0.2)])


def attention():
    inputs = keras.Input((4, 3))
    return keras.Model(inputs, layers.MultiHeadAttention(1, 2, dropout=0.3)(inputs, inputs))


@pytest.mark.parametrize(("build", "expected"), [(nested, 2), (ex.subclassed, 1), (attention, 1)])
def test_every_dropout_of_a_model_is_replaced_and_restored(build, expected):
    model = build()
    if not model.built:
        model(np.zeros((2, 6), np.float32))
    kinds = [type(layer) for layer in layers_of(model)]
    assert kinds.count(layers.Dropout) == expected
    with hashed_masks(model):
        assert [type(layer) for layer in layers_of(model)].count(HashDropout) == expected
        assert samples_only_by_hash(model)
    assert [type(layer) for layer in layers_of(model)] == kinds
    assert not samples_only_by_hash(model)


def test_the_layers_are_restored_after_an_error():
    model = ex.dense()
    with pytest.raises(ZeroDivisionError), hashed_masks(model):
        raise ZeroDivisionError
    assert not any(isinstance(layer, HashDropout) for layer in layers_of(model))


class CustomDropout(layers.Dropout):
    """A custom subclass of Dropout."""


@pytest.mark.parametrize(
    "layer",
    [
        CustomDropout(0.5),
        layers.Dropout(0.5, noise_shape=(None, 1)),
        layers.SpatialDropout1D(0.5),
        layers.AlphaDropout(0.5),
    ],
)
def test_other_random_layers_are_unchanged(layer):
    model = keras.Sequential([layer])
    kind = type(layer)
    with hashed_masks(model):
        assert type(layer) is kind
        assert not samples_only_by_hash(model)


@pytest.mark.parametrize("kind", [layers.LSTM, layers.GRU, layers.SimpleRNN])
def test_a_recurrent_layer_samples_only_if_it_drops_something(kind):
    def reading(**options):
        return keras.Sequential([keras.Input((4, 3)), layers.Bidirectional(kind(2, **options))])

    assert samples_only_by_hash(reading())
    assert not samples_only_by_hash(reading(dropout=0.1))
    assert not samples_only_by_hash(reading(recurrent_dropout=0.1))


def test_a_model_without_random_layers_samples_only_by_hash():
    assert samples_only_by_hash(ex.plain())


@pytest.mark.parametrize("engine", ex.ENGINES)
def test_the_saved_file_contains_keras_own_dropout(engine):
    result = ex.result_of(engine, Recipe(ex.stage(ex.dense)), ex.CLASSES)
    config = zipfile.ZipFile(io.BytesIO(result.model)).read("config.json").decode()
    assert config.count('"class_name": "Dropout"') == 2
    assert "negres" not in config
    assert "Hash" not in config
    assert [type(layer) for layer in ex.model_of(result).layers].count(layers.Dropout) == 2
