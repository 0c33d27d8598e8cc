"""A loss takes the targets that a data set has, or the error says which one does."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.checks import check_recipe
from negres_core.engine.model import make_loss
from negres_core.errors import InputError
from tests.engine import examples as ex

FLOATS = Dataset(x=ex.BINARY.x, y=ex.BINARY.y.astype(float), name="floats")


def ends_in(width, activation="softmax"):
    """Return a build function whose model has outputs of a width."""

    def build(input_shape):
        top = layers.Dense(width, activation=activation, name="top")
        return keras.Sequential([keras.Input(input_shape), layers.Flatten(), top])

    return build


# The recipe, the data, and parts of the message: what is wrong, and what to do.
REFUSED = {
    "the usual loss for values": (
        Recipe(ex.stage(ends_in(1, activation=None))),
        FLOATS,
        "floats, that is values, but the loss of build takes class labels",
        'Use loss="mse"; or give class labels as integers',
    ),
    "a binary loss of two outputs": (
        Recipe(ex.stage(ends_in(2), loss="binary_crossentropy")),
        ex.BINARY,
        "does not take",
        'Dense(1, "sigmoid") goes with this loss',
    ),
    "a loss of one-hot rows": (
        Recipe(ex.stage(ends_in(2), loss="categorical_crossentropy")),
        ex.BINARY,
        "does not take",
        "the same value from labels as the other from one-hot rows",
    ),
    "a loss of one class for several labels a row": (
        Recipe(ex.stage(ends_in(3))),
        ex.SEVERAL,
        "several labels a row, 0 and 1, which the loss of build does not take",
        'Use loss="binary_crossentropy" with Dense(3, "sigmoid")',
    ),
    "a loss of margins of several labels a row": (
        Recipe(ex.stage(ends_in(3, activation="tanh"), loss="hinge")),
        ex.SEVERAL,
        "several labels a row, 0 and 1, which the loss of build does not take",
        'Use loss="binary_crossentropy" with Dense(3, "sigmoid")',
    ),
    "a loss of margins": (
        Recipe(ex.stage(ends_in(1, activation="tanh"), loss="hinge")),
        ex.BINARY,
        "does not take",
        'For one output, Dense(1, "sigmoid"), use loss="binary_crossentropy"',
    ),
    "a loss of values": (
        Recipe(ex.stage(ends_in(8), loss="mse")),
        ex.CLASSES,
        "does not take",
        "If the targets are values, give floats",
    ),
    "a loss that Keras does not have": (
        Recipe(ex.stage(ends_in(1, activation=None), loss="mse_loss")),
        FLOATS,
        "Keras cannot make the loss",
        "such as 'mse'",
    ),
}


@pytest.mark.parametrize(("recipe", "data", "wrong", "remedy"), REFUSED.values(), ids=REFUSED)
def test_a_loss_that_does_not_take_the_targets_is_refused_with_one_that_does(recipe, data, wrong, remedy):
    with pytest.raises(InputError) as error:
        check_recipe(recipe, data)
    assert wrong in error.value.wrong
    assert remedy in error.value.remedy


def mean_square(y_true, y_pred):
    return keras.ops.mean(keras.ops.square(y_true - y_pred), axis=-1)


@pytest.mark.parametrize(
    "loss",
    [mean_square, keras.losses.mean_squared_error, keras.losses.MeanSquaredError()],
    ids=["own function", "function of Keras", "instance"],
)
def test_a_loss_itself_is_taken_as_it_is(loss):
    stage = ex.stage(ex.linear, loss=loss)

    check_recipe(Recipe(stage), ex.VALUES)

    assert make_loss(stage) is loss


def nothing(y, outputs):
    return None


def fails(y, outputs):
    return y.no_such_attribute


@pytest.mark.parametrize("loss", [nothing, fails])
def test_a_loss_of_the_users_that_does_not_run_is_refused(loss):
    with pytest.raises(InputError, match=f"The loss {loss.__name__} does not run on a batch of 'classes'") as caught:
        check_recipe(Recipe(ex.stage(ex.plain, loss=loss)), ex.CLASSES)
    assert "return one value for each row" in caught.value.remedy


@pytest.mark.parametrize(
    ("loss", "received"),
    [
        ("sparse_categorical_crossentropy", "a loss with ignore_class=None"),
        (lambda: keras.losses.SparseCategoricalCrossentropy(ignore_class=255), "a loss with ignore_class=255"),
        (lambda: ex.squares, ""),
    ],
)
def test_refuses_a_loss_of_steps_that_do_not_count(loss, received):
    recipe = Recipe(ex.stage(ex.of_steps, loss=loss))
    with pytest.raises(InputError, match="does not leave out steps or pixels of 'padded steps'") as caught:
        check_recipe(recipe, ex.PADDED)
    assert received in caught.value.received
    assert "SparseCategoricalCrossentropy(ignore_class=-1)" in caught.value.remedy


def test_one_sigmoid_cannot_leave_out_pixels_with_a_loss_of_keras():
    hidden = np.where(ex.MASKS.y[..., 0] + (np.arange(41) % 2)[:, None, None] == 2, 255, ex.MASKS.y[..., 0])
    data = Dataset(x=ex.MASKS.x, y=hidden, name="hidden", ignore_class=255)
    with pytest.raises(InputError, match="does not leave out steps or pixels of 'hidden'"):
        check_recipe(Recipe(ex.stage(ex.of_pixels, loss="binary_crossentropy")), data)
