from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import fbeta_score, make_scorer, mean_pinball_loss

from negres_core import Metric
from negres_core.claim.scorers import metric_of_scorer
from negres_core.controls.metric_direction import check
from negres_core.metrics import METRICS


def cost(targets, labels):
    return 10 * np.mean(labels < targets) + np.mean(labels > targets)


def log_loss(targets, outputs):
    return -np.mean(np.log(np.clip(outputs[np.arange(len(targets)), targets], 1e-12, 1)))


def percentage(targets, values):
    return np.mean(np.abs(targets - values) / (1 + np.abs(targets)))


def metric_of(compute, *, more=False, takes="outputs"):
    return Metric("own", higher_is_better=more, unit="EUR", compute=compute, takes=takes)


@pytest.fixture
def judged(new_problem):
    def judged(metric, **problem):
        run = new_problem(rows=200, **problem)
        return check(replace(run, cells=list(run.design.split(run.data)), metric=metric))

    return judged


@pytest.mark.parametrize(
    ("compute", "takes", "task"),
    [
        (cost, "labels", "classification"),
        (log_loss, "outputs", "classification"),
        (percentage, "outputs", "regression"),
    ],
)
def test_a_metric_with_the_wrong_direction_fails(judged, compute, takes, task):
    assert judged(metric_of(compute, takes=takes), task=task).passed

    finding = judged(metric_of(compute, takes=takes, more=True), task=task)
    assert not finding.passed
    assert finding.control == "metric direction"
    assert finding.found.startswith("own is ")


@pytest.mark.parametrize("more", [True, False])
def test_a_metric_that_does_not_depend_on_the_predictions_fails(judged, more):
    finding = judged(metric_of(lambda targets, labels: float(targets.mean()), takes="labels", more=more))

    assert not finding.passed
    assert finding.found.endswith("it is the same for whatever is predicted")


@pytest.mark.parametrize("more", [True, False])
def test_a_metric_that_does_not_depend_on_the_targets_passes(judged, more):
    assert judged(metric_of(lambda targets, labels: float((labels == 0).mean()), takes="labels", more=more)).passed


@pytest.mark.parametrize(
    ("scorer", "task"),
    [
        (make_scorer(fbeta_score, beta=2, average="macro"), "classification"),
        (make_scorer(mean_pinball_loss, alpha=0.9, greater_is_better=False), "regression"),
    ],
)
def test_scorers_of_scikit_learn_pass_unless_their_direction_is_wrong(judged, scorer, task):
    metric = metric_of_scorer(scorer)

    assert judged(metric, task=task).passed
    assert not judged(replace(metric, higher_is_better=not metric.higher_is_better), task=task).passed


def test_a_metric_that_has_no_value_for_right_predictions_is_not_judged(judged):
    assert judged(metric_of(lambda targets, labels: float("nan"), takes="labels")) is None


def test_metrics_of_negres_and_of_fits_are_not_judged(judged):
    assert judged(METRICS["accuracy"]) is None
    assert judged(METRICS["loss"]) is None
    assert judged(Metric("hits", higher_is_better=True, unit="share")) is None
