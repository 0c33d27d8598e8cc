from __future__ import annotations

import pytest

from negres_core.controls.a_a import check, trials
from negres_core.controls.small_runs import TARGETS


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_clean_runs_pass_with_any_seeds(new_problem, train_trial, task):
    for seed in range(30):
        run = new_problem(seed, task=task)

        finding = check(run, train_trial(trials(run), seed=seed))

        assert finding.passed, (seed, finding.found)
        assert "0 of 10 cells end in the same weights" in finding.found


def test_a_seed_without_effect_is_found(new_problem, train_trial):
    run = new_problem()

    finding = check(run, train_trial(trials(run), fault="one seed"))

    assert not finding.passed
    assert "differs by +0 accuracy, p 1 (two-sided corrected t); 10 of 10 cells" in finding.found


@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_counts_in_either_direction(new_problem, train_trial, plant, sign):
    run = new_problem()
    trained = train_trial(trials(run))
    for cell in range(10):
        better = {"accuracy": 0.5 + sign * (0.1 + cell / 1000)}
        for seed, metrics in enumerate(({"accuracy": 0.5}, better)):
            trained = {TARGETS: plant(trained[TARGETS], position=2 * cell + seed, metrics=metrics)}

    assert not check(run, trained).passed


def test_seeds_that_agree_in_the_metric_and_not_in_the_weights_pass(new_problem, train_trial):
    """An arm whose every prediction is one class scores the same, whatever its weights."""
    run = new_problem()

    assert check(run, train_trial(trials(run), fault="dead")).passed


def test_an_arm_that_diverges_says_nothing_of_seeds(new_problem, train_trial):
    run = new_problem(task="regression")

    assert check(run, train_trial(trials(run), fault="explode")) is None


def test_without_a_trial_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None
