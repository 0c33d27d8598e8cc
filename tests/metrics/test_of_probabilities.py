"""Metrics of probabilities against scikit-learn's own, on 50 random cases each, and at their edges."""

from __future__ import annotations

import math
import warnings
from functools import partial

import numpy as np
import pytest
from sklearn import metrics as sk
from sklearn.calibration import calibration_curve

from negres_core.metrics import METRICS, find_metric
from negres_core.metrics.of_probabilities import BINS, calibration_tolerance, expected_calibration_error
from tests.metrics.cases import classifications


def roc_auc(y, p):
    return sk.roc_auc_score(y, p[:, 1]) if p.shape[1] == 2 else sk.roc_auc_score(y, p, multi_class="ovr")


def average_precision(y, p):
    return sk.average_precision_score(y, p[:, 1] if p.shape[1] == 2 else p)


def top_k(y, p, k):
    if p.shape[1] <= k:
        return 1.0
    return sk.top_k_accuracy_score(y, p, k=k, labels=range(p.shape[1]))


def brier(y, p):
    """Sum of scikit-learn's score of each class against the others, which all of its versions have."""
    each = [sk.brier_score_loss(y == label, p[:, label]) for label in range(p.shape[1])]
    return each[1] if len(each) == 2 else sum(each)


def ece(y, p):
    """Gap of each bin by scikit-learn's calibration curve of the predicted class, weighted by its rows."""
    confidence, right = p.max(axis=1), p.argmax(axis=1) == y
    accuracies, confidences = calibration_curve(right, confidence, n_bins=BINS)
    # The curve has the bins that are not empty; its edges are those of numpy's searchsorted.
    bins = np.searchsorted(np.linspace(0, 1, BINS + 1)[1:-1], confidence)
    counts = np.bincount(bins, minlength=BINS)
    return float(np.sum(counts[counts > 0] * np.abs(accuracies - confidences)) / len(y))


SKLEARN = {
    "roc_auc": roc_auc,
    "average_precision": average_precision,
    "log_loss": sk.log_loss,
    "brier": brier,
    "ece": ece,
    **{f"top_{k}": partial(top_k, k=k) for k in (2, 3, 5, 7)},
}


def test_every_metric_of_probabilities_is_compared():
    of_outputs = {
        name
        for name, metric in METRICS.items()
        if metric.compute is not None and metric.takes == "outputs" and "classification" in metric.tasks
    }
    assert set(SKLEARN) - {"top_7"} == of_outputs


@pytest.mark.parametrize("name", SKLEARN)
def test_it_is_that_of_scikit_learn(name):
    compute = find_metric(name).compute
    for y, p in classifications():
        assert compute(y, p) == pytest.approx(SKLEARN[name](y, p), abs=1e-12)


def test_the_brier_score_of_several_classes_is_that_of_newer_versions_of_scikit_learn():
    for y, p in classifications(classes=4):
        assert METRICS["brier"].compute(y, p) == pytest.approx(np.mean(np.sum((np.eye(4)[y] - p) ** 2, axis=1)))


@pytest.mark.parametrize("name", SKLEARN)
def test_it_is_silent_where_a_class_is_missing(name):
    y, p = np.array([0, 0, 2, 2]), np.random.default_rng(0).dirichlet(np.ones(8), 4)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isfinite(find_metric(name).compute(y, p))


@pytest.mark.parametrize("name", ["roc_auc", "average_precision"])
def test_an_area_is_not_defined_for_rows_of_one_class(name):
    assert math.isnan(METRICS[name].compute(np.ones(3, int), np.full((3, 2), 0.5)))


def test_constant_probabilities_have_an_area_of_one_half():
    y = np.array([0, 1, 1, 2, 2, 2])
    assert METRICS["roc_auc"].compute(y, np.tile([0.2, 0.3, 0.5], (6, 1))) == 0.5


def test_the_calibration_error_is_that_of_the_paper_by_hand():
    # Guo et al. (2017), equation 3: two rows at 0.95 of which one is right, and two at 0.75 which are right.
    p = np.array([[0.05, 0.95], [0.05, 0.95], [0.25, 0.75], [0.25, 0.75]])
    assert expected_calibration_error(np.array([1, 0, 1, 1]), p) == pytest.approx(0.5 * 0.45 + 0.5 * 0.25)


def test_the_tolerance_of_the_calibration_error_covers_rows_that_change_their_bins():
    random = np.random.default_rng(0)
    for y, p in classifications(classes=3):
        rounding = 10 ** random.uniform(-5, -2)
        other = np.clip(p + rounding * random.choice([-1, 1], size=p.shape), 0, 1)
        moved = abs(expected_calibration_error(y, other) - expected_calibration_error(y, p))
        assert moved <= 1e-12 + calibration_tolerance(y, p, rounding=rounding)
    assert calibration_tolerance(y, p, rounding=1e-9) < 0.2
