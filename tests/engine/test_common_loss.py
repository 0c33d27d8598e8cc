"""A claim on the loss compares values of one function, however it is named."""

from __future__ import annotations

import keras
import pytest
from keras import ops

from negres_core.arms.recipe import Recipe
from negres_core.engine.common_loss import check_common_loss
from negres_core.errors import InputError
from tests.engine import examples as ex


def weighted(weight):
    def loss(y, outputs):
        return weight * ops.mean(ops.square(y - outputs), axis=-1)

    return loss


def with_loss(loss, build=ex.linear):
    return Recipe(ex.stage(build, loss=loss))


ONE = {
    "a name and a class": ("mse", keras.losses.MeanSquaredError),
    "two names": ("mse", "mean_squared_error"),
    "a name and a function": ("mse", lambda: keras.losses.mean_squared_error),
    "a class with its default": (keras.losses.Huber, lambda: keras.losses.Huber(1.0)),
    "labels": ("sparse_categorical_crossentropy", keras.losses.SparseCategoricalCrossentropy),
    "logits": ("binary_crossentropy", lambda: keras.losses.BinaryCrossentropy(from_logits=True)),
    "one's own": (lambda: weighted(2), lambda: weighted(2)),
}
TWO = {
    "two names": ("mse", "mae"),
    "two options": (keras.losses.Huber, lambda: keras.losses.Huber(0.5)),
    "smoothed labels": ("binary_crossentropy", lambda: keras.losses.BinaryCrossentropy(label_smoothing=0.1)),
    "two of one's own": (lambda: weighted(2), lambda: weighted(3)),
}


@pytest.mark.parametrize("losses", ONE.values(), ids=ONE)
def test_one_loss_may_be_compared_whatever_it_is_called(losses):
    check_common_loss([with_loss(loss) for loss in losses])


@pytest.mark.parametrize("losses", TWO.values(), ids=TWO)
def test_two_losses_are_refused(losses):
    with pytest.raises(InputError, match="losses are different functions"):
        check_common_loss([with_loss(loss) for loss in losses])


def test_an_objective_is_another_loss():
    with pytest.raises(InputError, match="different functions") as error:
        check_common_loss([with_loss("mse"), Recipe(ex.stage(ex.linear, loss="mse", objective=ex.absolute))])
    assert "linear: absolute" in error.value.received


def test_one_arm_has_one_loss():
    check_common_loss([with_loss("mse")])
