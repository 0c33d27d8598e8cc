"""The best constant against all constants that there are."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from negres_core.claim import Metric
from negres_core.metrics import (
    METRICS,
    Predicted,
    certain,
    constant_score,
    find_metric,
    perfect_score,
    score_metric,
    shows_learning,
)

RANDOM = np.random.default_rng(0)
LABELS = RANDOM.choice(4, 300, p=[0.5, 0.3, 0.15, 0.05])
VALUES = RANDOM.exponential(size=(300, 2))
OF_LABELS = [name for name, metric in METRICS.items() if metric.takes == "labels" and "classification" in metric.tasks]
OF_VALUES = ["mse", "mae", "r2", "pinball_0.1", "pinball_0.9"]


@pytest.mark.parametrize("name", OF_LABELS)
def test_no_other_constant_label_is_better(name):
    metric = METRICS[name]
    others = [score_metric(metric, LABELS, Predicted(None, np.full(300, label))) for label in range(4)]
    assert constant_score(metric, LABELS, LABELS) == pytest.approx(max(others))


SEVERAL = (RANDOM.uniform(size=(400, 5)) < [0.7, 0.45, 0.3, 0.2, 0.05]).astype(np.int32)
SEVERAL[:, 2] |= SEVERAL[:, 1]
OF_SEVERAL = [name for name, metric in METRICS.items() if metric.compute and "multilabel" in metric.tasks]


@pytest.mark.parametrize("name", OF_SEVERAL)
def test_no_other_constant_of_several_labels_is_better(name):
    metric = METRICS[name]
    sign = 1 if metric.higher_is_better else -1
    subsets = [[(number >> label) & 1 for label in range(5)] for number in range(32)]
    constants = subsets if metric.takes == "labels" else RANDOM.uniform(size=(100, 5)).tolist() + subsets
    task_of = np.int64 if metric.takes == "labels" else np.float64
    others = [
        score_metric(metric, SEVERAL, Predicted.of(np.tile(np.array(each, dtype=task_of), (400, 1)), task="multilabel"))
        for each in constants
    ]

    best = constant_score(metric, SEVERAL, SEVERAL)
    assert sign * best >= max(sign * other for other in others) - 1e-12
    if metric.takes == "labels":
        assert best in others
    assert shows_learning(metric, SEVERAL)


@pytest.mark.parametrize("name", ["roc_auc", "log_loss", "brier", "top_2", "top_3"])
def test_no_other_constant_probabilities_are_better(name):
    metric = METRICS[name]
    sign = 1 if metric.higher_is_better else -1
    best = constant_score(metric, LABELS, LABELS)
    for shares in RANDOM.dirichlet(np.ones(4), 100):
        assert sign * score_metric(metric, LABELS, Predicted(np.tile(shares, (300, 1)))) <= sign * best + 1e-12


def test_the_area_of_a_constant_is_one_half_and_its_precision_the_share_of_the_class():
    y = np.array([0] * 90 + [1] * 10)
    assert constant_score(METRICS["roc_auc"], y, y) == 0.5
    assert constant_score(METRICS["average_precision"], y, y) == pytest.approx(0.1)
    assert constant_score(METRICS["matthews"], y, y) == constant_score(METRICS["kappa"], y, y) == 0.0
    assert constant_score(METRICS["balanced_accuracy"], y, y) == 0.5


@pytest.mark.parametrize("name", OF_VALUES)
def test_no_other_constant_value_is_better(name):
    metric = find_metric(name)
    sign = 1 if metric.higher_is_better else -1
    best = constant_score(metric, VALUES, VALUES)
    for value in RANDOM.uniform(0, 3, size=(200, 1, 2)):
        assert (
            sign * score_metric(metric, VALUES, Predicted(np.broadcast_to(value, VALUES.shape))) <= sign * best + 1e-4
        )


def test_a_constant_is_chosen_on_the_training_fold():
    train, test = np.array([0, 0, 1]), np.array([1, 1, 1, 0])
    assert constant_score(METRICS["accuracy"], train, test) == 0.25


def cost(y, labels):
    """A missed class 1 costs a hundred times as much as a false one."""
    return 100 * np.mean((y == 1) & (labels == 0)) + np.mean((y == 0) & (labels == 1))


def test_the_constant_of_a_metric_of_the_users_own_is_the_best_of_several():
    y = np.array([0] * 90 + [1] * 10)
    of_cost = Metric("cost", higher_is_better=False, unit="EUR", compute=cost, takes="labels").with_code("0" * 64)
    assert constant_score(of_cost, y, y) == 0.9
    assert perfect_score(of_cost, y) == 0.0
    quartile = Metric(
        "q", higher_is_better=False, unit="1", compute=lambda y, p: np.abs(np.mean(y <= p) - 0.3)
    ).with_code("1" * 64)
    assert constant_score(quartile, VALUES[:, 0], VALUES[:, 0]) == pytest.approx(0, abs=0.01)


def test_a_class_that_no_row_of_the_training_fold_has_is_predicted_with_probability_0():
    assert constant_score(METRICS["log_loss"], np.array([0, 0, 1]), np.array([2]), classes=3) > 30


def test_what_a_constant_is_perfect_in_shows_no_learning():
    gap = Metric(
        "gap", higher_is_better=False, unit="1", compute=lambda y, p: np.ptp(p.mean(axis=0) - p[0]) * 0
    ).with_code("2" * 64)
    y = np.array([0, 0, 1])
    assert not shows_learning(METRICS["ece"], y)
    assert not shows_learning(gap, y)
    assert all(shows_learning(METRICS[name], y) for name in ("accuracy", "roc_auc", "loss"))
    alarms = Metric("alarms", higher_is_better=False, unit="share", compute=lambda y, said: said.mean(), takes="labels")
    assert not shows_learning(alarms, np.arange(50) % 3 % 2)
    assert constant_score(METRICS["ece"], y, y) is None


@pytest.mark.parametrize("name", ["loss", "psnr", "ssim"])
def test_the_constant_of_what_needs_more_than_targets_is_not_known(name):
    assert constant_score(METRICS[name], VALUES, VALUES) is None
    assert constant_score(METRICS["skill"], VALUES, VALUES) == 0.0


STEPS = RANDOM.choice(3, size=(120, 4, 1), p=[0.6, 0.3, 0.1]).astype(np.int32)
STEPS[:, 1] = RANDOM.choice(3, size=(120, 1), p=[0.1, 0.2, 0.7])
STEPS[::3, 3] = -1
OF_STEPS = [name for name, metric in METRICS.items() if metric.compute and "segmentation" in metric.tasks]


@pytest.mark.parametrize("name", [*OF_STEPS, "f1_class_1", "iou_class_2"])
def test_no_constant_class_at_each_step_is_much_better_than_the_best_one_that_is_tried(name):
    metric = find_metric(name)
    sign = 1 if metric.higher_is_better else -1
    constants = [np.array(each)[None, :, None] for each in itertools.product(range(3), repeat=4)]
    others = [score_metric(metric, STEPS, certain(np.repeat(each, 120, axis=0), 3)) for each in constants]

    best = constant_score(metric, STEPS, STEPS)
    # One class everywhere, or the most frequent one at each step: an average over classes may ask for a mixture.
    assert sign * best >= max(sign * each for each in others if np.isfinite(each)) - 0.03
    assert shows_learning(metric, STEPS)
    assert perfect_score(metric, STEPS) == pytest.approx(1.0 if sign > 0 else 0.0, abs=1e-9)
