"""Areas of ranked rows against scikit-learn's functions: equal to the last bit."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics as sk

from negres_core.engine.areas import areas
from tests.metrics.cases import classifications

FUNCTIONS = {"roc_auc": sk.roc_auc_score, "average_precision": sk.average_precision_score}


def by_scikit_learn(y, scores):
    """Return both areas by scikit-learn, each class of the rows against the others."""
    classes = np.unique(y)
    if scores.shape[1] == 2:
        return {name: function(y, scores[:, 1]) for name, function in FUNCTIONS.items()}
    against = y[:, None] == classes
    return {name: function(against, scores[:, classes], average="macro") for name, function in FUNCTIONS.items()}


def scored(case):
    """Return targets and scores of a random case: probabilities, ties of many or of all rows, 32 bits, any numbers."""
    random = np.random.default_rng(case)
    count = int(random.integers(2, 8))
    rows = int(random.integers(count, random.choice([10, 100, 2000])))
    y = np.concatenate([[0, 1], random.integers(count, size=rows - 2)])
    scores = random.normal(size=(rows, count)) * random.choice([0.1, 1, 50]) + random.choice([0, 2]) * np.eye(count)[y]
    changed = [
        scores,
        np.round(scores),
        np.zeros_like(scores),
        scores.astype(np.float32),
        1 / (1 + np.exp(-scores)),  # most of them 0 or 1 if they are large
    ]
    return y, changed[case % len(changed)]


def test_they_are_those_of_scikit_learn_to_the_last_bit():
    for case in range(300):
        y, scores = scored(case)
        assert areas(y, scores) == by_scikit_learn(y, scores), case
    for y, p in classifications():
        assert areas(y, p) == by_scikit_learn(y, p)


def test_they_do_not_depend_on_the_order_of_the_rows():
    for case in range(20):
        y, scores = scored(case)
        order = np.random.default_rng(0).permutation(len(y))
        assert areas(y[order], scores[order]) == areas(y, scores)


def test_rows_of_one_class_have_none():
    assert all(np.isnan(area) for area in areas(np.ones(3, int), np.full((3, 4), 0.25)).values())


def test_a_class_without_rows_does_not_count():
    scores = np.random.default_rng(0).normal(size=(6, 3))
    y = np.array([0, 2, 0, 2, 2, 0])
    assert areas(y, scores) == by_scikit_learn(y, scores)


@pytest.mark.parametrize("wrong", [np.nan, np.inf])
def test_scores_that_are_not_finite_are_refused(wrong):
    with pytest.raises(ValueError, match="Input contains"):
        areas(np.array([0, 1]), np.array([[0.0, 1.0], [1.0, wrong]]))
