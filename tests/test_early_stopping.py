"""The rules of early stopping do what Keras' own callbacks do, on any curve."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest

from negres_core.early_stopping import (
    Course,
    Plateau,
    check_needs,
    checked_patience,
    checked_validation,
    replay,
)
from negres_core.errors import InputError

RNG = np.random.default_rng(3)
CURVES = [
    *(np.round(np.cumsum(RNG.normal(-0.1, 0.5, size=30)), 2).tolist() for _ in range(12)),
    [1.0] * 10,
    np.linspace(1, 0, 20).tolist(),
    np.linspace(0, 1, 20).tolist(),
]


class Optimizer:
    """An optimizer, which keeps its learning rate as float32."""

    learning_rate = np.float32(0.1)

    def __setattr__(self, name, value):
        super().__setattr__(name, np.float32(value))


class Model:
    """What Keras' callbacks need of a model."""

    def __init__(self):
        self.stop_training, self.epoch = False, 0
        self.optimizer = Optimizer()

    def get_weights(self):
        return self.epoch

    def set_weights(self, epoch):
        self.restored = epoch


def follow(callback, curve):
    """Return the model after a callback saw a curve, and the learning rate of each next epoch."""
    model, rates = Model(), []
    callback.set_model(model)
    callback.on_train_begin()
    for epoch, value in enumerate(curve):
        model.epoch = epoch + 1
        callback.on_epoch_end(epoch, {"val_loss": value})
        rates.append(model.optimizer.learning_rate)
        if model.stop_training:
            break
    callback.on_train_end()
    return model, rates


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("patience", [1, 2, 4])
def test_training_ends_and_restores_when_and_what_keras_does(curve, mode, patience):
    callback = keras.callbacks.EarlyStopping(patience=patience, mode=mode, restore_best_weights=True)
    model, rates = follow(callback, curve)

    course = replay(curve, higher_is_better=mode == "max", patience=patience)

    assert len(course.values) == len(rates)
    assert course.is_over == model.stop_training
    assert course.best_epoch == model.restored


@pytest.mark.parametrize("curve", CURVES)
@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize(
    "options",
    [
        {"patience": 1},
        {"patience": 2, "factor": 0.3, "cooldown": 2},
        {"patience": 2, "min_delta": 0.4, "min_lr": 0.03, "factor": 0.5},
    ],
)
def test_the_rate_falls_when_and_as_keras_lets_it(curve, mode, options):
    callback = keras.callbacks.ReduceLROnPlateau(mode=mode, **options)
    rule = Plateau(callback.factor, callback.patience, callback.min_delta, callback.cooldown, callback.min_lr)
    course, rates = Course(higher_is_better=mode == "max", plateau=rule, rate=0.1), []
    for value in curve:
        course.add(value)
        rates.append(course.rate)

    assert rates == follow(callback, curve)[1]


def test_without_patience_training_goes_on():
    course = replay([1.0, 2.0, 3.0], higher_is_better=False, patience=None)
    assert (course.best_epoch, course.is_over, course.values) == (1, False, [1, 2, 3])


def test_a_value_that_is_not_a_number_is_no_improvement_and_hides_none():
    course = replay([None, 2.0, math.nan, 3.0], higher_is_better=False, patience=2)
    assert (course.best_epoch, course.is_over) == (2, True)


@pytest.mark.parametrize(("given", "held_out"), [(None, None), (False, None), (True, True), (0.1, 0.1), (0.5, 0.5)])
def test_what_is_held_out(given, held_out):
    assert checked_validation(given) is held_out or checked_validation(given) == held_out


@pytest.mark.parametrize("given", [0, 1, 1.5, -0.1, 0.6, 30, "0.1", (1, 2), np.arange(3)])
def test_refuses_rows_and_shares_that_are_none(given):
    with pytest.raises(InputError, match="has to be a share of the training fold"):
        checked_validation(given)


@pytest.mark.parametrize("given", [0, -1, 2.5, True, "5"])
def test_refuses_a_patience_that_is_no_number_of_epochs(given):
    with pytest.raises(InputError, match="number of epochs"):
        checked_patience(given)


def test_integers_of_numpy_are_numbers_of_epochs():
    assert checked_patience(np.int64(5)) == 5


def test_refuses_what_needs_validation_rows_without_them():
    check_needs(0.1, patience=5)
    check_needs(None, patience=None)
    with pytest.raises(InputError, match="`patience` of a stage needs validation rows") as caught:
        check_needs(None, patience=5, plateau=None)
    assert "validation=0.1" in caught.value.remedy
