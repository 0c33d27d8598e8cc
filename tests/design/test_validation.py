"""Validation rows that a training fold gives up: neither trained nor tested on, stratified, and groups whole."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.design import FixedSplit, KFolds, TimeSeries, TrainedCells, hold_out
from negres_core.design.validation import with_validation
from negres_core.errors import InputError

RNG = np.random.default_rng(0)


def data_of(rows=1000, *, y=None, groups=None):
    labels = np.arange(rows) % 4 if y is None else y
    return Dataset(x=RNG.normal(size=(rows, 3)), y=labels, name="mine", groups=groups)


def split(data, design=None):
    design = design or KFolds(folds=5, repeats=2)
    return list(design.split(data)), with_validation(design.split(data), data)


def test_a_tenth_of_each_training_fold_is_given_up_and_no_row_is_lost():
    before, after = split(data_of())
    for old, new in zip(before, after, strict=True):
        assert len(new.validation) == 80
        np.testing.assert_array_equal(np.sort(np.concatenate([new.train, new.validation])), old.train)
        np.testing.assert_array_equal(new.test, old.test)
        assert not np.intersect1d(new.validation, new.test).size
        assert (np.diff(new.train) > 0).all()
        assert (np.diff(new.validation) > 0).all()
        assert new.digest(1000) != old.digest(1000)


def test_cells_have_validation_rows_of_their_own_which_do_not_change():
    data = data_of()
    first, again = split(data)[1], split(data)[1]
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one.validation, other.validation)
    assert len({cell.validation.tobytes() for cell in first}) == 10


def test_at_least_thirty_rows_are_given_up():
    assert {len(cell.validation) for cell in split(data_of(200))[1]} == {30}


def test_each_class_has_its_share():
    y = np.repeat([0, 1, 2], [800, 150, 50])
    for cell in split(data_of(y=y))[1]:
        assert np.abs(np.bincount(y[cell.validation]) - np.array([64, 12, 4])).max() <= 1


def test_groups_stay_whole():
    groups = np.repeat(np.arange(100), 10)
    for cell in split(data_of(groups=groups, y=RNG.normal(size=1000)))[1]:
        assert not np.intersect1d(groups[cell.validation], groups[cell.train]).size
        assert not np.intersect1d(groups[cell.validation], groups[cell.test]).size
        assert 80 <= len(cell.validation) <= 90


def test_a_cell_with_validation_rows_keeps_them():
    design = FixedSplit(train=range(500), validation=range(500, 600), test=range(600, 1000))
    (before, *_), (after, *_) = split(data_of(), design)
    assert after is not before
    np.testing.assert_array_equal(after.validation, np.arange(500, 600))
    np.testing.assert_array_equal(after.train, np.arange(500))


@pytest.mark.parametrize("rows", [60, 70])
def test_a_training_fold_that_is_too_small_is_refused(rows):
    with pytest.raises(InputError, match="too small to give up 30 validation rows"):
        split(data_of(rows), KFolds(folds=5, repeats=1))


def test_one_group_that_holds_most_rows_is_refused():
    groups = np.repeat(np.arange(5), [10, 10, 10, 10, 960])
    with pytest.raises(InputError, match=r"too small.*\n.*groups"):
        split(data_of(groups=groups, y=RNG.normal(size=1000)), KFolds(folds=5, repeats=1))


def test_smaller_shares_are_part_of_larger_ones_and_the_same_share_is_the_same_rows():
    data = data_of()
    cell = next(KFolds(folds=5, repeats=1).split(data))
    few, more = (hold_out(cell, data, share).validation for share in (0.1, 0.3))
    assert (len(few), len(more)) == (80, 240)
    assert set(few) < set(more)
    np.testing.assert_array_equal(few, TrainedCells(data).of(cell, 0.1).validation)
    assert hold_out(cell, data, None) is cell is TrainedCells(data).of(cell, None)


def test_a_share_may_be_fewer_than_thirty_rows_and_its_classes_have_their_share():
    data = data_of(100)
    cell = next(KFolds(folds=5, repeats=1).split(data))
    assert np.bincount(data.y[hold_out(cell, data, 0.1).validation]).tolist() == [2, 2, 2, 2]


@pytest.mark.parametrize("groups", [None, np.arange(300) // 3])
def test_the_last_rows_of_a_time_series_are_held_out_after_its_gap(groups):
    data = data_of(300, groups=groups)
    for cell in TimeSeries(4, gap=3).split(data):
        held = hold_out(cell, data, 0.2)
        assert held.validation[-1] == cell.train[-1]
        assert len(held.validation) == np.ceil(0.2 * len(cell.train))
        assert held.validation[0] - held.train[-1] >= 4
        assert groups is None or not np.intersect1d(groups[held.train], groups[held.validation]).size
