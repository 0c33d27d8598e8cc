from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls import neighbours
from negres_core.controls.neighbours import (
    View,
    agreement,
    choose_queries,
    counters,
    find_neighbours,
    held_out,
    plain_views,
    worst,
)
from negres_core.dataset import Dataset
from negres_core.design import KFolds, TimeSeries, with_validation
from negres_core.evidence import Finding
from negres_core.run.run import Run

RNG = np.random.default_rng(1)


def run_of(x):
    data, design = Dataset(x=x, y=np.arange(len(x)) % 2, name="random"), KFolds(folds=4, repeats=2)
    return Run(data, design, list(design.split(data)), ())


def view_of(x, **fields):
    every = np.arange(x.shape[1])
    return View("as they are", x.astype(np.float32), every, every, **fields)


def test_the_nearest_training_rows_are_those_of_an_exhaustive_search():
    x = RNG.normal(size=(120, 4)).astype(np.float32) + 1000
    lookups = choose_queries(run_of(x))["test"]
    found = find_neighbours(lookups, view_of(x), count=5)

    train_of = {row: train for test, train in lookups for row in test}
    assert len(found.rows) == 120
    for row, nearest, distances in zip(found.rows, found.nearest, found.distances, strict=True):
        train = train_of[row]
        exact = np.linalg.norm(x[train].astype(float) - x[row], axis=1)
        assert distances == pytest.approx(np.sort(exact)[:5], abs=1e-4)
        assert set(nearest) <= set(train)


@pytest.mark.parametrize("scaled", [False, True])
def test_rows_in_several_blocks_are_searched_as_in_one(scaled, monkeypatch):
    x = RNG.normal(size=(121, 4)).astype(np.float32)
    lookups = choose_queries(run_of(x))["test"]
    raw, standardized = plain_views(x)
    view = standardized if scaled else raw
    whole = find_neighbours(lookups, view, count=5)
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 16 * 30)
    monkeypatch.setattr(neighbours, "CHUNK_VALUES", 30 * 7)
    parts = find_neighbours(lookups, view, count=5)
    np.testing.assert_array_equal(parts.rows, whole.rows)
    np.testing.assert_array_equal(parts.nearest, whole.nearest)
    np.testing.assert_allclose(parts.distances, whole.distances, rtol=1e-5)


def test_counters_number_the_rows():
    x = np.column_stack([RNG.permutation(200) * 3 + 7, RNG.integers(0, 9, 200), RNG.normal(size=200)])
    assert counters(x.astype(np.float32)) == [0]


def test_features_can_be_left_out_of_the_views():
    x = RNG.normal(size=(80, 5)).astype(np.float32)
    for view in plain_views(x, without=np.arange(5) == 1):
        assert view.keys.tolist() == [0, 2, 3, 4]


def test_equal_rows_are_left_out_if_only_distinct_ones_count():
    x = np.tile(RNG.normal(size=(60, 4)), (2, 1))
    lookups = choose_queries(run_of(x))["test"]

    assert (find_neighbours(lookups, view_of(x), count=3).distances[:, 0] == 0).any()
    assert (find_neighbours(lookups, view_of(x, distinct=True), count=3).distances > 0).all()


def test_too_few_training_rows_have_no_neighbours():
    x = RNG.normal(size=(20, 4))

    assert find_neighbours(choose_queries(run_of(x))["test"], view_of(x), count=10) is None


def test_folds_with_too_few_training_rows_are_left_out_and_the_others_searched():
    x = RNG.normal(size=(120, 4))
    data, design = Dataset(x=x, y=np.arange(120) % 2, name="series"), TimeSeries(5)
    lookups = choose_queries(Run(data, design, list(design.split(data)), ()))["test"]

    assert len(lookups[0][1]) == 20
    found = find_neighbours(lookups, view_of(x), count=10)
    assert set(found.rows) == set(np.arange(40, 120))


def test_validation_rows_are_held_out_too_if_the_cells_have_any():
    run = run_of(RNG.normal(size=(400, 3)))
    assert list(held_out(run)) == ["test"]

    cells = with_validation(run.cells, run.data)
    kinds = held_out(Run(run.data, run.design, cells, ()))
    assert list(kinds) == ["test", "validation"]
    for (rows, train), cell in zip(kinds["validation"], cells, strict=False):
        assert rows is cell.validation
        assert train is cell.train


def test_the_worst_finding_is_the_first_that_failed():
    passed, failed = (Finding(control="a", passed=each, found="", threshold="", remedy="") for each in (True, False))

    assert worst([None, passed, failed]) is failed
    assert worst([None, passed]) is passed
    assert worst([None]) is None


def test_features_of_few_values_tell_no_copies_apart():
    values, categories = RNG.normal(size=(80, 3)), RNG.integers(0, 3, (80, 5))

    [raw, standardized] = plain_views(np.column_stack([categories, values]).astype(np.float32))
    assert raw.keys.tolist() == raw.queries.tolist() == [5, 6, 7]
    assert standardized.select(slice(None), standardized.keys).std(axis=0) == pytest.approx(1, abs=1e-3)
    assert list(plain_views(categories.astype(np.float32))) == []


@pytest.mark.parametrize("y", [np.arange(400) % 2, RNG.normal(size=400)], ids=["labels", "values"])
def test_targets_agree_by_1_with_themselves_and_by_0_with_those_of_random_rows(y):
    every = np.arange(400)

    assert agreement(y, every, every) == pytest.approx(1)
    assert agreement(y, every, RNG.permutation(400)) == pytest.approx(0, abs=0.2)
    assert agreement(y, every[:0], every[:0]) == 0


def test_several_labels_agree_as_values_do():
    y, every = (RNG.uniform(size=(400, 3)) < [0.5, 0.2, 0.9]).astype(np.int32), np.arange(400)

    assert agreement(y, every, every) == pytest.approx(1)
    assert agreement(y, every, RNG.permutation(400)) == pytest.approx(0, abs=0.2)


def test_labels_of_steps_agree_by_more_than_the_shares_at_their_place():
    rng = np.random.default_rng(0)
    y = np.concatenate([np.zeros((300, 5)), rng.integers(0, 3, size=(300, 5))], axis=1)[..., None].astype(np.int32)
    y[::3, 9] = -1
    one, other = np.arange(0, 300, 3), np.arange(1, 300, 3)
    y[one, 9] = -1
    same = y.copy()
    same[other] = np.where(same[one] < 0, 2, same[one])

    assert agreement(same, one, other) == pytest.approx(1.0)
    assert abs(agreement(y, one, other)) < 0.1
    assert agreement(np.zeros((9, 4, 1), np.int32), np.arange(3), np.arange(3)) == 0.0
