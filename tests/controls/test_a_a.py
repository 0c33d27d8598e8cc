from __future__ import annotations

import pytest

from negres_core.controls.a_a import check, small_runs
from negres_core.controls.small_runs import TRUE_TARGETS


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_clean_runs_pass_with_any_seeds(new_problem, train_small_runs, task):
    for seed in range(30):
        run = new_problem(seed, task=task)

        finding = check(run, train_small_runs(small_runs(run), seed=seed))

        assert finding.passed, (seed, finding.found)
        assert "0 of 10 cells end in the same weights" in finding.found


def test_a_seed_without_effect_fails(new_problem, train_small_runs):
    run = new_problem()

    finding = check(run, train_small_runs(small_runs(run), fault="one seed"))

    assert not finding.passed
    assert "differs by +0 accuracy, p 1 (two-sided corrected t); 10 of 10 cells" in finding.found


@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_counts_in_either_direction(new_problem, train_small_runs, plant, sign):
    run = new_problem()
    trained = train_small_runs(small_runs(run))
    for cell in range(10):
        better = {"accuracy": 0.5 + sign * (0.1 + cell / 1000)}
        for seed, metrics in enumerate(({"accuracy": 0.5}, better)):
            trained = {TRUE_TARGETS: plant(trained[TRUE_TARGETS], position=2 * cell + seed, metrics=metrics)}

    assert not check(run, trained).passed


def test_seeds_that_agree_in_the_metric_but_not_in_the_weights_pass(new_problem, train_small_runs):
    """An arm that predicts only one class scores the same, whatever its weights."""
    run = new_problem()

    assert check(run, train_small_runs(small_runs(run), fault="dead")).passed


def test_an_arm_that_diverges_is_not_judged(new_problem, train_small_runs):
    run = new_problem(task="regression")

    assert check(run, train_small_runs(small_runs(run), fault="explode")) is None


def test_without_a_small_run_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None
