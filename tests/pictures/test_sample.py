from __future__ import annotations

import numpy as np
import pytest

from negres_core import Fit, Recipe
from negres_core.pictures.sample import SAMPLED_ROWS, sample_predictions
from tests.pictures.conftest import FACES


def probe(train, test):
    """Stands for a fit that returns metrics."""


def test_all_arms_predict_the_same_rows_of_the_first_test_fold(new_run):
    run = new_run(predictions={"control": lambda y: 1 - y})
    sample = sample_predictions(run)

    test = run.cells[0].test
    assert sample.cell is run.cells[0]
    assert [arm.role for arm, _ in sample.outputs] == ["treatment", "control"]
    assert all(position == 0 and np.array_equal(rows, test) for _, position, rows in run.models.calls)
    np.testing.assert_array_equal(sample.targets, FACES[test])
    np.testing.assert_allclose(sample.outputs[1][1], 1 - FACES[test])


def test_the_rows_of_a_large_test_fold_are_spread_over_it(new_run):
    run = new_run(faces=np.resize(FACES, (4 * SAMPLED_ROWS, 4, 6, 3)))
    sample = sample_predictions(run)

    test = run.cells[0].test
    assert len(sample.targets) == SAMPLED_ROWS < len(test)
    assert {rows[0] for _, _, rows in run.models.calls} == {test[0]}
    assert {rows[-1] for _, _, rows in run.models.calls} == {test[-1]}


@pytest.mark.parametrize("arm", [0, 1])
def test_a_replicate_that_diverged_is_skipped_for_both_arms(new_run, spoil, arm):
    run = spoil(new_run(), arm=arm)

    assert sample_predictions(run).cell is run.cells[1]
    assert {position for _, position, _ in run.models.calls} == {1}


def test_an_arm_that_always_diverged_is_left_out(new_run, spoil):
    run = spoil(spoil(new_run()), position=1)

    assert [arm.role for arm, _ in sample_predictions(run).outputs] == ["control"]


def test_arms_that_finished_no_cell_in_common_are_not_compared(new_run, spoil):
    assert sample_predictions(spoil(spoil(new_run(), arm=0, position=0), arm=1, position=1)) is None


def test_a_fit_that_returns_metrics_is_not_computed_again(new_run):
    run = new_run(control=Recipe(Fit(probe)))

    assert [arm.role for arm, _ in sample_predictions(run).outputs] == ["treatment"]
    assert {role for role, _, _ in run.models.calls} == {"treatment"}
    assert sample_predictions(new_run(treatment=Recipe(Fit(probe)), control=None)) is None
