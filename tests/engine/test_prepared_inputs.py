"""Each cell's inputs are prepared once for all threads, and dropped when other cells need the room."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import prepare_rows
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.prepared_inputs import PreparedInputs
from tests.engine import examples as ex

JOBS = [Job(cell, seed) for cell in ex.cells(ex.CLASSES) for seed in (0, 1)]


@pytest.fixture
def calls(monkeypatch):
    """Record the repeat and fold of every cell whose inputs are prepared."""
    cells = []

    def prepare(recipe, data, cell):
        cells.append((cell.repeat, cell.fold))
        return prepare_rows(recipe, data, cell)

    monkeypatch.setattr("negres_core.engine.prepared_inputs.prepare_rows", prepare)
    return cells


def new_cache(preprocess, kept_cells):
    recipe = Recipe(ex.stage(ex.plain), preprocess=preprocess)
    return PreparedInputs(recipe, ex.CLASSES, lambda array: array, kept_cells=kept_cells)


def test_threads_that_need_a_cell_at_once_prepare_it_once(calls):
    cache = new_cache(MinMaxScaler, 3)
    with ThreadPoolExecutor(6) as pool:
        pairs = list(pool.map(cache.rows, JOBS))
    assert sorted(calls) == [(0, 0), (0, 1), (0, 2)]
    assert all(pairs[i][0] is pairs[i + 1][0] for i in (0, 2, 4))
    assert pairs[0][0] is not pairs[2][0]


def test_the_oldest_cell_is_dropped_first(calls):
    cache = new_cache(MinMaxScaler, 1)
    for job in (JOBS[0], JOBS[2], JOBS[0]):
        cache.rows(job)
    assert calls == [(0, 0), (0, 1), (0, 0)]


def test_inputs_that_are_also_the_targets_are_placed_once():
    def cache_of(y):
        data = Dataset(x=ex.IMAGES.x, y=y, name="for an autoencoder")
        return PreparedInputs(Recipe(ex.stage(ex.plain)), data, lambda array: array.copy(), kept_cells=1)

    one, two = cache_of(ex.IMAGES.x), cache_of(ex.IMAGES.x.copy())
    assert one.rows(JOBS[0]).x is one.targets
    assert two.rows(JOBS[0]).x is not two.targets


def test_without_a_transformer_all_cells_share_the_data(calls):
    cache = new_cache(None, 1)
    first, second = cache.rows(JOBS[0]), cache.rows(JOBS[4])
    assert first.x is second.x
    assert first.host.train is JOBS[0].cell.train
    assert second.host.train is JOBS[4].cell.train
    assert len(calls) == 1
