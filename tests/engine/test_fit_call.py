"""The function of a fit draws from seeded generators, whichever framework it uses, and changes nothing for others."""

from __future__ import annotations

import random
import sys
from functools import partial
from types import ModuleType

import keras
import numpy as np
import pytest

from negres_core import Dataset, Fit, Recipe
from negres_core.design import Cell
from negres_core.engine.contract import Job
from negres_core.engine.fit_call import call_fit, seed_generators
from negres_core.errors import InputError

DATA = Dataset(x=np.random.default_rng(0).normal(size=(12, 3)), y=np.arange(12) % 2, name="twelve rows")
CELL = Cell(0, 0, np.arange(8, dtype=np.int32), np.arange(8, 12, dtype=np.int32))


def call(function, *, seed=0):
    recipe = Recipe(Fit(function))
    return call_fit(function, recipe, DATA, Job(CELL, seed), DATA.x, CELL.test)


def drawn(train, test):
    python, numpy = random.random(), np.random.uniform()  # noqa: NPY002  # the generators under test
    return {"python": python, "numpy": numpy, "keras": float(keras.random.uniform(()))}


def test_global_generators_are_seeded_for_each_replicate():
    first, again, other = (call(drawn, seed=seed).output for seed in (0, 0, 1))

    assert first == again
    assert not set(first.values()) & set(other.values())


def test_pytorch_draws_the_same_numbers_again():
    torch = pytest.importorskip("torch")

    def of_torch(train, test):
        return {"torch": float(torch.rand(()))}

    first, again, other = (call(of_torch, seed=seed).output for seed in (0, 0, 1))

    assert first == again != other


def test_a_framework_that_is_imported_during_the_call_is_seeded_for_it(monkeypatch):
    """The first call of a process would otherwise draw other numbers than all later ones."""
    seeds, calls = [], []
    monkeypatch.delitem(sys.modules, "torch", raising=False)
    fake = ModuleType("torch")
    fake.manual_seed = seeds.append

    def imports_torch(train, test):
        calls.append(list(seeds))
        monkeypatch.setitem(sys.modules, "torch", fake)
        return {"calls": len(calls)}

    assert call(imports_torch).output == {"calls": 2}
    assert call(imports_torch).output == {"calls": 3}
    assert calls[0] == []
    assert len(set(calls[1])) == 1
    assert calls[2] == calls[1] * 2


def test_only_frameworks_that_are_there_are_seeded(monkeypatch):
    for name in ("keras", "tensorflow", "torch"):
        monkeypatch.setitem(sys.modules, name, None)  # importing it would fail
        monkeypatch.delitem(sys.modules, name)

    seed_generators(3)

    assert not {"keras", "tensorflow", "torch"} & sys.modules.keys()
    one = random.random()
    seed_generators(3)
    assert random.random() == one


def test_keras_settings_are_put_back():
    def changes(train, test):
        keras.config.set_epsilon(0.1)
        return {"epsilon": keras.config.epsilon()}

    before = keras.config.epsilon()
    assert call(changes).output == {"epsilon": 0.1}
    assert keras.config.epsilon() == before


def test_a_partial_keeps_what_it_sets():
    def told(train, test, outputs, record):
        return {"outputs": outputs, "record": record}

    called = call(partial(told, outputs=7, record=5))
    assert called.output == {"outputs": 7, "record": 5}
    assert called.record is None
    assert call(told).record is not None


def test_a_fold_that_is_changed_in_place_is_refused():
    def centred(train, test):
        train.x[:] -= train.x.mean(axis=0)

    with pytest.raises(InputError, match="centred changes an array of a fold in place"):
        call(centred)


def test_the_time_of_the_function_is_measured():
    import time

    assert call(lambda train, test: time.sleep(0.01)).seconds >= 0.01
