"""Models are built from a seed, share weights by the names that their authors chose, and freeze shared layers."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.dataset import Dataset
from negres_core.engine.layers import layers_of
from negres_core.engine.model import (
    build_model,
    freeze_layers,
    inherit_weights,
    is_made_up,
    load_model,
    make_loss,
    make_loss_object,
    make_optimizer,
    match_weights,
    output_shape,
    save_model,
    weight_paths,
)
from negres_core.errors import InputError
from tests.engine import examples as ex


def dense(*names, width=6, name=None):
    """A model with one dense layer per name; Keras names a layer whose name is None."""
    return keras.Sequential([keras.Input((6,)), *(layers.Dense(width, name=layer) for layer in names)], name=name)


def matched(model, other):
    """Map each path in the model to its match in the other."""
    paths, others = weight_paths(model), weight_paths(other)
    return {paths[here]: others[there] for here, there in match_weights(model, others, wanted_by="it").items()}


def trainable(model):
    """Return the paths of the trainable weights."""
    ids = {id(weight) for weight in model.trainable_weights}
    return [path for path, weight in zip(weight_paths(model), model.weights, strict=True) if id(weight) in ids]


# Built


def test_a_seed_determines_the_initial_weights_whatever_was_sampled_before():
    first = build_model(ex.dense, ex.CLASSES, seed=4).get_weights()
    random.seed(99)
    np.random.seed(99)  # noqa: NPY002 # disturbs the global generator on purpose
    keras.utils.set_random_seed(99)
    ex.dense()
    again, other = (build_model(ex.dense, ex.CLASSES, seed=seed).get_weights() for seed in (4, 5))
    assert all((one == two).all() for one, two in zip(first, again, strict=True))
    assert not (first[0] == other[0]).all()


def test_a_sequential_without_an_input_is_built_from_the_data():
    def build():
        return keras.Sequential([layers.Dense(3, name="hidden")])

    model = build_model(build, ex.CLASSES)
    assert model.built
    assert [tuple(weight.shape) for weight in model.weights] == [(6, 3), (3,)]


def test_a_build_function_can_take_the_shape_of_the_data():
    def build(input_shape, outputs):
        return keras.Sequential([keras.Input(input_shape), layers.Flatten(), layers.Dense(outputs)])

    assert output_shape(build_model(build, ex.IMAGES), ex.IMAGES, name="build") == (3,)


def test_an_object_that_is_not_a_model_is_refused():
    with pytest.raises(InputError, match="layer_alone has to return a Keras model") as error:
        build_model(layer_alone, ex.CLASSES)
    assert error.value.received == "a Dense"


def layer_alone():
    return layers.Dense(3)


def test_a_compiled_model_is_refused():
    def ready():
        model = ex.plain()
        model.compile(loss="mse")
        return model

    with pytest.raises(InputError, match="ready returns a compiled model") as error:
        build_model(ready, ex.CLASSES)
    assert "Leave out compile()" in error.value.remedy


def test_a_model_that_cannot_take_the_rows_is_refused():
    with pytest.raises(InputError, match="cannot take the rows of 'images'") as error:
        output_shape(ex.dense(), ex.IMAGES, name="dense")
    assert "(8, 8, 1)" in error.value.received
    assert "input_shape" in error.value.remedy


def of_inputs(*names, width=1):
    """A model with inputs of these names."""
    inputs = {name: keras.Input((width,), name=name) for name in names}
    return keras.Model(inputs, layers.Dense(3)(layers.Concatenate()(list(inputs.values()))))


BOTH = Dataset(x={"sex": np.zeros((4, 1)), "age": np.ones((4, 1))}, y=[0, 1, 0, 1], name="both")


@pytest.mark.parametrize("names", [("age",), ("age", "size"), ("age", "sex", "size")])
def test_inputs_need_the_names_of_the_data(names):
    assert output_shape(of_inputs("age", "sex"), BOTH, name="it") == (3,)
    with pytest.raises(InputError, match="do not have the names of the inputs of 'both'") as error:
        output_shape(of_inputs(*names), BOTH, name="it")
    assert error.value.received == f"inputs {', '.join(names)}; the data have age, sex"
    assert "for each item of `input_shape`" in error.value.remedy


@pytest.mark.parametrize(
    ("model", "data", "shape"),
    [
        (of_inputs("age", "sex", width=2), BOTH, "{'age': (1,), 'sex': (1,)}"),
        (of_inputs("age", "sex"), ex.CLASSES, "(6,)"),
        (ex.subclassed(), BOTH, "{'age': (1,), 'sex': (1,)}"),
    ],
    ids=["of another shape", "one for a model of two", "two for a subclassed model of one"],
)
def test_inputs_that_do_not_fit_are_refused(model, data, shape):
    with pytest.raises(InputError, match="cannot take the rows of") as error:
        output_shape(model, data, name="it")
    assert f"rows of shape {shape}, and from Keras" in error.value.received


# Optimizer and loss


def test_an_optimizer_and_a_loss_are_new_at_every_call():
    stage = ex.stage(ex.plain, optimizer=ex.momentum, loss="mse")
    assert make_optimizer(stage) is not make_optimizer(stage)
    assert make_optimizer(stage).momentum == 0.9
    assert make_loss(stage)(np.array([1.0, 3.0]), np.array([0.0, 0.0])) == 5


def test_a_loss_gets_targets_as_keras_passes_them():
    """Integer labels arrive as floats, and as a column if there is one output."""
    targets = {}

    def loss(y, outputs):
        targets[tuple(outputs.shape)] = (keras.backend.standardize_dtype(y.dtype), tuple(y.shape))
        return keras.ops.mean(outputs)

    objective = make_loss_object(ex.stage(ex.plain, loss=lambda: loss))
    for width in (1, 8):
        objective(np.array([1, 2, 0], np.int32), np.zeros((3, width), np.float32))
    assert targets == {(3, 1): ("float32", (3, 1)), (3, 8): ("float32", (3,))}


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


def test_layers_are_listed_at_every_depth_containers_first():
    names = [layer.name for layer in layers_of(keras.Sequential([keras.Input((6,)), dense("a", name="inner")]))]
    assert names == ["inner", "a"]


# Saved


@pytest.mark.parametrize("saved_as", ["keras", "h5"])
def test_a_saved_model_is_loaded_with_its_weights_and_paths(saved_as, tmp_path, caplog):
    model = ex.grown()
    path = tmp_path / f"model.{saved_as}"
    path.write_bytes(save_model(model, saved_as))
    again = load_model(path)
    assert weight_paths(again) == weight_paths(model)
    for one, two in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert caplog.text == ""
