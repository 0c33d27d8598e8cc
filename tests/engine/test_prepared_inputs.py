"""A cell's inputs are prepared once, whoever asks, and let go when others are at work."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sklearn.preprocessing import MinMaxScaler

from negres_core.dataset import Dataset
from negres_core.engine import prepared_inputs as cells
from negres_core.engine.contract import Job
from negres_core.preprocessing import prepare_inputs
from negres_core.recipe import Recipe
from tests.engine import examples as ex

JOBS = [Job(cell, seed) for cell in ex.cells(ex.CLASSES) for seed in (0, 1)]


@pytest.fixture
def prepared(monkeypatch):
    made = []

    def prepare(recipe, data, cell):
        made.append((cell.repeat, cell.fold))
        return prepare_inputs(recipe, data, cell)

    monkeypatch.setattr(cells, "prepare_inputs", prepare)
    return made


def held(preprocess, most):
    return cells.PreparedInputs(Recipe(ex.stage(ex.plain), preprocess=preprocess), ex.CLASSES, lambda array: array, held=most)


def test_threads_that_ask_at_once_prepare_a_cell_once(prepared):
    store = held(MinMaxScaler, 3)
    with ThreadPoolExecutor(6) as pool:
        found = list(pool.map(store.inputs, JOBS))
    assert sorted(prepared) == [(0, 0), (0, 1), (0, 2)]
    assert all(found[i][0] is found[i + 1][0] for i in (0, 2, 4))
    assert found[0][0] is not found[2][0]


def test_the_cell_that_came_first_makes_room(prepared):
    store = held(MinMaxScaler, 1)
    for job in (JOBS[0], JOBS[2], JOBS[0]):
        store.inputs(job)
    assert prepared == [(0, 0), (0, 1), (0, 0)]


def test_inputs_that_are_the_targets_too_are_placed_once():
    def store(y):
        data = Dataset(x=ex.IMAGES.x, y=y, name="an autoencoder's")
        return cells.PreparedInputs(Recipe(ex.stage(ex.plain)), data, lambda array: array.copy(), held=1)

    one, two = store(ex.IMAGES.x), store(ex.IMAGES.x.copy())
    assert one.inputs(JOBS[0])[1] is one.targets
    assert two.inputs(JOBS[0])[1] is not two.targets


def test_without_a_transformer_all_cells_share_the_data(prepared):
    store = held(None, 1)
    first, second = store.inputs(JOBS[0])[1], store.inputs(JOBS[4])[1]
    assert first is second
    assert len(prepared) == 1
