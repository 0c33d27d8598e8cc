"""Sealed rows: which are sealed, and the designs of exploring and confirming."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from sklearn.model_selection import PredefinedSplit, StratifiedKFold, TimeSeriesSplit

from negres_core import Dataset
from negres_core.design import (
    FixedSplit,
    Holdout,
    KFolds,
    LeaveOneGroupOut,
    SealedRows,
    TimeSeries,
    apply_seal,
    as_design,
)
from negres_core.errors import InputError

RNG = np.random.default_rng(1)
X = RNG.normal(size=(400, 3)).astype(np.float32)
"""Rows that differ."""
LABELS = np.repeat([0, 1, 2], [280, 100, 20])


def make_data(*, x=X, y=LABELS, **fields):
    return Dataset(x=x, y=y, name="mine", **fields)


FOLDS = KFolds(5, repeats=2)


def seal(data=None, *, confirm=0.3, design=FOLDS):
    return SealedRows.of(confirm).on(data or make_data(), as_design(design))


def sealed_inputs(data, share=0.3):
    return {row.tobytes() for row in data.x[seal(data, confirm=share).rows.numbers]}


def test_a_share_of_each_class_is_sealed_and_the_rest_is_another_data_set():
    data = make_data()
    result = seal(data)

    assert np.bincount(data.y[result.rows.numbers]).tolist() == [84, 30, 6]
    assert np.bincount(result.open_data.y).tolist() == [196, 70, 14]
    assert (result.total, result.chosen, result.share) == (400, "share", 0.3)
    assert result.open_data.name == "mine (open rows)"
    assert result.open_data.digest != data.digest
    both = np.concatenate([result.open_data.x, data.x[result.rows.numbers]])
    assert sorted(map(tuple, both)) == sorted(map(tuple, data.x))


def test_the_rows_are_those_with_the_first_hashes_of_their_class():
    data = make_data()
    first = [hashlib.blake2b(row.tobytes(), digest_size=8, person=b"sealed rows").digest() for row in data.x[:280]]
    by_hash = sorted(range(280), key=lambda row: int.from_bytes(first[row], "little"))
    assert set(by_hash[:84]) == {row for row in seal(data).rows.numbers if row < 280}


def test_the_same_rows_are_sealed_in_whatever_order_and_for_whatever_hypothesis():
    data, order = make_data(), RNG.permutation(400)
    assert sealed_inputs(make_data(x=X[order], y=LABELS[order])) == sealed_inputs(data)
    for design in (Holdout(0.2, splits=10), KFolds(3, repeats=1), StratifiedKFold(4)):
        assert seal(data, design=design).rows == seal(data).rows


def test_a_smaller_share_is_part_of_a_larger_one():
    data = make_data()
    assert sealed_inputs(data, 0.2) < sealed_inputs(data, 0.3) < sealed_inputs(data, 0.5)


def test_sealed_rows_are_like_the_others():
    x = np.random.default_rng(4).normal(size=(20_000, 2)).astype(np.float32)
    data = Dataset(x=x, y=x[:, 0], name="mine")
    rows = seal(data).rows
    assert rows.count == 6_000
    assert abs(data.y[rows.numbers].mean() - data.y.mean()) < 4 / np.sqrt(6_000)


@pytest.mark.parametrize("y", [LABELS, np.linspace(0, 1, 400)], ids=["classes", "values"])
def test_groups_are_sealed_whole(y):
    groups = RNG.permutation(np.arange(400) // 4)
    data = make_data(y=y, groups=groups)
    rows = seal(data).rows.numbers
    assert not np.intersect1d(groups[rows], np.delete(groups, rows)).size
    assert 100 <= len(rows) <= 140


def test_no_class_loses_all_of_its_rows():
    y = np.repeat([0, 1, 2], [397, 2, 1])
    rows = SealedRows(0.5)._choose(make_data(y=y), KFolds(2))[1]
    assert np.bincount(np.delete(y, rows.numbers)).tolist() == [199, 1, 1]


def test_a_confirmation_trains_on_the_open_rows_and_tests_on_the_sealed_ones():
    data = make_data()
    result = seal(data, confirm=SealedRows(0.3, seeds=7))
    assert isinstance(result.confirming, FixedSplit)
    assert (result.confirming.test, result.confirming.seeds) == (result.rows, 7)
    assert np.array_equal(data.x[result.confirming.train.numbers], result.open_data.x)
    assert seal(data).confirming.seeds == 5
    assert result.exploring == KFolds(5, repeats=2)


@pytest.mark.parametrize("design", [TimeSeries(4, gap=3, seeds=2), TimeSeriesSplit(4, gap=3)])
def test_the_last_rows_of_a_time_series_are_sealed_and_tested_after_the_gap(design):
    data = make_data(y=np.linspace(0, 1, 400))
    result = seal(data, design=design, confirm=0.25)
    assert result.rows.numbers.tolist() == list(range(300, 400))
    assert (result.chosen, len(result.open_data)) == ("last rows", 300)
    [cell] = result.confirming.split(data)
    assert (cell.train[-1], cell.test[0], cell.test[-1]) == (296, 300, 399)
    assert result.confirming.seeds == (2 if isinstance(design, TimeSeries) else 1)
    assert seal(data, design=design, confirm=range(300, 400)).rows == result.rows


def test_a_fixed_split_explores_with_its_rows_and_is_confirmed_on_the_named_ones():
    data = make_data(y=np.linspace(0, 1, 400))
    design = FixedSplit(train=range(200, 400), validation=range(50), test=range(150, 200), seeds=3)
    result = seal(data, design=design, confirm=range(50, 150))

    [cell, *_] = result.exploring.split(result.open_data)
    for part in ("train", "validation", "test"):
        of_whole = data.x[getattr(design, part).numbers]
        assert np.array_equal(result.open_data.x[getattr(cell, part)], of_whole)
    confirming = result.confirming
    assert (confirming.train, confirming.validation, confirming.test) == (design.train, design.validation, result.rows)
    assert (result.chosen, result.share, confirming.seeds) == ("named rows", None, 3)


def test_leave_one_group_out_leaves_out_the_open_groups():
    data = make_data(y=np.linspace(0, 1, 400), groups=np.arange(400) // 4)
    result = seal(data, design=LeaveOneGroupOut(), confirm=0.4)
    assert (result.exploring.folds, result.rows.count) == (60, 160)


@pytest.mark.parametrize(
    ("fields", "confirm", "design", "wrong"),
    [
        ({}, 0.6, KFolds(), "above 0 and at most 0.5"),
        ({}, 0, KFolds(), "above 0 and at most 0.5"),
        ({}, True, KFolds(), "above 0 and at most 0.5"),
        ({}, float("nan"), KFolds(), "above 0 and at most 0.5"),
        ({}, [1, 1], KFolds(), "names a row more than once"),
        ({}, range(400, 450), KFolds(), "a row that the data set does not have"),
        ({}, 0.001, KFolds(), "less than one row of each class"),
        ({}, 0.05, KFolds(), "fewer than 30 rows"),
        ({}, range(380, 400), KFolds(), "could not confirm anything"),
        ({}, range(350, 400), KFolds(), "A class occurs in `test` and not in `train`"),
        ({"groups": np.arange(400) // 20}, 0.3, LeaveOneGroupOut(), "class of 'mine' occurs in one group only"),
        ({"groups": np.arange(400) % 20}, 0.3, KFolds(), "fewer than 30 groups"),
        ({"groups": np.arange(400) % 20}, range(300, 400), KFolds(), "could not confirm anything"),
        ({"y": X[:, 0]}, 0.3, FixedSplit(train=range(200), test=range(200, 400)), "would be taken from the rows"),
        ({"y": X[:, 0]}, range(150, 250), FixedSplit(train=range(200), test=range(200, 400)), "share rows"),
        ({"y": X[:, 0]}, range(300, 400), PredefinedSplit(np.arange(400) // 200 - 1), "names rows of the whole"),
        ({"y": X[:, 0]}, range(100, 200), TimeSeries(4), "only the last rows can be sealed"),
        ({"y": X[:, 0]}, 0.1, TimeSeries(4), r"fewer than \d+ rows in all"),
        ({}, SealedRows(0.3), "folds", "has to be a design"),
    ],
)
def test_refuses_what_cannot_be_sealed(fields, confirm, design, wrong):
    with pytest.raises(InputError, match=wrong):
        apply_seal(make_data(**fields), design, confirm, confirming=False)


@pytest.mark.parametrize("seeds", [0, 1.5, True])
def test_refuses_seeds_that_are_no_count(seeds):
    with pytest.raises(InputError, match="`seeds` has to be an integer of 1 or more"):
        SealedRows(0.3, seeds=seeds)


def test_each_phase_has_its_data_and_its_design():
    data, design = make_data(), KFolds(5, repeats=2)
    assert apply_seal(data, design, None, confirming=False) == (data, design, None)
    explored, planned, result = apply_seal(data, design, 0.3, confirming=False)
    assert (explored is result.open_data, planned) == (True, design)
    whole, planned, result = apply_seal(data, design, 0.3, confirming=True)
    assert (whole is data, planned is result.confirming) == (True, True)


def test_nothing_is_confirmed_if_nothing_is_sealed():
    with pytest.raises(InputError, match="no rows are sealed"):
        apply_seal(make_data(), KFolds(), None, confirming=True)


def test_several_inputs_and_images_that_are_their_own_targets_can_be_sealed():
    images = RNG.uniform(size=(200, 2, 2, 1)).astype(np.float32)
    assert seal(Dataset(x=images, y=images, name="faces")).rows.count == 60
    several = {"image": images, "age": np.arange(200.0).reshape(-1, 1)}
    assert seal(Dataset(x=several, y=np.arange(200) % 2, name="portraits")).rows.count == 60
