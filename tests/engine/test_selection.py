"""The fastest engine that can train a recipe does, and a warning explains why a slower one is used."""

from __future__ import annotations

import warnings
from dataclasses import replace

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine import batched, compiled, reference, selection
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job, NotBatchableError
from negres_core.engine.device import Device
from negres_core.errors import EngineWarning, InputError
from tests.engine import examples as ex

PLAIN = Recipe(ex.stage(ex.plain))
JOBS = [Job(cell, 0) for cell in ex.cells(ex.CLASSES)]
GPU = Device("gpu", "a processor", "tensorflow", 1)


class Counting(keras.optimizers.SGD):
    """An optimizer with a variable that Keras does not know."""

    def build(self, variables):
        super().build(variables)
        object.__setattr__(self, "count", keras.Variable(0.0))


SLOW = {
    "accumulates gradients": lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "SGD accumulates gradients": lambda: keras.optimizers.LossScaleOptimizer(
        keras.optimizers.SGD(0.1, gradient_accumulation_steps=2)
    ),
    "has variables that it does not list": lambda: Counting(0.1),
}


@pytest.fixture
def calls(monkeypatch):
    """Record the engines in the order of their calls; each yields its name in place of a result."""
    order = []

    def engine(name, *, fails=False):
        def train(recipe, data, jobs, *, device):
            order.append(name)
            if fails:
                raise NotBatchableError("a filter differs")
            yield from ((job, name) for job in jobs)

        return train

    for module in (batched, compiled, reference):
        name = module.__name__.rpartition(".")[2]
        monkeypatch.setattr(module, "train", engine(name))
    monkeypatch.setattr(ex, "failing", engine("batched", fails=True), raising=False)
    return order


@pytest.mark.parametrize(("device", "engine"), [(ex.device(), "compiled"), (GPU, "batched")])
def test_each_device_has_its_engine_without_a_warning(calls, device, engine):
    with warnings.catch_warnings(action="error"):
        results = list(selection.train(PLAIN, ex.CLASSES, JOBS, device=device))
    assert results == [(job, engine) for job in JOBS]
    assert calls == [engine]


def test_a_model_that_cannot_be_stacked_is_trained_one_replicate_at_a_time(calls, monkeypatch):
    monkeypatch.setattr(batched, "train", ex.failing)
    with pytest.warns(EngineWarning, match=r"^plain: tensorflow cannot stack its replicates \(a filter differs\)"):
        results = list(selection.train(PLAIN, ex.CLASSES, JOBS, device=GPU))
    assert [engine for _, engine in results] == ["compiled"] * len(JOBS)


@pytest.mark.parametrize("reason", SLOW)
def test_an_optimizer_whose_state_cannot_be_carried_trains_with_fit(calls, reason):
    recipe = Recipe(ex.stage(ex.plain, optimizer=SLOW[reason]))
    with pytest.warns(EngineWarning, match=reason):
        list(selection.train(recipe, ex.CLASSES, JOBS, device=ex.device()))
    assert calls == ["reference"]


def projected(input_shape, outputs):
    """A random projection, drawn with NumPy and kept as a constant."""
    projection = np.random.normal(size=(*input_shape, 4)).astype("float32")  # noqa: NPY002
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, keras.layers.Dense(outputs, "softmax")(keras.ops.matmul(inputs, projection)))


def test_a_model_with_drawn_constants_trains_with_fit(calls):
    """A compiled epoch would train every replicate on the projection of the first."""
    with pytest.warns(EngineWarning, match="draws other random numbers besides weights"):
        list(selection.train(Recipe(ex.stage(projected)), ex.CLASSES, JOBS, device=ex.device()))
    assert calls == ["reference"]


def test_such_an_optimizer_trains_every_weight():
    recipe = Recipe(ex.stage(ex.plain, optimizer=SLOW["accumulates gradients"]))
    with pytest.warns(EngineWarning):
        ((_, result),) = selection.train(recipe, ex.CLASSES, JOBS[:1], device=ex.device())
    assert result.finite
    assert all(weight.start != weight.end for weight in result.weights)


def test_without_jobs_no_engine_is_called(calls):
    assert list(selection.train(PLAIN, ex.CLASSES, [], device=ex.device())) == []
    assert calls == []


def test_what_needs_fit_is_refused_with_an_objective():
    def objective(model, x, y, *, training):
        return keras.losses.sparse_categorical_crossentropy(y, model(x, training=training))

    recipe = Recipe(ex.stage(ex.plain, objective=objective, optimizer=SLOW["accumulates gradients"]))
    with pytest.raises(InputError, match="cannot be trained with an objective") as error:
        check_recipe(recipe, ex.CLASSES)
    assert "accumulates gradients" in error.value.received


def test_a_device_elsewhere_trains_all_but_what_has_to_be_timed_alone(monkeypatch):
    calls = []

    def elsewhere(recipe, data, jobs, *, device):
        calls.append(device.elsewhere)
        yield from ((job, "a result") for job in jobs)

    device = replace(GPU, elsewhere=elsewhere)
    assert list(selection.train(PLAIN, ex.CLASSES, JOBS, device=device)) == [(job, "a result") for job in JOBS]
    assert calls == [None]
    monkeypatch.setattr(selection, "_kept_reason", lambda recipe, data: None)
    monkeypatch.setattr(compiled, "train", lambda *arguments, device: iter(["here"]))
    alone = [replace(job, alone=True) for job in JOBS]
    assert list(selection.train(PLAIN, ex.CLASSES, alone, device=device)) == ["here"]
    assert calls == [None]
