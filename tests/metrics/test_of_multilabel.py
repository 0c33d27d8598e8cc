"""Metrics of several labels a row against scikit-learn's functions for indicator matrices, or worked by hand."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from negres_core.metrics import METRICS, Predicted, score_metric
from negres_core.metrics.of_multilabel import average_precision, f1, ranking_average_precision, roc_auc

REFERENCES = {
    "exact_match": (metrics.accuracy_score, {}),
    "hamming": (metrics.hamming_loss, {}),
    "f1": (metrics.f1_score, {"average": "macro", "zero_division": 0.0}),
    "f1_weighted": (metrics.f1_score, {"average": "weighted", "zero_division": 0.0}),
    "f1_micro": (metrics.f1_score, {"average": "micro", "zero_division": 0.0}),
    "roc_auc": (metrics.roc_auc_score, {"average": "macro"}),
    "average_precision": (metrics.average_precision_score, {"average": "macro"}),
    "ranking_average_precision": (metrics.label_ranking_average_precision_score, {}),
    "log_loss": (lambda y, p: np.mean([metrics.log_loss(y[:, k], p[:, k]) for k in range(y.shape[1])]), {}),
    "brier": (metrics.mean_squared_error, {}),
}
NAMES = [name for name, metric in METRICS.items() if "multilabel" in metric.tasks and metric.compute is not None]


def test_every_metric_of_several_labels_is_compared():
    assert REFERENCES.keys() == set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_a_metric_is_that_of_scikit_learn_on_50_random_cases(name):
    reference, options = REFERENCES[name]
    metric = METRICS[name]
    for seed in range(50):
        rng = np.random.default_rng(seed)
        rows, labels = rng.integers(20, 60), rng.integers(2, 9)
        targets = (rng.uniform(size=(rows, labels)) < rng.uniform(0.2, 0.8, size=labels)).astype(np.int32)
        targets[0], targets[1] = 0, 1  # so that scikit-learn has no label without a row
        predicted = Predicted.of(rng.uniform(size=(rows, labels)).round(2), task="multilabel")
        given = predicted.labels if metric.takes == "labels" else predicted.outputs

        assert score_metric(metric, targets, predicted) == pytest.approx(reference(targets, given, **options))


def test_labels_that_a_test_fold_lacks_are_left_out_of_averages_over_labels():
    targets = np.array([[1, 0, 1], [0, 0, 1], [1, 0, 1], [0, 0, 1]])
    probabilities = np.array([[0.9, 0.8, 0.9], [0.6, 0.2, 0.8], [0.7, 0.9, 0.7], [0.1, 0.9, 0.2]])

    # Label 1 is on no row, and label 2 on every one.
    assert f1(targets, probabilities > 0.5, average="macro") == pytest.approx((4 / 5 + 6 / 7) / 2)
    assert f1(targets, probabilities > 0.5, average="weighted") == pytest.approx((2 * 4 / 5 + 4 * 6 / 7) / 6)
    assert roc_auc(targets, probabilities) == 1.0
    assert average_precision(targets, probabilities) == 1.0


def test_what_no_label_defines_is_not_a_number():
    targets, probabilities = np.zeros((3, 2), dtype=int), np.full((3, 2), 0.7)

    assert np.isnan([f1(targets, probabilities > 0.5, average=each) for each in ("macro", "weighted", "micro")]).all()
    assert np.isnan([roc_auc(targets, probabilities), average_precision(targets, probabilities)]).all()


def test_the_ranking_of_labels_within_a_row_worked_by_hand():
    # Row 0: its label is second of three, 1/2. Row 1: its labels are first and third, (1 + 2/3) / 2.
    targets, probabilities = np.array([[0, 1, 0], [1, 0, 1]]), np.array([[0.9, 0.5, 0.1], [0.8, 0.6, 0.4]])

    assert ranking_average_precision(targets, probabilities) == pytest.approx((1 / 2 + 5 / 6) / 2)


def test_a_test_fold_with_rows_of_one_label_only_has_its_f1():
    targets, labels = np.array([[1, 0], [1, 0], [0, 0]]), np.array([[1, 1], [0, 0], [1, 0]])

    for average in ("macro", "weighted"):
        assert f1(targets, labels, average=average) == pytest.approx(0.5)
    assert f1(targets, labels, average="micro") == pytest.approx(2 / 5)
