from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core.controls.planted_effect import check, small_runs
from negres_core.controls.small_runs import PERMUTED_TARGETS, TRUE_TARGETS
from negres_core.metrics import METRICS


@pytest.mark.parametrize(
    ("task", "metric"),
    [("classification", "accuracy"), ("classification", "loss"), ("regression", "mse"), ("regression", "loss")],
)
def test_clean_runs_see_the_planted_effect(new_problem, train_small_runs, task, metric):
    for seed in range(10):
        run = new_problem(seed, task=task, metric=metric, signal=5)

        finding = check(run, train_small_runs(small_runs(run), seed=seed))

        assert finding.passed, (seed, finding.found)


@pytest.mark.parametrize("signal", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_an_arm_that_learns_little_never_fails(new_problem, train_small_runs, signal):
    for seed in range(5):
        run = new_problem(seed, signal=signal)

        finding = check(run, train_small_runs(small_runs(run), seed=seed))

        assert finding is None or finding.passed, (seed, finding.found)


@pytest.mark.parametrize("name", ["accuracy", "loss"])
def test_a_metric_of_the_wrong_direction_fails(new_problem, train_small_runs, name):
    metric = replace(METRICS[name], higher_is_better=not METRICS[name].higher_is_better)
    run = replace(new_problem(signal=3), metric=metric)

    finding = check(run, train_small_runs(small_runs(run)))

    assert not finding.passed
    assert finding.control == "planted effect"


def test_scores_of_another_arm_fail(new_problem, train_small_runs):
    run = new_problem(signal=3)
    trained = train_small_runs(small_runs(run))
    firsts = list(trained[TRUE_TARGETS].arms[0].replicates[::2])
    [arm] = trained[PERMUTED_TARGETS].arms
    taken = replace(arm, stages=[[*firsts, *arm.replicates[len(firsts) :]]])

    finding = check(run, trained | {PERMUTED_TARGETS: replace(trained[PERMUTED_TARGETS], arms=[taken])})

    assert not finding.passed
    assert "better by +0, p 1" in finding.found


def test_an_arm_that_diverges_is_not_judged(new_problem, train_small_runs):
    run = new_problem(task="regression")

    assert check(run, train_small_runs(small_runs(run), fault="explode")) is None


def test_without_a_small_run_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None
