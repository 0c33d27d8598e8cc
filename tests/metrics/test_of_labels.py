"""Metrics of labels against scikit-learn's own, on 50 random cases each, and at their edges."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from sklearn import metrics as sk

from negres_core.metrics import METRICS
from negres_core.metrics.of_labels import count_pairs
from tests.metrics.cases import classifications

SKLEARN = {
    "accuracy": sk.accuracy_score,
    "balanced_accuracy": sk.balanced_accuracy_score,
    "matthews": sk.matthews_corrcoef,
    "kappa": sk.cohen_kappa_score,
} | {
    f"{name}{'' if average == 'macro' else f'_{average}'}": (
        lambda y, p, score=score, average=average: score(y, p, average=average, zero_division=0.0)
    )
    for name, score in {"precision": sk.precision_score, "recall": sk.recall_score, "f1": sk.f1_score}.items()
    for average in ("macro", "weighted", "micro")
}


def test_every_metric_of_labels_is_compared():
    assert set(SKLEARN) == {
        name for name, metric in METRICS.items() if metric.takes == "labels" and "classification" in metric.tasks
    }


@pytest.mark.parametrize("name", SKLEARN)
def test_it_is_that_of_scikit_learn(name):
    for y, p in classifications():
        labels = p.argmax(axis=1)
        assert METRICS[name].compute(y, labels) == pytest.approx(SKLEARN[name](y, labels), abs=1e-12)


SAME_BITS = [name for name in SKLEARN if not name.endswith(("_micro", "_weighted")) and name != "balanced_accuracy"]
"""Those that scikit-learn computes in the same order."""


@pytest.mark.parametrize("name", SAME_BITS)
def test_counts_of_pairs_give_the_bits_that_all_rows_give(name):
    for y, p in classifications():
        for labels in (p.argmax(axis=1), np.full(len(y), y[0]), np.roll(y, 1)):
            assert METRICS[name].compute(y, labels) == SKLEARN[name](y, labels)


def test_pairs_are_counted():
    pairs = count_pairs(np.array([5, 0, 5, 0], np.int32), np.array([5, -1, 5, 1]))
    counted = {(y, label): count for y, label, count in zip(*pairs, strict=True)}
    assert counted == {(0, -1): 1, (0, 1): 1, (5, 5): 2}


@pytest.mark.parametrize("name", SKLEARN)
def test_it_is_silent_and_finite_where_a_class_is_missing(name):
    y, labels = np.array([0, 0, 2, 2]), np.array([0, 1, 1, 3])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isfinite(METRICS[name].compute(y, labels))


def test_a_correlation_of_one_class_is_0_as_in_scikit_learn():
    y = np.zeros(4, int)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert METRICS["matthews"].compute(y, y) == 0.0
    with pytest.warns(UserWarning, match="single label"):
        assert sk.matthews_corrcoef(y, y) == 0.0


def test_kappa_is_not_defined_if_there_is_only_one_class():
    assert math.isnan(METRICS["kappa"].compute(np.zeros(4, int), np.zeros(4, int)))
