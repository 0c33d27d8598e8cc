"""Predictions of an arm, and the probabilities that a network's outputs mean."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit, softmax

from negres_core.claim import Metric
from negres_core.errors import InputError
from negres_core.metrics import METRICS, Predicted, probabilities_of, score_metric

RAW = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
Y = np.arange(20) % 3


def test_logits_become_probabilities():
    assert probabilities_of(RAW, logits=True) == pytest.approx(softmax(RAW.astype(float), axis=1))
    one = probabilities_of(RAW[:, :1], logits=True)
    assert one[:, 1] == pytest.approx(expit(RAW[:, 0].astype(float)))
    assert one.sum(axis=1) == pytest.approx(np.ones(20))


def test_logits_of_any_size_have_finite_probabilities():
    far = probabilities_of(np.array([[1e4], [-1e4]]), logits=True)
    assert far.tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_one_output_is_the_probability_of_class_1():
    assert probabilities_of(np.array([[0.25]]), logits=False).tolist() == [[0.75, 0.25]]


def test_probabilities_in_few_digits_sum_to_1():
    rough = softmax(RAW, axis=1).astype(np.float16)
    assert probabilities_of(rough, logits=False).sum(axis=1) == pytest.approx(np.ones(20), abs=1e-15)


@pytest.mark.parametrize("outputs", [RAW, np.abs(RAW), RAW[:, :1], np.zeros((4, 3)), 1 + np.abs(RAW[:, :1])])
def test_other_outputs_are_no_probabilities(outputs):
    assert probabilities_of(outputs, logits=False) is None


def test_labels_have_no_metric_of_probabilities():
    labels = Predicted.of(Y, task="classification")
    assert score_metric(METRICS["accuracy"], Y, labels) == 1.0
    assert score_metric(METRICS["roc_auc"], Y, labels) is None
    assert score_metric(METRICS["loss"], Y, labels) is None
    assert labels.best is labels.shown is Y


def test_probabilities_are_shown_as_their_labels():
    p = softmax(RAW, axis=1)
    predicted = Predicted.of(p, task="classification")
    assert predicted.best is p
    assert predicted.shown.tolist() == p.argmax(axis=1).tolist()
    assert Predicted.of(p, task="regression").shown is p


def test_a_metric_of_the_users_own_is_given_labels_if_it_asks_for_them():
    given = []
    for takes in ("outputs", "labels"):
        metric = Metric(
            "m", higher_is_better=True, unit="1", compute=lambda y, p: given.append(p.shape) or 1, takes=takes
        )
        assert score_metric(metric, Y, Predicted.of(softmax(RAW, axis=1), task="classification")) == 1.0
        assert score_metric(metric, Y * 1.0, Predicted.of(Y * 1.0, task="regression")) == 1.0
    assert given == [(20, 3), (20,), (20,), (20,)]


@pytest.mark.parametrize("value", [np.zeros(3), None, "0.5", 1j, [0.5]])
def test_refuses_a_function_that_does_not_return_one_number(value):
    metric = Metric("m", higher_is_better=True, unit="1", compute=lambda y, p: value)
    with pytest.raises(InputError, match="has to return one number"):
        score_metric(metric, Y, Predicted.of(Y, task="classification") if metric.takes == "labels" else Predicted(Y))
