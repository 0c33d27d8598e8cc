"""Callbacks see one training of all epochs, new ones for each replicate, and are refused where they need more."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine import selection
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.model import make_loss_object, make_optimizer
from negres_core.engine.replicate import epoch_orders, start_replicate
from negres_core.errors import EngineWarning, InputError
from tests.engine import examples as ex

CELL = ex.cells(ex.CLASSES)[0]


class Steps(keras.callbacks.Callback):
    """Counts steps, and the steps that it is told of."""

    def __init__(self, told, seen):
        super().__init__()
        self.told, self.seen = told, seen

    def on_epoch_begin(self, epoch, logs=None):
        self.told.append(self.params["steps"])

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(batch)


def halve(epoch, rate):
    return rate / 2


def scheduled():
    return [keras.callbacks.LearningRateScheduler(halve)]


def stopping_at_once():
    return [keras.callbacks.EarlyStopping("loss", min_delta=100.0, patience=1, restore_best_weights=True)]


def plateau():
    return [keras.callbacks.ReduceLROnPlateau("loss", factor=0.1, patience=1, min_delta=100.0)]


def train(callbacks, *, epochs=4, seed=0, **options):
    recipe = Recipe(ex.stage(ex.plain, optimizer=ex.momentum, callbacks=callbacks, epochs=epochs, **options))
    check_recipe(recipe, ex.CLASSES)
    with pytest.warns(EngineWarning, match="callbacks, which only keras.Model.fit calls") as caught:
        ((_, result),) = selection.train(recipe, ex.CLASSES, [Job(CELL, seed)], device=ex.device())
    assert len([each for each in caught if each.category is EngineWarning]) == 1
    return result


def weights_by_hand(rates):
    """Weights after epochs of keras.Model.fit at these learning rates, without callbacks."""
    stage = ex.stage(ex.plain, optimizer=ex.momentum, epochs=len(rates))
    recipe, job = Recipe(stage), Job(CELL, 0)
    model = start_replicate(recipe, ex.CLASSES, job).model
    model.compile(optimizer=make_optimizer(stage), loss=make_loss_object(stage))
    for rate, order in zip(rates, epoch_orders(recipe, job), strict=True):
        model.optimizer.learning_rate = rate
        model.fit(ex.CLASSES.x[order], ex.CLASSES.y[order], batch_size=16, shuffle=False, verbose=0)
    return model.get_weights()


def test_callbacks_are_told_the_steps_of_the_rows_that_are_trained_on():
    """Half of 40 rows are 2 batches of 16, and all would be 3."""
    told, seen = [], []
    train(lambda: [Steps(told, seen)], epochs=1, share=0.5)
    assert (told, seen) == ([2], [0, 1])


@pytest.mark.parametrize(
    ("callbacks", "rates"),
    [
        (scheduled, [0.025, 0.0125, 0.00625, 0.003125]),
        (plateau, [0.05, 0.05, 0.005, 0.0005]),
        # The best epoch is the first; the training ends after the second.
        (stopping_at_once, [0.05]),
    ],
)
def test_callbacks_act_as_in_one_call_of_fit(callbacks, rates):
    result = train(callbacks)
    for one, other in zip(ex.model_of(result).get_weights(), weights_by_hand(rates), strict=True):
        np.testing.assert_allclose(one, other, rtol=0, atol=1e-6)
    assert len(result.curve) == (2 if callbacks is stopping_at_once else 4)


class Recording(keras.callbacks.Callback):
    calls = None

    def on_train_begin(self, logs=None):
        self.calls.append(f"begin of {self.params['epochs']} epochs of {self.params['steps']}")

    def on_epoch_begin(self, epoch, logs=None):
        self.calls.append(f"epoch {epoch}")

    def on_train_batch_end(self, batch, logs=None):
        self.calls.append(f"batch {batch}")

    def on_train_end(self, logs=None):
        self.calls.append("end" if "loss" in logs else "end without a loss")


def test_the_training_begins_and_ends_once(monkeypatch):
    monkeypatch.setattr(Recording, "calls", [])
    train(lambda: [Recording()], epochs=2)
    batches = [f"batch {batch}" for batch in range(3)]
    assert Recording.calls == ["begin of 2 epochs of 3", "epoch 0", *batches, "epoch 1", *batches, "end"]


def test_each_replicate_has_its_own_callbacks():
    one, other = train(stopping_at_once), train(stopping_at_once)
    assert one.curve == other.curve


def test_a_training_that_is_not_finite_ends():
    recipe = Recipe(ex.stage(ex.plain, loss=lambda: ex.not_a_number, callbacks=scheduled, epochs=9))
    (result,) = ex.train("reference", recipe, ex.CLASSES, [Job(CELL, 0)]).values()
    assert not result.finite
    assert len(result.curve) == 1


KEPT = keras.callbacks.TerminateOnNaN()


class Evaluating(keras.callbacks.Callback):
    def on_test_end(self, logs=None):
        raise AssertionError("it is never called")


REFUSED = {
    "validation loss": (lambda: [keras.callbacks.EarlyStopping(patience=2)], "does not report", "'val_loss'"),
    "a metric": (lambda: [keras.callbacks.ReduceLROnPlateau("accuracy")], "does not report", "'accuracy'"),
    "the best of a validation loss": (
        lambda: [keras.callbacks.ModelCheckpoint("best.keras", save_best_only=True)],
        "does not report",
        "'val_loss'",
    ),
    "one callback for all": (lambda: [KEPT], "new objects at every call", "the same TerminateOnNaN twice"),
    "resuming": (lambda: [keras.callbacks.BackupAndRestore("folder")], "another training", "BackupAndRestore"),
    "averaged weights": (lambda: [keras.callbacks.SwapEMAWeights()], "averages weights", "SwapEMAWeights"),
    "a test": (lambda: [Evaluating()], "on_test_end would never be called", "on_test_end"),
    "no list": (keras.callbacks.TerminateOnNaN, "return a list", "TerminateOnNaN"),
    "classes": (lambda: [keras.callbacks.TerminateOnNaN], "return a list", "TerminateOnNaN"),
}


@pytest.mark.parametrize(("callbacks", "wrong", "received"), REFUSED.values(), ids=REFUSED)
def test_callbacks_that_cannot_be_honoured_are_refused(callbacks, wrong, received):
    with pytest.raises(InputError, match=wrong) as error:
        check_recipe(Recipe(ex.stage(ex.plain, callbacks=callbacks)), ex.CLASSES)
    assert received in error.value.received


def test_callbacks_that_need_nothing_more_are_allowed(tmp_path):
    made = lambda: [  # noqa: E731  # as users write it
        keras.callbacks.ModelCheckpoint(tmp_path / "{epoch}.keras"),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        keras.callbacks.TensorBoard(tmp_path / "board"),
        keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: None),
    ]
    check_recipe(Recipe(ex.stage(ex.plain, callbacks=made)), ex.CLASSES)


@keras.saving.register_keras_serializable(package="negres_tests")
class Reporting(keras.Sequential):
    """Reports a number of its own beside the loss."""

    def compute_metrics(self, *arguments, **options):
        return super().compute_metrics(*arguments, **options) | {"size": 1.0}


def test_a_number_that_the_model_reports_can_be_monitored():
    def build():
        return Reporting([keras.Input((6,)), *ex.plain().layers])

    monitored = ex.stage(build, callbacks=lambda: [keras.callbacks.EarlyStopping("size", mode="min", patience=1)])
    check_recipe(Recipe(monitored), ex.CLASSES)
    (result,) = ex.train("reference", Recipe(monitored), ex.CLASSES, [Job(CELL, 0)]).values()
    assert len(result.curve) == 2

    missing = ex.stage(build, callbacks=lambda: [keras.callbacks.EarlyStopping("width", mode="min")])
    with pytest.raises(InputError, match="does not report") as error:
        ex.train("reference", Recipe(missing), ex.CLASSES, [Job(CELL, 0)])
    assert "loss" in error.value.received
    assert "size" in error.value.received


def test_callbacks_and_an_objective_exclude_each_other():
    with pytest.raises(InputError, match="cannot be trained with an objective") as error:
        check_recipe(Recipe(ex.stage(ex.linear, objective=ex.absolute, callbacks=scheduled)), ex.VALUES)
    assert "callbacks" in error.value.received


def test_the_budget_of_a_training_that_a_callback_ends_is_what_was_trained():
    result = train(stopping_at_once)
    assert len(result.curve) == 2
    assert result.budget["epochs"] == 2
    assert result.budget["steps"] == 2 * 3  # 40 rows in batches of 16
