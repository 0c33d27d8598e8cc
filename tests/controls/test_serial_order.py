from __future__ import annotations

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine, make_moons

from negres_core.controls.serial_order import check
from negres_core.dataset import Dataset
from negres_core.design import KFolds, TimeSeries
from negres_core.run.run import Run


def run_of(x, y, groups=None):
    data, design = Dataset(x=x, y=y, name="data", groups=groups), KFolds(folds=5, repeats=1)
    return Run(data, design, list(design.split(data)), ())


def film(rng, clips=20, frames=25):
    """Frames of clips, each of which moves slowly and has one label."""
    x = 0.15 * np.cumsum(rng.normal(size=(clips, frames, 12)), axis=1) + 3 * rng.normal(size=(clips, 1, 12))
    return x.reshape(-1, 12), np.repeat(rng.integers(0, 2, clips), frames), np.repeat(np.arange(clips), frames)


@pytest.mark.parametrize("seed", range(3))
def test_frames_of_one_clip_in_both_folds_fail_unless_clips_stay_together(seed):
    x, y, clip = film(np.random.default_rng(seed))
    finding = check(run_of(x, y))

    assert not finding.passed
    assert finding.control == "serial order"
    assert finding.found.startswith("the nearest training row is 1 rows away in the file for ")
    assert check(run_of(x, y, groups=clip)).passed


def test_readings_in_time_under_a_label_that_holds_for_a_while_fail():
    rng = np.random.default_rng(0)

    assert not check(run_of(np.cumsum(rng.normal(size=(500, 6)), axis=0), np.repeat(rng.integers(0, 2, 25), 20))).passed


def test_copies_that_were_appended_block_by_block_fail_at_their_distance():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(150, 12))
    finding = check(run_of(np.vstack([x, x + 0.3 * rng.normal(size=x.shape)]), np.tile(np.arange(150) % 2, 2)))

    assert not finding.passed
    assert finding.found.startswith("the nearest training row is 150 rows away")


def test_a_film_with_labels_that_change_at_random_passes():
    x, y, _ = film(np.random.default_rng(2))

    assert check(run_of(x, np.random.default_rng(2).permutation(y))).passed


@pytest.mark.parametrize("load", [load_iris, load_wine, load_breast_cancer, load_diabetes, load_digits])
def test_data_sets_in_the_order_of_their_files_pass(load):
    """Iris and wine are sorted by class, and digits by writer."""
    assert check(run_of(*load(return_X_y=True))).passed


def test_the_points_of_a_curve_in_order_are_neighbours_by_design():
    t = np.linspace(-1, 1, 300)
    grid = np.stack(np.meshgrid(np.linspace(0, 1, 20), np.linspace(0, 1, 20)), -1).reshape(-1, 2)
    x, y = make_moons(400, shuffle=False, random_state=0)

    for run in (
        run_of(t[:, None], np.sin(3 * t)),
        run_of(np.vander(t, 6), np.sin(3 * t)),
        run_of(np.vander(t[150:], 6), np.sin(3 * t[150:])),
        run_of(grid, grid[:, 0] + grid[:, 1]),
        run_of(x, y),
    ):
        finding = check(run)
        assert finding is None or finding.passed, finding.found


def test_a_few_dozen_rows_have_no_finding():
    x, y, _ = film(np.random.default_rng(3), clips=10, frames=5)

    assert check(run_of(x, y)) is None


def test_the_same_day_of_the_year_before_is_no_fault_in_a_time_series():
    """Each fold is a year, so that the day of the year before is the nearest row for most test rows."""
    day = np.arange(5 * 365)
    angles = 2 * np.pi * day[:, None] * np.array([1, 2, 3]) / 365
    year = 0.02 * (day // 365)[:, None]  # drifts, so that the nearest year is the last
    x = np.hstack([np.sin(angles), np.cos(angles)]) + year
    y = np.sin(angles[:, 0])
    data = Dataset(x=x, y=y, name="days")
    design = TimeSeries(3, test=365)
    folds = list(design.split(data))

    assert check(Run(data, design, folds, ())) is None
    assert not check(Run(data, KFolds(folds=3, repeats=1), folds, ())).passed
