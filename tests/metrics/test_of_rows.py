from __future__ import annotations

import numpy as np
import pytest

from negres_core import Metric
from negres_core.errors import InputError
from negres_core.metrics import METRICS, Predicted, find_metric, has_row_scores, score_metric, score_rows, score_table

CLASSES = ("accuracy", "top_2", "top_3", "log_loss", "brier")
VALUES = ("mse", "mae", "pinball_0.1", "pinball_0.9")


def some_classes(seed, *, classes, rows=60):
    rng = np.random.default_rng(seed)
    probabilities = rng.dirichlet(np.ones(classes), size=rows)
    return rng.integers(0, classes, rows), Predicted.of(probabilities, task="classification")


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("name", CLASSES)
def test_the_mean_of_the_scores_of_rows_is_the_metric_of_classes(name, classes):
    metric = find_metric(name)
    for seed in range(10):
        targets, predicted = some_classes(seed, classes=classes)
        scores = score_rows(metric, targets, predicted)
        assert scores.shape == (60,)
        assert scores.mean() == pytest.approx(score_metric(metric, targets, predicted))


@pytest.mark.parametrize("shape", [(60,), (60, 3), (60, 2, 2, 1)])
@pytest.mark.parametrize("name", VALUES)
def test_the_mean_of_the_scores_of_rows_is_the_metric_of_values(name, shape):
    metric = find_metric(name)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        targets, predicted = rng.normal(size=shape).astype(np.float32), Predicted(rng.normal(size=shape))
        scores = score_rows(metric, targets, predicted)
        assert scores.shape == (60,)
        assert scores.mean() == pytest.approx(score_metric(metric, targets, predicted), rel=1e-5)


@pytest.mark.parametrize("name", ["exact_match", "hamming", "log_loss", "brier"])
def test_the_mean_of_the_scores_of_rows_is_the_metric_of_several_labels(name):
    metric = find_metric(name)
    for seed in range(10):
        rng = np.random.default_rng(seed)
        targets, predicted = rng.integers(2, size=(60, 3)), Predicted.of(rng.uniform(size=(60, 3)), task="multilabel")
        scores = score_rows(metric, targets, predicted)
        assert scores.shape == (60,)
        assert scores.mean() == pytest.approx(score_metric(metric, targets, predicted))


def test_a_certain_and_wrong_row_has_a_finite_log_loss():
    targets, predicted = np.array([0, 1]), Predicted.of(np.array([[0.0, 1.0], [0.0, 1.0]]), task="classification")

    assert np.isfinite(score_rows(METRICS["log_loss"], targets, predicted)).all()


@pytest.mark.parametrize("name", ["roc_auc", "f1", "matthews", "ece"])
def test_a_metric_that_is_no_mean_over_rows_has_pseudo_values_whose_mean_it_is(name):
    targets, one = some_classes(0, classes=2, rows=300)
    _, other = some_classes(1, classes=2, rows=300)

    table, unit = score_table(METRICS[name], targets, [one, other])

    assert not has_row_scores(METRICS[name])
    assert (table.shape, unit) == ((2, 200), "blocks of rows")
    expected = [score_metric(METRICS[name], targets, each) for each in (one, other)]
    assert table.mean(axis=1) == pytest.approx(expected)


@pytest.mark.parametrize("name", ["accuracy", "f1"])
def test_the_columns_are_groups_if_there_are_groups(name):
    targets, one = some_classes(0, classes=2)
    groups = np.arange(60) // 3

    table, unit = score_table(METRICS[name], targets, [one], groups=groups)

    assert (table.shape, unit) == ((1, 20), "groups")
    assert table.mean() == pytest.approx(score_metric(METRICS[name], targets, one))


def test_a_metric_of_the_users_own_has_pseudo_values():
    def cost(targets, labels):
        return 10 * np.mean(labels < targets) + np.mean(labels > targets)

    metric = Metric("cost", higher_is_better=False, unit="EUR", compute=cost, takes="labels")
    targets, one = some_classes(0, classes=3)

    table, unit = score_table(metric, targets, [one])

    assert (table.shape, unit) == ((1, 60), "rows")
    assert table.mean() == pytest.approx(cost(targets, one.labels))


@pytest.mark.parametrize("name", ["log_loss", "roc_auc"])
def test_labels_alone_have_no_scores_of_probabilities(name):
    targets, one = some_classes(0, classes=2)
    with pytest.raises(InputError, match="cannot be computed from what an arm predicts") as caught:
        score_table(METRICS[name], targets, [Predicted(None, one.labels)])
    assert f"{name!r}" in str(caught.value)
