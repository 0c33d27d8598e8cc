from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core.controls.planted_effect import check, trials
from negres_core.controls.small_runs import PERMUTED, TARGETS
from negres_core.metrics import METRICS


@pytest.mark.parametrize(
    ("task", "metric"),
    [("classification", "accuracy"), ("classification", "loss"), ("regression", "mse"), ("regression", "loss")],
)
def test_clean_runs_find_what_was_planted(new_problem, train_trial, task, metric):
    for seed in range(10):
        run = new_problem(seed, task=task, metric=metric, signal=5)

        finding = check(run, train_trial(trials(run), seed=seed))

        assert finding.passed, (seed, finding.found)


@pytest.mark.parametrize("signal", [0.0, 0.5, 1.0, 1.5, 2.0])
def test_an_arm_that_learns_little_never_fails(new_problem, train_trial, signal):
    for seed in range(5):
        run = new_problem(seed, signal=signal)

        finding = check(run, train_trial(trials(run), seed=seed))

        assert finding is None or finding.passed, (seed, finding.found)


@pytest.mark.parametrize("name", ["accuracy", "loss"])
def test_a_metric_of_the_wrong_direction_is_found(new_problem, train_trial, name):
    metric = replace(METRICS[name], higher_is_better=not METRICS[name].higher_is_better)
    run = replace(new_problem(signal=3), metric=metric)

    finding = check(run, train_trial(trials(run)))

    assert not finding.passed
    assert finding.control == "planted effect"


def test_a_score_that_is_another_arms_is_found(new_problem, train_trial):
    run = new_problem(signal=3)
    trained = train_trial(trials(run))
    firsts = list(trained[TARGETS].arms[0].replicates[::2])
    [arm] = trained[PERMUTED].arms
    taken = replace(arm, stages=[[*firsts, *arm.replicates[len(firsts) :]]])

    finding = check(run, trained | {PERMUTED: replace(trained[PERMUTED], arms=[taken])})

    assert not finding.passed
    assert "better by +0, p 1" in finding.found


def test_an_arm_that_diverges_is_not_judged(new_problem, train_trial):
    run = new_problem(task="regression")

    assert check(run, train_trial(trials(run), fault="explode")) is None


def test_without_a_trial_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None
