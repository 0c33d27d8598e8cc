"""The fastest engine that can, the next slower one where it cannot, and a word about it."""

from __future__ import annotations

import warnings

import keras
import pytest

from negres_core.engine import batched, compiled, reference, selection
from negres_core.engine.contract import Job, NotBatchableError
from negres_core.engine.device import Device
from negres_core.errors import EngineWarning
from negres_core.recipe import Recipe
from tests.engine import examples as ex

PLAIN = Recipe(ex.stage(ex.plain))
JOBS = [Job(cell, 0) for cell in ex.cells(ex.CLASSES)]
GPU = Device("gpu", "a processor", "tensorflow", 1)


class Counting(keras.optimizers.SGD):
    """An optimizer with a state of its own, which Keras does not know of."""

    def build(self, variables):
        super().build(variables)
        object.__setattr__(self, "count", keras.Variable(0.0))


SLOW = {
    "accumulates gradients": lambda: keras.optimizers.SGD(0.1, gradient_accumulation_steps=2),
    "scales the loss": lambda: keras.optimizers.LossScaleOptimizer(keras.optimizers.SGD(0.1)),
    "keeps variables that it does not list": lambda: Counting(0.1),
}


@pytest.fixture
def asked(monkeypatch):
    """Engines in the order they were asked; each gives its name for a result."""
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
def test_a_device_has_its_engine_and_nothing_is_said(asked, device, engine):
    with warnings.catch_warnings(action="error"):
        results = list(selection.train(PLAIN, ex.CLASSES, JOBS, device=device))
    assert results == [(job, engine) for job in JOBS]
    assert asked == [engine]


def test_what_cannot_be_stacked_is_trained_one_by_one(asked, monkeypatch):
    monkeypatch.setattr(batched, "train", ex.failing)
    with pytest.warns(EngineWarning, match=r"^plain: tensorflow cannot stack its replicates \(a filter differs\)"):
        results = list(selection.train(PLAIN, ex.CLASSES, JOBS, device=GPU))
    assert [engine for _, engine in results] == ["compiled"] * len(JOBS)


@pytest.mark.parametrize("why", SLOW)
def test_an_optimizer_whose_state_cannot_be_carried_trains_with_fit(asked, why):
    recipe = Recipe(ex.stage(ex.plain, optimizer=SLOW[why]))
    with pytest.warns(EngineWarning, match=why):
        list(selection.train(recipe, ex.CLASSES, JOBS, device=ex.device()))
    assert asked == ["reference"]


def test_such_an_optimizer_really_trains():
    recipe = Recipe(ex.stage(ex.plain, optimizer=SLOW["scales the loss"]))
    with pytest.warns(EngineWarning):
        ((_, result),) = selection.train(recipe, ex.CLASSES, JOBS[:1], device=ex.device())
    assert result.finite
    assert all(weight.start != weight.end for weight in result.weights)


def test_no_jobs_ask_no_engine(asked):
    assert list(selection.train(PLAIN, ex.CLASSES, [], device=ex.device())) == []
    assert asked == []
