from __future__ import annotations

import numpy as np
import pytest

from negres_core.claim import beats, reaches
from negres_core.errors import InputError
from negres_core.metrics import METRICS, metric_of, score_labels, score_values


def test_labels_are_scored_as_by_hand():
    # Found of class 0: 2 of 3 rows, by 3 predictions; of class 1: 1 of 2, by 3; of class 2: 0 of 1, by none.
    scores = score_labels(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1]))

    assert scores == pytest.approx(
        {
            "accuracy": 3 / 6,
            "precision": (2 / 3 + 1 / 3 + 0) / 3,
            "recall": (2 / 3 + 1 / 2 + 0) / 3,
            "f1": (2 / 3 + 2 / 5 + 0) / 3,
        }
    )
    assert {type(value) for value in scores.values()} == {float}


def test_a_class_that_is_only_predicted_is_no_class_of_the_average():
    scores = score_labels(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 7]))

    assert scores["recall"] == pytest.approx((1 + 1 / 2) / 2)
    assert scores["precision"] == 1.0


def test_values_are_scored_as_by_hand():
    scores = score_values(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]))

    # Squared errors sum to 9; the squared deviations from the mean to 2.
    assert scores == pytest.approx({"mse": 3.0, "mae": 1.0, "r2": 1 - 9 / 2})


def test_columns_of_values_count_alike():
    y = np.array([[0.0, 0.0], [2.0, 20.0]])

    assert score_values(y, np.array([[1.0, 10.0], [1.0, 10.0]])) == pytest.approx({"mse": 50.5, "mae": 5.5, "r2": 0.0})


@pytest.mark.parametrize(
    ("task", "scored"),
    [
        ("classification", score_labels(np.array([0, 1]), np.array([0, 1]))),
        ("regression", score_values(np.array([0.0, 1.0]), np.array([0.0, 1.0]))),
    ],
)
def test_every_metric_of_a_task_is_computed(task, scored):
    """All but the loss, which the engine knows."""
    assert {name for name, metric in METRICS.items() if task in metric.tasks} == {*scored, "loss"}


@pytest.mark.parametrize(("name", "higher"), [("accuracy", True), ("f1", True), ("loss", False), ("mse", False)])
def test_a_metric_knows_its_direction(name, higher):
    task = METRICS[name].tasks[0]

    assert metric_of(beats(name), task=task).higher_is_better is higher


def test_a_perfect_score_lies_in_the_direction_of_better():
    y = np.array([0.0, 1.0, 2.0])
    perfect, poor = score_values(y, y), score_values(y, y[::-1])

    assert all((perfect[name] > poor[name]) == METRICS[name].higher_is_better for name in perfect)


@pytest.mark.parametrize(
    ("claim", "task", "known"),
    [
        (beats("acuracy", by=0.01), "classification", "accuracy, precision, recall, f1, loss"),
        (reaches("psnr", bar=20), "classification", "accuracy, precision, recall, f1, loss"),
        (reaches("accuracy", bar=0.5), "regression", "loss, mse, mae, r2"),
        (beats("mse"), "classification", "accuracy, precision, recall, f1, loss"),
    ],
)
def test_refuses_a_metric_that_does_not_exist_for_the_task(claim, task, known):
    with pytest.raises(InputError, match=f"There is no metric '{claim.metric}' for {task}") as caught:
        metric_of(claim, task=task)
    assert f"Received: {claim}\n" in str(caught.value)
    assert f"Use one of: {known}." in str(caught.value)
