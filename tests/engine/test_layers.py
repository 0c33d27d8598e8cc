"""The layers of a model are found at every depth, and those that cannot be called are made callable or refused."""

from __future__ import annotations

import functools

import keras
import pytest
from keras import layers

from negres_core.dataset import Dataset
from negres_core.engine.layers import ProvisionalBins, layers_of, make_callable, shape_of
from negres_core.engine.model import build_model
from negres_core.errors import InputError

COUNTS = Dataset(x=[[1, 2, 3, 4], [4, 3, 2, 1]], y=[0, 1], name="counts")


def test_layers_are_found_inside_models_and_layers():
    inner = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="deep")], name="inner")
    ends = [layers.TimeDistributed(inner, name="each"), layers.Flatten(name="flat")]
    names = [layer.name for layer in layers_of(keras.Sequential([keras.Input((3, 4)), *ends]))]
    assert [name for name in names if name in ("each", "inner", "deep", "flat")] == ["each", "inner", "deep", "flat"]


def test_layers_are_listed_at_every_depth_containers_first():
    inner = keras.Sequential([keras.Input((6,)), layers.Dense(6, name="a")], name="inner")
    names = [layer.name for layer in layers_of(keras.Sequential([keras.Input((6,)), inner]))]
    assert names == ["inner", "a"]


def test_the_shape_of_a_layer_is_that_of_one_row():
    model = keras.Sequential([keras.Input((4,)), layers.Dense(2, name="deep")])
    assert shape_of(model.layers[0], "input") == (4,)
    assert shape_of(model.layers[0], "output") == (2,)
    assert shape_of(layers.Dense(2), "output") is None


def test_bins_are_provisional_until_they_are_adapted():
    model = keras.Sequential([keras.Input((4,)), layers.Discretization(num_bins=4), layers.Discretization([0.0, 1.0])])
    make_callable(model)
    bins = [layer.bin_boundaries for layer in model.layers]
    assert bins == [[0.0, 1.0, 2.0], [0.0, 1.0]]
    assert [isinstance(each, ProvisionalBins) for each in bins] == [True, False]
    assert model(COUNTS.x).shape == (2, 4)


@pytest.mark.parametrize(
    "kind",
    [functools.partial(layers.Hashing, 5), functools.partial(layers.IntegerLookup, vocabulary=[1, 2])],
)
def test_layers_of_tensorflow_are_refused_under_another_backend(kind, monkeypatch):
    def build():
        return keras.Sequential([keras.Input((4,)), kind(name="lookup"), layers.Embedding(20, 3), layers.Flatten()])

    if keras.backend.backend() == "tensorflow":
        assert build_model(build, COUNTS).built
        monkeypatch.setattr(keras.backend, "backend", lambda: "jax")
    with pytest.raises(InputError, match="implements only with TensorFlow") as error:
        build_model(build, COUNTS)
    assert "'lookup' under KERAS_BACKEND=jax" in error.value.received


@pytest.mark.parametrize("kind", [layers.TextVectorization, layers.StringLookup])
def test_layers_of_text_are_refused_inside_a_model(kind):
    """Strings do not reach a compiled program."""

    def build():
        return keras.Sequential([keras.Input((1,), dtype="string"), kind(name="lookup"), layers.Embedding(20, 3)])

    with pytest.raises(InputError, match="a text layer") as error:
        build_model(build, COUNTS)
    assert f"preprocess=lambda: {kind.__name__}(...)" in error.value.remedy


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="a layer of TensorFlow")
def test_an_empty_table_is_refused():
    def build():
        return keras.Sequential([keras.Input((4,)), layers.IntegerLookup(name="lookup"), layers.Embedding(20, 3)])

    with pytest.raises(InputError, match="without a vocabulary") as error:
        build_model(build, COUNTS)
    assert "lookup" in error.value.received
