from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.claim import Metric
from negres_core.controls.planted_effect import check, follow_ups, small_runs, sound_arms
from negres_core.controls.small_runs import PERMUTED_TARGETS, TRUE_TARGETS, planted_targets
from negres_core.design import KFolds
from negres_core.metrics import METRICS, find_metric
from negres_core.run.arm import Arm
from negres_core.run.run import Run

TRUE, PERMUTED = f"{TRUE_TARGETS}, treatment", f"{PERMUTED_TARGETS}, treatment"


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


def with_metric(trained, key, score):
    """Return trained small runs whose replicates have another metric, made of those that they have."""

    def changed(small_run):
        [arm] = small_run.arms
        replicates = [each.updated(metrics=each.metrics | {key: score(each)}) for each in arm.replicates]
        return replace(small_run, arms=[replace(arm, stages=[replicates])])

    return {name: changed(small_run) for name, small_run in trained.items()}


COST = Metric(
    "cost", higher_is_better=False, unit="EUR", compute=lambda y, p: np.mean(p.argmax(axis=1) != y)
).with_code("0" * 64)


@pytest.mark.parametrize(("higher_is_better", "passes"), [(False, True), (True, False)])
def test_a_metric_of_the_users_own_of_the_wrong_direction_fails(
    new_problem, train_small_runs, higher_is_better, passes
):
    metric = replace(COST, higher_is_better=higher_is_better).with_code("0" * 64)
    run = replace(new_problem(signal=3), metric=metric)
    trained = with_metric(train_small_runs(small_runs(run)), metric.key, lambda each: 1 - each.metrics["accuracy"])

    finding = check(run, trained)

    assert finding.passed is passes
    assert "cost" in finding.found


def test_a_metric_that_is_not_defined_on_the_few_rows_is_replaced_by_the_loss(new_problem, train_small_runs):
    run = replace(new_problem(signal=5), metric=METRICS["roc_auc"])
    trained = with_metric(
        train_small_runs(small_runs(run)), "roc_auc", lambda each: None if each.key.fold == 3 else 1.0
    )

    finding = check(run, trained)

    assert finding.passed
    assert "treatment arm: loss, in place of roc_auc, " in finding.found


def test_a_calibration_error_is_replaced_by_the_loss(new_problem, train_small_runs):
    """An arm that learned is more confident, and need not be better calibrated than one on permuted targets."""
    run = replace(new_problem(signal=5), metric=METRICS["ece"])

    finding = check(run, with_metric(train_small_runs(small_runs(run)), "ece", lambda each: each.metrics["accuracy"]))

    assert finding.passed
    assert "treatment arm: loss, in place of ece, " in finding.found


def test_a_metric_of_values_is_measured_from_its_constant(new_problem, train_small_runs):
    metric = find_metric("pinball_0.9")
    run = replace(new_problem(signal=5, task="regression"), metric=metric)
    trained = with_metric(train_small_runs(small_runs(run)), metric.key, lambda each: each.metrics["mse"] ** 0.5 / 2)

    finding = check(run, trained)

    assert finding.passed
    assert "treatment arm: pinball_0.9 " in finding.found
    reversed_run = replace(run, metric=replace(metric, higher_is_better=True))
    assert not check(reversed_run, trained).passed


def test_scores_of_another_arm_fail(new_problem, train_small_runs):
    run = new_problem(signal=3)
    trained = train_small_runs(small_runs(run))
    firsts = list(trained[TRUE].arms[0].replicates[::2])
    [arm] = trained[PERMUTED].arms
    taken = replace(arm, stages=[[*firsts, *arm.replicates[len(firsts) :]]])

    finding = check(run, trained | {PERMUTED: replace(trained[PERMUTED], arms=[taken])})

    assert not finding.passed
    assert "better by +0, p 1" in finding.found


def test_an_arm_that_diverges_is_not_judged(new_problem, train_small_runs):
    run = new_problem(task="regression")

    assert check(run, train_small_runs(small_runs(run), fault="explode")) is None


def test_without_a_small_run_there_is_no_finding(new_problem):
    assert check(new_problem(), {}) is None


def train_all(run, train_small_runs, **options):
    """Train the small runs, and those that follow."""
    trained = train_small_runs(small_runs(run), **options)
    return trained | train_small_runs(follow_ups(run, trained), **options)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_arms_that_learn_a_planted_signal_are_sound_though_the_labels_are_noise(new_problem, train_small_runs, task):
    for seed in range(3):
        run = new_problem(seed, task=task, signal=0, arms=2)

        trained = train_all(run, train_small_runs, seed=seed)

        assert {"planted targets, treatment", "planted targets, control"} <= set(trained)
        assert sound_arms(trained) == {"treatment", "control"}
        assert check(run, trained).passed


@pytest.mark.parametrize("fault", ["idle", "mismatch", "dead"])
def test_an_arm_that_learns_nothing_is_not_sound(new_problem, train_small_runs, fault):
    run = new_problem(signal=0)
    trained = train_all(run, train_small_runs, fault=fault)

    assert sound_arms(trained) == frozenset()
    assert check(run, trained) is None


def test_nothing_is_planted_where_the_true_targets_are_learned(new_problem, train_small_runs):
    run = new_problem(signal=5, arms=2)
    trained = train_small_runs(small_runs(run))

    assert follow_ups(run, trained) == {}
    assert sound_arms(trained) == {"treatment", "control"}


@pytest.mark.parametrize("faulty", ["treatment", "control"])
def test_a_signal_is_planted_for_the_arm_that_did_not_learn(new_problem, train_small_runs, faulty):
    run = new_problem(signal=5, arms=2)
    trained = train_small_runs(small_runs(run), fault="idle", faulty=[faulty])

    assert set(follow_ups(run, trained)) == {f"planted targets, {faulty}"}
    assert sound_arms(trained) == {"treatment", "control"} - {faulty}
    finding = check(run, trained)
    assert finding.passed
    assert faulty not in finding.found


def test_a_metric_of_the_wrong_direction_fails_on_planted_targets_too(new_problem, train_small_runs):
    metric = replace(METRICS["accuracy"], higher_is_better=False)
    run = replace(new_problem(signal=0), metric=metric)

    finding = check(run, train_all(run, train_small_runs))

    assert not finding.passed
    assert "on planted targets" in finding.found


def test_one_cell_with_an_enormous_loss_does_not_hide_the_effect(new_problem, train_small_runs, plant):
    """A loss has no bound: on permuted targets a few cells have ten times that of the others."""
    run = new_problem(signal=3, metric="loss")
    trained = train_small_runs(small_runs(run))
    wild = plant(trained[PERMUTED], position=4, metrics={"accuracy": 0.2, "loss": 1000.0})

    assert check(run, trained | {PERMUTED: wild}).passed


def test_planted_targets_are_the_true_ones_in_another_order(new_problem):
    run = new_problem(task="regression", signal=0)
    [planted] = planted_targets(run).values()

    assert np.array_equal(np.sort(planted.data.y, axis=0), np.sort(small_runs(run)[TRUE].data.y, axis=0))


@pytest.mark.parametrize(("exact", "passes"), [(0.4, True), (0.2, True), (0.0, False)])
def test_an_arm_that_learned_some_of_the_labels_need_not_get_whole_rows_right(new_replicate, exact, passes):
    """It is better in the Hamming loss in every cell, and on permuted targets it gets 0.2 of the rows right."""
    y = np.random.default_rng(0).integers(2, size=(100, 3))
    design = KFolds(folds=10, repeats=1, looks=False)
    data = Dataset(x=np.zeros((100, 2)), y=y, name="several")
    run = Run(data, design, list(design.split(data)), (), metric=METRICS["exact_match"])

    def trained(hamming, exact):
        replicates = [
            new_replicate(fold=fold, metrics={"hamming": hamming + fold / 1e3, "exact_match": exact, "loss": 0.5})
            for fold in range(10)
        ]
        return replace(run, arms=[Arm("treatment", Recipe(Stage(np.zeros)), [replicates])])

    finding = check(run, {TRUE: trained(0.1, exact), PERMUTED: trained(0.5, 0.2)})

    assert finding.passed is passes
    assert "treatment arm: exact_match " in finding.found
