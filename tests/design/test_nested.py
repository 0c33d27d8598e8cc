"""The rows of trials: inside the training fold of each cell, the same for all arms."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, FixedSplit, Holdout, KFolds, LeaveOneGroupOut, TimeSeries
from negres_core.design import nested_cells
from negres_core.errors import InputError

RNG = np.random.default_rng(2)
X, Y = RNG.normal(size=(400, 2)), np.arange(400) % 4 // 3
DATA = Dataset(x=X, y=Y, name="rows")
GROUPED = Dataset(x=X, y=Y, name="groups", groups=np.arange(400) // 10)
SERIES = Dataset(x=X, y=RNG.normal(size=400), name="series")


@pytest.mark.parametrize(
    ("design", "data"),
    [
        (KFolds(4, repeats=2), DATA),
        (KFolds(4, repeats=1), GROUPED),
        (Holdout(test=0.2, splits=5), DATA),
        (LeaveOneGroupOut(), Dataset(x=X, y=Y, name="groups", groups=np.arange(400) % 5)),
        (TimeSeries(4), SERIES),
    ],
    ids=["k folds", "groups", "random splits", "leave one group out", "series"],
)
def test_trials_are_trained_and_compared_inside_the_training_fold(design, data):
    cells, nested = list(design.split(data)), nested_cells(design, data)

    assert [(cell.repeat, cell.fold) for cell in nested] == [(cell.repeat, cell.fold) for cell in cells]
    for inner, cell in zip(nested, cells, strict=True):
        assert np.isin(np.concatenate([inner.train, inner.test]), cell.train).all()
        assert not np.intersect1d(inner.train, inner.test).size
        assert len(inner.test) >= 30
        assert inner.validation is None
        if data.groups is not None:
            assert not np.intersect1d(data.groups[inner.train], data.groups[inner.test]).size


def test_the_classes_of_validation_rows_are_those_of_the_fold():
    for cell in nested_cells(KFolds(4, repeats=1), DATA):
        assert DATA.y[cell.test].mean() == pytest.approx(0.25, abs=0.04)


def test_in_a_series_they_are_the_latest_rows_with_the_gap_before_them():
    design = TimeSeries(4, gap=7)

    for inner, cell in zip(nested_cells(design, SERIES), design.split(SERIES), strict=True):
        assert inner.test[-1] == cell.train[-1]
        assert inner.train[-1] == inner.test[0] - 8
        assert (np.diff(inner.test) == 1).all()


def test_a_series_of_groups_compares_on_other_groups():
    data = Dataset(x=X, y=SERIES.y, name="series", groups=np.arange(400) // 25)

    for cell in nested_cells(TimeSeries(2), data):
        assert not np.intersect1d(data.groups[cell.train], data.groups[cell.test]).size


def test_the_validation_rows_of_a_design_are_used():
    design = FixedSplit(train=range(200), validation=range(200, 250), test=range(250, 400), seeds=3)

    for cell in nested_cells(design.on(DATA), DATA):
        assert cell.test.tolist() == list(range(200, 250))
        assert cell.train.tolist() == list(range(200))


@pytest.mark.parametrize(
    ("design", "data"),
    [
        (KFolds(4, repeats=1), DATA.take(np.arange(60))),
        (TimeSeries(1, test=105), SERIES.take(np.arange(160))),
    ],
)
def test_a_training_fold_that_is_too_small_is_refused(design, data):
    with pytest.raises(InputError, match="too small to give up"):
        nested_cells(design, data)
