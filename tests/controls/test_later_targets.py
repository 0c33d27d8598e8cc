from __future__ import annotations

import numpy as np
import pytest

from negres_core.controls.later_targets import check
from negres_core.dataset import Dataset
from negres_core.design import KFolds, TimeSeries
from negres_core.run.run import Run


def walk(seed=0, rows=300):
    return np.cumsum(np.random.default_rng(seed).normal(size=rows))


def run_of(x, y, design=None):
    data, design = Dataset(x=x, y=y, name="series"), design or TimeSeries(4)
    return Run(data, design, list(design.split(data)), ())


@pytest.mark.parametrize("step", [1, 24])
def test_the_target_of_a_later_row_fails_in_whatever_unit(step):
    series = walk()
    x = np.column_stack([np.random.default_rng(1).normal(size=300 - step), 9 - 1.8 * series[step:]])
    finding = check(run_of(x, series[:-step]))

    assert not finding.passed
    assert finding.control == "later targets"
    assert finding.found == "feature 1 is the target of a later row, but of no earlier one"


def test_a_label_of_a_later_row_fails():
    y = np.random.default_rng(2).integers(0, 2, 301)

    assert not check(run_of(np.column_stack([y[1:], walk()]), y[:-1])).passed


def test_one_of_several_columns_of_targets_is_enough():
    series, other = walk(1), walk(2)

    assert not check(run_of(series[1:, None], np.column_stack([other[:-1], series[:-1]]))).passed


@pytest.mark.parametrize("horizon", [1, 12])
def test_targets_of_earlier_rows_pass(horizon):
    series = walk()
    past = np.stack([series[20 - lag : 300 - lag - horizon] for lag in range(8)], axis=1)
    finding = check(run_of(past, series[20 + horizon :]))

    assert finding.passed
    assert "no feature is the target of one of the next" in finding.found


def test_a_windowed_mean_of_the_next_hours_passes():
    series = walk()
    target = np.array([series[hour : hour + 12].mean() for hour in range(8, 280)])

    assert check(run_of(np.stack([series[hour - 8 : hour] for hour in range(8, 280)]), target)).passed


@pytest.mark.parametrize("series", [np.sin(2 * np.pi * np.arange(301) / 25), np.arange(301.0)], ids=["cycle", "line"])
def test_a_series_that_repeats_itself_is_not_judged(series):
    finding = check(run_of(series[:-1, None], series[1:]))

    assert finding.passed
    assert finding.found.endswith("that of a series that repeats itself")


def test_constant_features_pass():
    assert check(run_of(np.ones((300, 2)), walk())).passed


def test_rows_that_are_not_in_time_are_not_judged():
    series = walk()

    assert check(run_of(series[1:, None], series[:-1], KFolds(5, repeats=1))) is None
