"""The reference engine is plain Keras."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine.contract import Job
from negres_core.engine.replicate import epoch_orders, start_replicate
from tests.engine import examples as ex

RECIPE = Recipe(ex.stage(ex.plain, optimizer=ex.momentum, epochs=3))


@pytest.fixture(scope="module")
def job():
    return Job(ex.cells(ex.CLASSES)[0], 0)


@pytest.fixture(scope="module")
def result(job):
    (result,) = ex.train("reference", RECIPE, ex.CLASSES, [job]).values()
    return result


def test_the_weights_are_those_computed_by_hand(job, result):
    """Softmax regression with Nesterov momentum, by hand."""
    x, y = ex.CLASSES.x.astype(float), np.eye(8)[ex.CLASSES.y]
    weights = [w.astype(float) for w in start_replicate(RECIPE, ex.CLASSES, job).model.get_weights()]
    speeds = [np.zeros_like(weight) for weight in weights]
    for order in epoch_orders(RECIPE, job):
        for begin in range(0, len(order), 16):
            rows = order[begin : begin + 16]
            powers = np.exp(x[rows] @ weights[0] + weights[1])
            error = (powers / powers.sum(axis=1, keepdims=True) - y[rows]) / len(rows)
            for i, gradient in enumerate((x[rows].T @ error, error.sum(axis=0))):
                speeds[i] = 0.9 * speeds[i] - 0.05 * gradient
                weights[i] = weights[i] + 0.9 * speeds[i] - 0.05 * gradient
    for trained, expected in zip(ex.model_of(result).get_weights(), weights, strict=True):
        np.testing.assert_allclose(trained, expected, atol=1e-5)


def test_metrics_are_those_of_the_saved_model_on_the_test_fold(job, result):
    outputs = ex.model_of(result).predict(ex.CLASSES.x[job.cell.test], verbose=0)
    y = ex.CLASSES.y[job.cell.test]
    assert result.metrics["accuracy"] == (outputs.argmax(axis=1) == y).mean()
    assert result.metrics["loss"] == pytest.approx(-np.log(outputs[np.arange(len(y)), y]).mean(), rel=1e-5)
    assert result.predictions == {"counts": np.bincount(outputs.argmax(axis=1), minlength=8).tolist()}


def test_the_curve_is_the_loss_of_each_epoch(result):
    assert len(result.curve) == 3
    assert result.curve[2] < result.curve[0]


def test_a_retrained_replicate_is_identical(job, result):
    keras.utils.set_random_seed(99)
    (again,) = ex.train("reference", RECIPE, ex.CLASSES, [job]).values()
    assert [weight.end for weight in again.weights] == [weight.end for weight in result.weights]
    assert again.metrics == result.metrics


@pytest.mark.parametrize("saved_as", ["keras", "h5"])
def test_the_saved_file_contains_only_the_model(job, saved_as):
    recipe = Recipe(ex.stage(ex.plain, loss=lambda: ex.squares, saved_as=saved_as, epochs=1))
    (result,) = ex.train("reference", recipe, ex.CLASSES, [job]).values()
    assert not ex.model_of(result, saved_as).compiled
