from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Fit, Metric, Recipe
from negres_core.controls.blind_fit import check, turn
from negres_core.metrics import METRICS
from negres_core.run.arm import Arm

ERROR = Metric("error", higher_is_better=True, unit="share")
SCORE = replace(ERROR, name="score")
FIVE = np.linspace(0, 0.04, 5)


def compute(train, test):
    """Stand for a fit; the models of a test answer for it."""


@pytest.fixture
def new_fits(new_replicate, new_problem, with_models):
    """Make a run of one fit on five folds, whose answers a test gives; `recorded` are its metrics on true targets."""

    def make(answer, *, metric=METRICS["accuracy"], recorded=(0.5,) * 5, **problem):
        run = new_problem(rows=50, **problem)
        cells = list(run.design.split(run.data))[: run.design.folds]
        recipe = Recipe(Fit(compute, metrics=() if metric.name in METRICS or metric.compute else (metric,)))
        replicates = [
            new_replicate(fold=cell.fold, metrics={metric.name: value})
            for cell, value in zip(cells, recorded, strict=True)
        ]
        design = replace(run.design, repeats=1)
        run = replace(run, metric=metric, design=design, cells=cells, arms=[Arm("treatment", recipe, [replicates])])
        return with_models(run, answers={"refit": lambda arm, position, targets: answer(targets)})

    return make


def test_predictions_that_do_not_depend_on_test_targets_pass(new_fits):
    finding = check(new_fits(lambda targets: np.arange(len(targets)) % 3))

    assert finding.passed
    assert finding.found == "treatment arm changes 0 of 30 predictions when the targets of the test fold change"


def test_probabilities_may_not_depend_on_test_targets_either(new_fits):
    assert check(new_fits(lambda targets: np.tile([0.5, 0.3, 0.2], (len(targets), 1)))).passed
    assert not check(new_fits(lambda targets: np.eye(3)[targets])).passed


def test_a_metric_with_a_function_is_not_believed_as_a_number(new_fits):
    metric = Metric("cost", higher_is_better=False, unit="EUR", compute=lambda y, p: 0.0)
    finding = check(new_fits(lambda targets: {"cost": 0.0}, metric=metric))
    assert not finding.passed
    assert "returns cost as a number" in finding.found


def test_returned_test_targets_fail(new_fits):
    finding = check(new_fits(lambda targets: targets))

    assert not finding.passed
    assert finding.control == "blind fit"
    assert finding.found == "treatment arm changes 30 of 30 predictions when the targets of the test fold change"


def test_a_choice_that_is_made_on_the_test_fold_fails(new_fits):
    def best(targets):
        candidates = np.random.default_rng(0).integers(0, 3, size=(20, len(targets)))
        return max(candidates, key=lambda predicted: np.mean(predicted == targets))

    assert not check(new_fits(best)).passed


@pytest.mark.parametrize("scale", [1e-7, 0.1], ids=["rounding", "more than rounding"])
def test_predicted_values_may_differ_by_rounding_only(new_fits, scale):
    finding = check(new_fits(lambda targets: 1 + scale * targets, task="regression", metric=METRICS["mse"]))

    assert finding.passed == (scale < 1e-5)


def test_a_fit_that_varies_by_itself_is_not_judged(new_fits):
    random = np.random.default_rng(0)
    finding = check(new_fits(lambda targets: random.integers(0, 3, size=len(targets))))

    assert finding.passed
    assert "when it is called again" in finding.found


def test_a_number_is_not_believed_where_predictions_would_do(new_fits):
    finding = check(new_fits(lambda targets: {"accuracy": 0.99}))

    assert not finding.passed
    assert finding.found.startswith("treatment arm returns accuracy as a number")


def test_a_metric_of_its_own_that_ignores_the_targets_passes(new_fits):
    finding = check(new_fits(lambda targets: {"score": 0.5}, metric=SCORE))

    assert finding.passed
    assert "does not depend on the targets" in finding.found


def test_a_metric_that_prefers_wrong_targets_has_the_wrong_sign(new_fits):
    wrong = iter(0.8 + FIVE)
    run = new_fits(lambda targets: {"error": next(wrong, 0.8)}, metric=ERROR, recorded=0.2 + FIVE[::-1])

    finding = check(run)

    assert not finding.passed
    assert "error 0.22 on true and 0.82 on wrong targets" in finding.found


def test_a_metric_that_prefers_true_targets_or_neither_passes(new_fits):
    wrong = {"better": iter(0.1 + FIVE), "same": iter([0.2, 0.25, 0.19, 0.24, 0.22])}
    for each in wrong.values():
        run = new_fits(lambda targets, each=each: {"error": next(each, 0.1)}, metric=ERROR, recorded=0.2 + FIVE[::-1])
        assert check(run).passed


def test_targets_that_are_the_inputs_have_no_finding(new_fits):
    run = new_fits(lambda targets: targets, task="regression", metric=METRICS["mse"])
    x = run.data.flatten(np.arange(len(run.data)))

    assert check(replace(run, data=replace(run.data, x=x[:, :2], y=x[:, :2]))) is None


def test_networks_and_runs_without_models_have_no_finding(new_run, with_models, new_fits):
    assert check(with_models(new_run())) is None
    assert check(replace(new_fits(lambda targets: targets), models=None)) is None


def test_wrong_targets_are_of_the_same_kind_and_never_right():
    assert turn(np.array([0, 1, 2], np.int32), 3).tolist() == [1, 2, 0]
    assert turn(np.array([0.0, 1.0, 4.0], np.float32), 1).tolist() == [4.0, 3.0, 0.0]
    assert turn(np.zeros(3, np.int32), 2).dtype == np.int32


def test_several_labels_a_row_become_all_others():
    assert turn(np.array([[0, 1, 1], [0, 0, 0]]), 3).tolist() == [[1, 0, 0], [1, 1, 1]]


def test_labels_of_steps_become_the_next_class_unless_they_do_not_count():
    assert turn(np.array([[[0], [2], [-1]]], np.int32), 3).tolist() == [[[1], [0], [-1]]]
