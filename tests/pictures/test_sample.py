from __future__ import annotations

import numpy as np
import pytest

from negres_core import Fit, Recipe
from negres_core.pictures.sample import excess_of, name_of_arm, sample_predictions, say, scores_of, spread
from tests.pictures.conftest import FACES


def probe(train, test):
    """Stand for a fit that returns metrics."""


def test_all_arms_predict_the_same_rows_of_the_first_test_fold(new_run):
    run = new_run(predictions={"control": lambda y: 1 - y})
    sample = sample_predictions(run)

    rows = run.cells[0].test
    assert sample.cell is run.cells[0]
    assert [arm.role for arm, _ in sample.outputs] == ["treatment", "control"]
    assert all(position == 0 and np.array_equal(asked, rows) for _, position, asked in run.models.asked)
    np.testing.assert_array_equal(sample.targets, FACES[rows])
    np.testing.assert_allclose(sample.outputs[1][1], 1 - FACES[rows])


@pytest.mark.parametrize("arm", [0, 1])
def test_a_replicate_that_diverged_is_passed_over_for_both_arms(new_run, spoil, arm):
    run = spoil(new_run(), arm=arm)

    assert sample_predictions(run).cell is run.cells[1]
    assert {position for _, position, _ in run.models.asked} == {1}


def test_an_arm_that_always_diverged_is_left_out(new_run, spoil):
    run = spoil(spoil(new_run()), position=1)

    assert [arm.role for arm, _ in sample_predictions(run).outputs] == ["control"]


def test_arms_that_finished_no_cell_in_common_are_not_compared(new_run, spoil):
    assert sample_predictions(spoil(spoil(new_run(), arm=0, position=0), arm=1, position=1)) is None


def test_a_fit_that_returns_metrics_is_not_computed_again(new_run):
    run = new_run(control=Recipe(Fit(probe)))

    assert [arm.role for arm, _ in sample_predictions(run).outputs] == ["treatment"]
    assert {role for role, _, _ in run.models.asked} == {"treatment"}
    assert sample_predictions(new_run(treatment=Recipe(Fit(probe)), control=None)) is None


def test_rows_are_spread_evenly():
    assert spread(np.arange(5, 105), 4).tolist() == [5, 38, 71, 104]
    assert spread(np.arange(3), 10).tolist() == [0, 1, 2]


def test_an_arm_is_named_with_its_role_and_its_scores(new_run, spoil):
    run = new_run()

    assert [name_of_arm(arm) for arm in run.arms] == ["treatment: cae (3 epochs)", "control: pca"]
    assert scores_of(run.arms[0]) == "PSNR 20.50 dB, skill 0.550: means over 2 replicates"
    assert scores_of(spoil(run).arms[0]) == "PSNR 21.00 dB, skill 0.600: means over 1 of 2 replicates"


def test_values_are_shown_from_the_darkest_of_the_data_to_the_brightest(new_run):
    run = new_run(faces=FACES * 4 - 2)

    assert run.data.as_shown(np.array([-9.0, -2.0, -2 + 4 / 255, 0.01, 2.0, 9.0])).tolist() == [0, 0, 1, 128, 255, 255]


def test_what_a_display_cannot_show_is_said(new_run):
    run = new_run()

    assert excess_of(np.array([0.0, 0.5, 1.0 + 1e-7, -1e-7]), run) == ""
    assert excess_of(np.array([2.0] + [0.5] * 1_999), run) == "clipped here, of its raw values: 0.1% over 1"
    assert excess_of(np.array([2.0] + [0.5] * 2_000), run) == ""
    both = excess_of(np.array([-0.1, 0.5, 0.6, 1.7]), run)
    assert both == "clipped here, of its raw values: 25.0% under 0, 25.0% over 1"


def test_a_value_is_written_in_the_digits_of_its_range(new_run):
    assert [say(value, new_run()) for value in (1.7e-23, 0.12343, 2)] == ["0", "0.1234", "2"]
    assert say(-127.4999, new_run(faces=FACES * 255)) == "-127.5"
