"""Models share weights by the names that their authors chose; shared ones are inherited and frozen."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.engine.inheritance import freeze_layers, inherit_weights, match_weights, weight_paths
from negres_core.engine.model import build_model
from negres_core.errors import InputError
from negres_core.provenance.state import is_made_up
from tests.engine import examples as ex


def dense(*names, width=6, name=None):
    """A model with one dense layer per name; Keras names a layer whose name is None."""
    return keras.Sequential([keras.Input((6,)), *(layers.Dense(width, name=layer) for layer in names)], name=name)


def matched(model, other):
    """Map each path in the model to its match in the other."""
    paths, others = weight_paths(model), weight_paths(other)
    return {paths[here]: others[there] for here, there in match_weights(model, other, wanted_by="it").items()}


def trainable(model):
    """Return the paths of the trainable weights."""
    ids = {id(weight) for weight in model.trainable_weights}
    return [path for path, weight in zip(weight_paths(model), model.weights, strict=True) if id(weight) in ids]


# Matched


def test_layers_match_by_name_and_only_by_name():
    assert matched(dense("new", "b", "a"), dense("a", "b", "old")) == {
        "b/kernel": "b/kernel",
        "b/bias": "b/bias",
        "a/kernel": "a/kernel",
        "a/bias": "a/bias",
    }


@pytest.mark.parametrize("nested_in", ["model", "other"])
def test_a_layer_is_found_inside_a_nested_model(nested_in):
    inner, flat = dense("a", name="inner"), dense("a", "b")
    nested = keras.Sequential([keras.Input((6,)), layers.Dense(6, name="front"), inner])
    matches = matched(nested, flat) if nested_in == "model" else matched(flat, nested)
    assert set(matches) == ({"inner/a/kernel", "inner/a/bias"} if nested_in == "model" else {"a/kernel", "a/bias"})


def test_a_subclassed_model_matches_a_flat_one():
    net = build_model(ex.subclassed, ex.CLASSES)
    assert weight_paths(net) == ["hidden/kernel", "hidden/bias", "classes/kernel", "classes/bias"]
    assert set(matched(ex.plain(), net)) == {"classes/kernel", "classes/bias"}


def test_a_layer_with_the_name_of_its_model_keeps_its_path():
    other = dense("net", "a", name="net")
    assert set(matched(dense("front", "net", name="grown"), other)) == {"net/kernel", "net/bias"}


def test_layers_taken_from_another_model_match_as_the_models_own():
    first, second = (keras.Sequential([keras.Input((6,)), *dense("a").layers, *dense("b").layers]) for _ in range(2))
    assert weight_paths(first) == weight_paths(second) == ["a/kernel", "a/bias", "b/kernel", "b/bias"]
    assert len(matched(first, second)) == 4


def test_a_part_of_a_name_does_not_match():
    with pytest.raises(InputError, match="they share no layer"):
        matched(dense("a_1"), dense("1", "a"))


def test_names_that_keras_made_up_never_match():
    keras.backend.clear_session()
    model = dense(None, "a")
    keras.backend.clear_session()
    other = dense(None, "a")
    assert model.layers[0].name == other.layers[0].name == "dense"
    assert set(matched(model, other)) == {"a/kernel", "a/bias"}
    with pytest.raises(InputError, match="it, but they share no layer") as error:
        matched(dense(None), dense(None))
    assert "kernel" in error.value.received
    assert "same names in both" in error.value.remedy


@pytest.mark.parametrize(
    ("name", "kind", "expected"),
    [
        ("dense", "Dense", True),
        ("dense_12", "Dense", True),
        ("batch_normalization_3", "BatchNormalization", True),
        ("conv2d", "Conv2D", True),
        ("dense_a", "Dense", False),
        ("hidden_1", "Dense", False),
        ("dense_1", "Conv2D", False),
    ],
)
def test_a_made_up_name_is_a_class_and_a_count(name, kind, expected):
    assert is_made_up(name, kind) is expected


def test_the_names_that_keras_makes_up_are_recognized():
    unnamed = [
        layers.Dense(1),
        layers.Conv2DTranspose(1, 1),
        layers.BatchNormalization(),
        layers.PReLU(),
        layers.LayerNormalization(),
        layers.GRU(1),
        layers.SeparableConv1D(1, 1),
        keras.Sequential(),
    ]
    assert [layer.name for layer in unnamed if not is_made_up(layer.name, type(layer).__name__)] == []


def test_a_name_that_matches_two_layers_is_refused():
    twice = keras.Sequential([keras.Input((6,)), dense("a", name="one"), dense("a", name="two")])
    with pytest.raises(InputError, match="matches more than one") as error:
        matched(dense("a"), twice)
    assert "one/a/kernel" in error.value.received
    assert "two/a/kernel" in error.value.received


def test_an_exact_match_takes_precedence_over_a_match_by_ending():
    both = keras.Sequential([keras.Input((6,)), dense("a", name="inner"), layers.Dense(6, name="a")])
    assert matched(dense("a"), both) == {"a/kernel": "a/kernel", "a/bias": "a/bias"}


# Inherited and frozen


def test_inherited_weights_are_set_and_the_others_unchanged():
    parent, model = dense("b"), dense("front", "b")
    before = model.layers[0].get_weights()
    assert inherit_weights(model, parent, wanted_by="it") == {2: 0, 3: 1}
    for one, two in zip(model.layers[1].get_weights(), parent.layers[0].get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    np.testing.assert_array_equal(model.layers[0].get_weights()[0], before[0])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [("hiden_1", "hidden_1"), ("first", "second")],
)
def test_a_layer_left_over_on_both_sides_is_refused(ours, theirs):
    with pytest.raises(InputError, match="but only 1 of 2 layers") as error:
        inherit_weights(dense(ours, "b"), dense(theirs, "b"), wanted_by="it")
    assert ours in error.value.received
    assert theirs in error.value.received


def test_a_misspelt_head_is_refused_and_a_new_one_is_not():
    with pytest.raises(InputError, match="left over on both sides"):
        inherit_weights(dense("a", "clases"), dense("a", "classes"), wanted_by="it")
    assert inherit_weights(dense("a", "top"), dense("a", "classes"), wanted_by="it") == {0: 0, 1: 1}


def test_layers_of_another_shape_or_without_a_name_of_their_own_start_anew():
    parent = dense("a", "b")
    for layer in (layers.Dense(6), layers.Dense(7, name="c")):
        model = keras.Sequential([keras.Input((6,)), layers.Dense(6, name="a"), layer, layers.Dense(2, name="end")])
        assert inherit_weights(model, parent, wanted_by="it") == {0: 0, 1: 1}


def test_a_shared_weight_of_another_shape_is_refused():
    with pytest.raises(InputError, match="grown inherits base, but a shared weight differs in shape") as error:
        inherit_weights(dense("a", width=3), dense("a"), wanted_by="grown inherits base")
    assert "(6, 3)" in error.value.received
    assert "(6, 6)" in error.value.received


def test_shared_layers_are_frozen_and_no_others():
    model = keras.Sequential([keras.Input((6,)), layers.Dense(6, name="front"), dense("a", "b", name="inner")])
    frozen = freeze_layers(model, dense("a", "b"), wanted_by="it")
    assert frozen == {2, 3, 4, 5}
    assert trainable(model) == ["front/kernel", "front/bias"]


def test_a_layer_that_is_shared_in_part_of_a_container_leaves_the_rest_trainable():
    model = keras.Sequential([keras.Input((6,)), dense("a", "b", name="inner")])
    freeze_layers(model, dense("b"), wanted_by="it")
    assert trainable(model) == ["inner/a/kernel", "inner/a/bias"]


def test_a_frozen_normalization_keeps_its_moments_in_training():
    model = ex.normalized()
    frozen = freeze_layers(model, ex.normalized(), wanted_by="it")
    assert frozen == set(range(len(model.weights)))
    before = model.get_weights()
    model(ex.CLASSES.x, training=True)
    assert all((one == two).all() for one, two in zip(before, model.get_weights(), strict=True))


# Layers inside layers


@keras.saving.register_keras_serializable(package="negres_tests")
class Block(layers.Layer):
    """A layer whose inner layers have no names of their own."""

    def __init__(self, **options):
        super().__init__(**options)
        self.first, self.second = layers.Dense(6, "relu"), layers.Dense(6)

    def call(self, x):
        return x + self.second(self.first(x))


def attention(name="attention"):
    x = keras.Input((5, 6))
    return keras.Model(x, layers.MultiHeadAttention(2, 3, name=name)(x, x))


def of(layer):
    return keras.Sequential([keras.Input((5, 6)), layer])


INNER = {
    "LSTM": lambda name: of(layers.LSTM(4, name=name)),
    "GRU": lambda name: of(layers.GRU(4, name=name)),
    "both directions": lambda name: of(layers.Bidirectional(layers.LSTM(4), name=name)),
    "both directions of a named one": lambda name: of(layers.Bidirectional(layers.GRU(4, name="words"), name=name)),
    "stacked cells": lambda name: of(layers.RNN([layers.LSTMCell(4), layers.GRUCell(4)], name=name)),
    "each step": lambda name: of(layers.TimeDistributed(layers.Dense(4), name=name)),
    "a model at each step": lambda name: of(layers.TimeDistributed(dense("a", name="inner"), name=name)),
    "attention": attention,
    "a layer of the user's": lambda name: of(Block(name=name)),
}


@pytest.mark.parametrize("build", INNER.values(), ids=INNER)
def test_layers_inside_a_named_layer_match_by_their_places(build):
    model, other = build("words"), build("words")
    assert list(match_weights(model, other, wanted_by="it").items()) == [(i, i) for i in range(len(model.weights))]
    inherit_weights(model, other, wanted_by="it")
    for one, two in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert freeze_layers(model, other, wanted_by="it") == set(range(len(model.weights)))
    assert model.trainable_weights == []


@pytest.mark.parametrize("name", ["LSTM", "GRU", "both directions", "stacked cells", "each step"])
def test_layers_inside_a_layer_that_keras_named_never_match(name):
    keras.backend.clear_session()
    model = INNER[name](None)
    keras.backend.clear_session()
    with pytest.raises(InputError, match="share no layer"):
        match_weights(model, INNER[name](None), wanted_by="it")


# LoRA


def adapted(*names, rank=2):
    model = dense(*names)
    for layer in model.layers:
        layer.enable_lora(rank)
    return model


def test_lora_starts_anew_and_all_else_is_inherited():
    model, parent = adapted("a"), dense("a", "old")
    start = {path: weight.numpy() for path, weight in zip(weight_paths(model), model.weights, strict=True)}
    matches = inherit_weights(model, parent, wanted_by="it")
    assert {weight_paths(model)[here] for here in matches} == {"a/kernel", "a/bias"}
    np.testing.assert_array_equal(model.layers[0].bias.numpy(), parent.layers[0].bias.numpy())
    np.testing.assert_allclose(model(ex.CLASSES.x), parent.layers[0](ex.CLASSES.x), rtol=1e-6)
    np.testing.assert_array_equal(model.layers[0].lora_kernel_a.numpy(), start["a/lora_kernel_a"])


def test_lora_of_a_frozen_layer_is_trained():
    model = adapted("a", "b")
    assert freeze_layers(model, dense("a"), wanted_by="it") == {0, 1}
    assert trainable(model) == ["a/lora_kernel_a", "a/lora_kernel_b", "b/bias", "b/lora_kernel_a", "b/lora_kernel_b"]


def test_an_heir_has_the_lora_of_its_parent():
    model, parent = adapted("a"), adapted("a")
    parent.layers[0].lora_kernel_b.assign(np.ones((2, 6)))
    assert len(inherit_weights(model, parent, wanted_by="it")) == 4
    np.testing.assert_allclose(model(ex.CLASSES.x), parent(ex.CLASSES.x), rtol=1e-6)
    with pytest.raises(InputError, match="without the LoRA that was trained") as error:
        inherit_weights(dense("a"), parent, wanted_by="it")
    assert "a/lora_kernel_a" in error.value.received
    with pytest.raises(InputError, match="differs in shape"):
        inherit_weights(adapted("a", rank=3), parent, wanted_by="it")
