"""A watched metric is measured on validation rows after each epoch, by all engines the same, and changes nothing."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.metrics import f1_score, mean_squared_error
from sklearn.preprocessing import MinMaxScaler

from negres_core import Dataset, Metric
from negres_core.arms.recipe import Recipe
from negres_core.engine import batched
from negres_core.engine.contract import Job
from negres_core.engine.watch import Watch
from negres_core.metrics import METRICS
from tests.engine import examples as ex

RECIPE = Recipe(ex.stage(ex.dense, epochs=4), preprocess=MinMaxScaler)
ACCURACY = METRICS["accuracy"]


def job_of(data, metric, *, seed=0):
    """Return a job whose first eight training rows are validation rows."""
    cell = ex.cells(data)[0]
    cell = dataclasses.replace(cell, train=cell.train[8:], validation=cell.train[:8])
    return Job(cell, seed, watched=metric)


def train(engine, recipe, data, job):
    if engine == "batched":
        return next(result for _, result in batched.train(recipe, data, [job], device=ex.device()))
    (result,) = ex.train(engine, recipe, data, [job]).values()
    return result


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "loss"])
def test_all_engines_measure_the_same_curve(metric):
    job = job_of(ex.CLASSES, METRICS[metric])
    curves = [train(engine, RECIPE, ex.CLASSES, job).validation for engine in ("reference", "compiled", "batched")]
    assert [len(curve) for curve in curves] == [4, 4, 4]
    assert curves[1] == pytest.approx(curves[0], rel=1e-4)
    assert curves[2] == pytest.approx(curves[0], rel=1e-4)
    assert metric == "accuracy" or len(set(curves[0])) == 4


@pytest.mark.parametrize("engine", ex.ENGINES)
def test_the_last_value_is_that_of_the_trained_model_on_the_validation_rows(engine):
    recipe = Recipe(ex.stage(ex.dense, epochs=3))
    job = job_of(ex.CLASSES, ACCURACY)
    result = train(engine, recipe, ex.CLASSES, job)
    outputs = ex.model_of(result).predict(ex.CLASSES.x[job.cell.validation], verbose=0)
    assert result.validation[-1] == np.mean(outputs.argmax(axis=1) == ex.CLASSES.y[job.cell.validation])


@pytest.mark.parametrize("engine", ["reference", "compiled", "batched"])
def test_watching_does_not_change_the_training(engine):
    job = job_of(ex.CLASSES, ACCURACY)
    watched = train(engine, RECIPE, ex.CLASSES, job)
    plain = train(engine, RECIPE, ex.CLASSES, dataclasses.replace(job, watched=None))
    assert [weight.end for weight in watched.weights] == [weight.end for weight in plain.weights]
    assert (watched.curve, watched.metrics) == (plain.curve, plain.metrics)
    assert plain.validation is None


@pytest.mark.parametrize("name", ["objective", "two inputs"])
def test_any_network_can_be_watched(name):
    recipe, data = ex.RECIPES[name]
    metric = METRICS["accuracy" if data.task == "classification" else "mse"]
    job = job_of(data, metric)
    curves = [train(engine, recipe, data, job).validation for engine in ("reference", "compiled", "batched")]
    assert len(curves[0]) == recipe.last.epochs
    assert curves[1] == pytest.approx(curves[0], rel=1e-4)
    assert curves[2] == pytest.approx(curves[0], rel=1e-4)


def test_a_metric_of_the_users_own_is_given_targets_and_labels():
    def macro(targets, labels):
        return f1_score(targets, labels, average="macro")

    watch = Watch(RECIPE, ex.CLASSES)
    own = Metric("macro", higher_is_better=True, unit="F1", compute=macro, takes="labels")
    job = job_of(ex.CLASSES, own)
    targets = ex.CLASSES.y[job.cell.validation]
    right = np.eye(8)[targets]
    assert watch.score(job, right, 0.1) == 1
    assert watch.score(job, right[::-1], 0.1) == macro(targets, targets[::-1])


def test_outputs_that_are_not_finite_have_no_score():
    watch = Watch(RECIPE, ex.CLASSES)
    assert np.isnan(watch.score(job_of(ex.CLASSES, ACCURACY), np.full((8, 8), np.nan), 0.1))
    assert np.isnan(watch.score(job_of(ex.CLASSES, METRICS["loss"]), np.zeros((8, 8)), np.inf))


def test_images_are_scored_against_the_mean_of_the_rows_that_are_trained_on():
    images = np.random.default_rng(0).uniform(size=(30, 8, 8, 1)).astype(np.float32)
    recipe, data = Recipe(ex.stage(ex.dense, loss="mse")), Dataset(x=images, y=images, name="images")
    job = job_of(data, METRICS["skill"])
    mean = data.y[job.cell.train].mean(axis=0)
    targets = data.y[job.cell.validation]
    watch = Watch(recipe, data)
    assert watch.score(job, np.broadcast_to(mean, targets.shape), 0.1) == pytest.approx(0, abs=1e-6)
    half = (targets + mean) / 2
    error = mean_squared_error(targets.reshape(8, -1), half.reshape(8, -1))
    trivial = np.mean((targets - mean) ** 2)
    assert watch.score(job, half, 0.1) == pytest.approx(1 - error / trivial, rel=1e-5)


def test_the_rows_of_a_job_that_watches_nothing_are_none():
    job = job_of(ex.CLASSES, None)
    watch = Watch(RECIPE, ex.CLASSES)
    assert watch.rows_of(job) is None
    assert watch.rows_of(dataclasses.replace(job, watched=ACCURACY)) is job.cell.validation
    monitoring = Watch(Recipe(ex.stage(ex.dense, validation=0.2)), ex.CLASSES)
    assert monitoring.rows_of(job) is job.cell.validation


def test_a_replicate_that_is_timed_trains_alone(monkeypatch):
    from negres_core.engine import compiled

    together, most = [], []
    train_one = compiled._Worker.train

    def counted(self, job, *rest):
        together.append(job)
        most.append(len(together))
        result = train_one(self, job, *rest)
        together.remove(job)
        return result

    monkeypatch.setattr(compiled._Worker, "train", counted)
    jobs = [Job(cell, seed, alone=True) for cell in ex.cells(ex.CLASSES)[:2] for seed in (0, 1)]
    results = list(compiled.train(Recipe(ex.stage(ex.plain)), ex.CLASSES, jobs, device=ex.device(4)))
    assert len(results) == 4
    assert max(most) == 1
