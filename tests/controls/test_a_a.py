from __future__ import annotations

import pytest

from negres_core.controls.a_a import check, small_runs
from negres_core.controls.small_runs import TRUE_TARGETS

TRUE = f"{TRUE_TARGETS}, treatment"


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
    assert (
        "treatment arm: a second seed differs by +0 accuracy, p 1 (two-sided corrected t); 10 of 10 cells"
        in finding.found
    )


@pytest.mark.parametrize("sign", [1, -1])
def test_a_difference_counts_in_either_direction(new_problem, train_small_runs, plant, sign):
    run = new_problem()
    trained = train_small_runs(small_runs(run))
    for cell in range(10):
        better = {"accuracy": 0.5 + sign * (0.1 + cell / 1000)}
        for seed, metrics in enumerate(({"accuracy": 0.5}, better)):
            trained = {TRUE: plant(trained[TRUE], position=2 * cell + seed, metrics=metrics)}

    assert not check(run, trained).passed


def test_seeds_that_agree_in_the_metric_but_not_in_the_weights_pass(new_problem, train_small_runs):
    """An arm that predicts only one class scores the same, whatever its weights."""
    run = new_problem()

    assert check(run, train_small_runs(small_runs(run), fault="dead")).passed


@pytest.mark.parametrize("faulty", ["treatment", "control"])
def test_a_fault_of_one_arm_is_found_in_that_arm(new_problem, train_small_runs, faulty):
    run = new_problem(arms=2)

    finding = check(run, train_small_runs(small_runs(run), fault="one seed", faulty=[faulty]))

    assert not finding.passed
    same = {"treatment": 0, "control": 0, faulty: 10}
    for found, role in zip(finding.found.split(" arm: ")[1:], same, strict=True):
        assert f"{same[role]} of 10 cells" in found


def test_an_arm_that_diverges_is_not_judged(new_problem, train_small_runs):
    run = new_problem(task="regression")

    assert check(run, train_small_runs(small_runs(run), fault="explode")) is None


def test_without_a_small_run_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None
