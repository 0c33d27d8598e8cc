from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_digits, load_iris

from negres_core.controls.row_identity import check
from negres_core.dataset import Dataset
from negres_core.design import KFolds, TimeSeries
from negres_core.run.run import Run


def run_of(x, y, groups=None):
    data, design = Dataset(x=x, y=y, name="data", groups=groups), KFolds(folds=5, repeats=1)
    return Run(data, design, list(design.split(data)), ())


def numbered(seed, run=10, rows=300):
    """Rows in runs of one class, with their number beside features that are noise."""
    rng = np.random.default_rng(seed)
    y = np.repeat(rng.permutation(np.arange(rows // run) % 2), run)
    return np.column_stack([rng.normal(size=(rows, 4)), np.arange(rows)]), y


@pytest.mark.parametrize("run", [10, 150])
@pytest.mark.parametrize("scale", [1, 1 / 300, -7])
def test_a_number_of_rows_that_came_in_runs_fails(run, scale):
    x, y = numbered(0, run)
    x[:, 4] = scale * x[:, 4] + 5
    finding = check(run_of(x, y))

    assert not finding.passed
    assert finding.control == "row identity"
    assert finding.found.startswith("feature 4 numbers the rows")


def test_rows_that_were_shuffled_or_sampled_keep_their_number():
    x, y = numbered(1)
    order = np.random.default_rng(1).permutation(300)

    assert not check(run_of(x[order], y[order])).passed
    assert not check(run_of(x[order[:150]], y[order[:150]])).passed


def test_a_number_of_rows_in_a_file_that_is_sorted_by_class_fails():
    x, y = load_iris(return_X_y=True)

    assert not check(run_of(np.column_stack([np.arange(1, 151), x]), y)).passed


def test_a_number_of_rows_whose_values_drift_fails():
    x, _ = numbered(2)

    assert not check(run_of(x, np.cumsum(np.random.default_rng(2).normal(size=300)))).passed


@pytest.mark.parametrize("seed", range(5))
def test_groups_that_keep_each_run_together_pass(seed):
    x, y = numbered(seed)

    assert check(run_of(x, y, groups=np.arange(300) // 10)).passed


@pytest.mark.parametrize("seed", range(20))
def test_a_number_that_is_unrelated_to_the_targets_passes(seed):
    x, y = numbered(seed)

    assert check(run_of(x, np.random.default_rng(seed).permutation(y))).passed


def test_measurements_and_points_of_a_curve_are_not_numbers_of_rows():
    rng = np.random.default_rng(3)
    t = np.linspace(-1, 1, 300)
    for x, y in (
        (rng.normal(size=(300, 4)), rng.integers(0, 2, 300)),
        (rng.integers(0, 1000, (300, 4)), rng.integers(0, 2, 300)),
        (np.vander(t, 4), np.sin(3 * t)),
        (t[:, None], np.sin(3 * t)),
        load_digits(return_X_y=True),
        load_iris(return_X_y=True),
    ):
        assert check(run_of(x, y)) is None


def test_the_last_known_target_is_no_fault_in_a_time_series():
    """The number of a row is its time, and the target holds for long."""
    x, y = numbered(3, run=150)
    data = Dataset(x=x, y=y, name="series")
    design = TimeSeries(2, test=60)
    folds = list(design.split(data))

    assert check(Run(data, design, folds, ())) is None
    assert not check(Run(data, KFolds(folds=2, repeats=1), folds, ())).passed
