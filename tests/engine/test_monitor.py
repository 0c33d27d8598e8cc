"""The monitor of a stage: its metric has a direction, and a plateau is Keras' own rule for that metric."""

from __future__ import annotations

import keras
import pytest
from sklearn.metrics import make_scorer, mean_absolute_error

from negres_core import Metric
from negres_core.arms.stage import Stage
from negres_core.early_stopping import Plateau
from negres_core.engine.monitor import monitor_of
from negres_core.errors import InputError
from tests.engine import examples as ex

PLATEAU = keras.callbacks.ReduceLROnPlateau


def monitor(data=ex.CLASSES, **options):
    return monitor_of(Stage(ex.dense, **{"validation": 0.1} | options), data)


def test_a_stage_without_validation_rows_monitors_nothing():
    assert monitor(validation=None) is None


@pytest.mark.parametrize(
    ("data", "given", "name", "higher_is_better"),
    [
        (ex.CLASSES, "loss", "loss", False),
        (ex.CLASSES, "accuracy", "accuracy", True),
        (ex.BINARY, "roc_auc", "roc_auc", True),
        (ex.VALUES, "mae", "mae", False),
        (ex.VALUES, make_scorer(mean_absolute_error, greater_is_better=False), "mean_absolute_error", False),
    ],
)
def test_any_metric_of_the_task_can_be_monitored_and_has_its_direction(data, given, name, higher_is_better):
    found = monitor(data, monitor=given, patience=4)
    assert (found.metric.name, found.metric.higher_is_better) == (name, higher_is_better)
    assert (found.patience, found.restores_best) == (4, True)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ("mse", "There is no metric 'mse' for classification"),
        ("val_loss", "always monitors its validation rows"),
        ("epochs", "not measured on validation rows"),
        (Metric("declared", higher_is_better=True, unit="x"), "There is no metric 'declared'"),
        (7, "has to be a metric of predictions"),
    ],
)
def test_refuses_what_is_no_metric_of_predictions(given, message):
    with pytest.raises(InputError, match=message):
        monitor(monitor=given)


@pytest.mark.parametrize("as_function", [True, False])
def test_a_plateau_has_the_configuration_of_the_callback(as_function):
    made = PLATEAU(factor=0.5, patience=3, min_delta=0.01, cooldown=2, min_lr=1e-5)
    found = monitor(plateau=(lambda: made) if as_function else made, optimizer=lambda: keras.optimizers.SGD(0.25))
    assert found.plateau == Plateau(factor=0.5, patience=3, min_delta=0.01, cooldown=2, min_rate=1e-5)
    assert found.begin().rate == 0.25


class Own(PLATEAU):
    def on_epoch_end(self, epoch, logs=None):
        raise NotImplementedError


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"plateau": Own()}, "has to be Keras' ReduceLROnPlateau"),
        ({"plateau": PLATEAU}, None),
        ({"plateau": "yes"}, "has to be Keras' ReduceLROnPlateau"),
        ({"plateau": keras.callbacks.EarlyStopping()}, "has to be Keras' ReduceLROnPlateau"),
        ({"plateau": PLATEAU(monitor="val_accuracy")}, "another metric than the stage"),
        ({"plateau": PLATEAU(), "monitor": "accuracy"}, "another metric than the stage"),
        ({"plateau": PLATEAU(monitor="val_accuracy", mode="max"), "monitor": "accuracy"}, None),
        ({"plateau": PLATEAU(mode="max")}, "other direction"),
    ],
)
def test_a_plateau_that_would_not_do_what_it_says_is_refused(options, message):
    if message is None:
        assert monitor(**options).plateau.patience == 10
        return
    with pytest.raises(InputError, match=message):
        monitor(**options)


def test_a_schedule_has_no_rate_that_a_plateau_could_lower():
    def scheduled():
        return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(1e-3, 100))

    with pytest.raises(InputError, match="follows a schedule"):
        monitor(plateau=PLATEAU(), optimizer=scheduled)
    assert monitor(optimizer=scheduled).plateau is None
