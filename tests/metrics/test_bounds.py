"""Bounds of metrics against what scikit-learn gives for perfect and for random predictions."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.metrics import METRICS, counts_rows, find_metric, highest_of, perfect_score, score_metric
from negres_core.metrics.bounds import is_share
from negres_core.metrics.predicted import Predicted

RANDOM = np.random.default_rng(0)
BOUNDED = [name for name, metric in METRICS.items() if metric.compute is not None and highest_of(name) is not None]


@pytest.mark.parametrize("name", BOUNDED)
def test_a_perfect_prediction_has_the_highest_value(name):
    metric = METRICS[name]
    targets = {
        "classification": RANDOM.integers(7, size=200),
        "multilabel": RANDOM.integers(2, size=(200, 4)),
        "regression": RANDOM.normal(size=200),
    }

    for task in targets.keys() & set(metric.tasks):
        assert perfect_score(metric, targets[task]) == highest_of(name) == 1.0


@pytest.mark.parametrize("name", [*(name for name in METRICS if is_share(name)), "top_4"])
def test_a_share_is_between_0_and_1(name):
    metric = find_metric(name)
    for _ in range(50):
        y, p = RANDOM.integers(7, size=30), RANDOM.dirichlet(np.full(7, 0.2), size=30)
        if "classification" in metric.tasks:
            assert 0 <= score_metric(metric, y, Predicted.of(p, task="classification")) <= 1
        if "multilabel" in metric.tasks:
            several = np.eye(7, dtype=int)[y] | RANDOM.integers(2, size=(30, 7))
            assert 0 <= score_metric(metric, several, Predicted.of(p, task="multilabel")) <= 1


def test_what_is_counted_is_the_share_of_rows_that_are_right():
    y, p = RANDOM.integers(4, size=50), RANDOM.dirichlet(np.ones(4), size=50)
    right = np.mean(p.argmax(axis=1) == y)
    predicted = Predicted.of(p, task="classification")
    counted = [
        name
        for name, metric in METRICS.items()
        if "classification" in metric.tasks and counts_rows(name, task="classification") and name[:4] != "top_"
    ]

    assert len(counted) == 5
    assert [score_metric(METRICS[name], y, predicted) for name in counted] == pytest.approx([right] * 5)
    assert counts_rows("top_3", task="classification")
    for name in ("balanced_accuracy", "roc_auc", "top_shelf", "mse"):
        assert not counts_rows(name, task="classification")


def test_of_several_labels_a_row_only_the_exact_match_counts_rows():
    counted = [name for name, metric in METRICS.items() if counts_rows(name, task="multilabel")]

    assert counted == ["exact_match"]


@pytest.mark.parametrize("name", ["loss", "mse", "hamming", "log_loss", "brier", "ece", "psnr", "pinball_0.9", "cost"])
def test_a_metric_of_which_less_is_better_or_without_a_bound_has_no_highest_value(name):
    assert highest_of(name) is None
