from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.controls.row_alignment import check
from negres_core.design import KFolds, TimeSeries
from negres_core.run.run import Run


def run_on(x, y, design=None):
    return Run(Dataset(x=x, y=y, name="rows"), design or KFolds(), (), ())


def problem(seed, *, task, rows=300):
    """Make inputs and targets that belong together, in random order."""
    random = np.random.default_rng(seed)
    if task == "classification":
        y = random.permutation(np.arange(rows) % 3)
        return random.normal(size=(rows, 8)) + 2 * np.eye(8)[y], y
    x = random.normal(size=(rows, 3))
    return x, x @ [1.0, -1.0, 1.0] + 0.3 * random.normal(size=rows)


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("shift", [-1, 1])
def test_targets_of_the_row_before_or_after_fail(task, shift):
    x, y = problem(0, task=task)

    finding = check(run_on(x, np.roll(y, shift)))

    assert check(run_on(x, y)).passed
    assert not finding.passed
    assert finding.control == "row alignment"
    assert ("row before" if shift < 0 else "row after") in finding.found


def test_labels_that_are_noise_pass():
    for seed in range(200):
        random = np.random.default_rng(seed)

        assert check(run_on(random.normal(size=(100, 5)), random.permutation(np.arange(100) % 2))).passed


def test_lagged_values_of_a_series_that_cannot_be_predicted_are_not_a_fault():
    """The target of the row before is among the features, as every forecast has it."""
    for seed in range(20):
        returns = np.random.default_rng(seed).normal(size=400)
        windows = np.lib.stride_tricks.sliding_window_view(returns, 6)

        finding = check(run_on(windows[:, :5], windows[:, 5].copy()))

        assert finding is None or finding.passed
        finding = check(run_on(returns[:-1, None], returns[1:]))
        assert finding is None or finding.passed


@pytest.mark.parametrize("seed", range(5))
def test_the_sign_of_the_last_return_is_not_a_fault_in_a_time_series(seed):
    """Whether the next value rises cannot be predicted, and whether the last one rose is known."""
    returns = np.random.default_rng(seed).normal(size=600)
    x, y = np.lib.stride_tricks.sliding_window_view(returns[:-1], 12), (returns[12:] > 0).astype(int)

    assert check(run_on(x, y, TimeSeries(5))) is None
    assert not check(run_on(x, y)).passed


def test_a_smooth_series_is_not_judged():
    walk = np.random.default_rng(0).normal(size=(400, 3)).cumsum(axis=0)

    assert check(run_on(walk, np.random.default_rng(1).normal(size=400))) is None


def test_images_and_their_targets_in_another_order_fail():
    images = np.random.default_rng(0).integers(0, 3, size=(30, 4, 4, 1)) / 2

    assert check(run_on(images, images.copy())).passed
    assert not check(run_on(images, images[::-1].copy())).passed


def test_few_rows_are_not_judged():
    assert check(run_on(np.zeros((10, 2)), np.arange(10) % 2)) is None


@pytest.mark.parametrize("shift", [-1, 1])
def test_several_labels_of_the_row_before_or_after_fail(shift):
    x = np.random.default_rng(0).normal(size=(300, 3))
    y = (x > [0, 0.5, 5]).astype(int)  # no row has the last label

    assert check(run_on(x, y)).passed
    assert not check(run_on(x, np.roll(y, shift, axis=0))).passed


def test_several_labels_that_are_noise_pass():
    for seed in range(50):
        random = np.random.default_rng(seed)

        assert check(run_on(random.normal(size=(100, 5)), random.integers(2, size=(100, 4)))).passed
