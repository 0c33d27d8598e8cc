"""Models are built from a seed, and are saved and loaded."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.dataset import Dataset
from negres_core.engine.inheritance import weight_paths
from negres_core.engine.model import (
    build_model,
    load_model,
    make_loss,
    make_loss_object,
    make_optimizer,
    output_shape,
    save_model,
)
from negres_core.errors import InputError
from tests.engine import examples as ex

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
