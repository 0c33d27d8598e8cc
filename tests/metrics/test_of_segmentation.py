"""Metrics of steps or pixels against scikit-learn's functions of the labels that count, or row by row."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn import metrics

from negres_core.metrics import METRICS, Predicted, find_metric, score_metric
from negres_core.metrics.of_segmentation import class_shares, confusion


def cases():
    """Yield targets, (rows, ..., 1), with -1 where none counts, and probabilities, of 50 cases with 2 to 5 classes."""
    for seed in range(50):
        rng = np.random.default_rng(seed)
        rows, classes = int(rng.integers(3, 12)), int(rng.integers(2, 6))
        positions = (int(rng.integers(5, 20)),) if seed % 2 else (int(rng.integers(3, 7)), int(rng.integers(3, 7)))
        y = rng.choice(classes, size=(rows, *positions), p=rng.dirichlet(np.full(classes, 3.0)))
        scores = rng.normal(size=(*y.shape, classes)) + rng.choice([0.0, 1.0, 3.0]) * np.eye(classes)[y]
        p = np.exp(scores)
        if seed % 3:
            hidden = rng.uniform(size=y.shape) < 0.3
            hidden.reshape(rows, -1)[:, 0] = False
            y = np.where(hidden, -1, y)
        yield y[..., None].astype(np.int32), p / p.sum(axis=-1, keepdims=True)


def pooled(function, **options):
    """A function of all labels that count together."""

    def score(y, predicted, p):
        counts = y >= 0
        return function(y[counts], predicted[counts], **options)

    return score


def macro(function):
    def score(y, predicted, p):
        present = np.unique(y[y >= 0])
        return pooled(function, average="macro", labels=present, zero_division=0.0)(y, predicted, p)

    return score


def by_row(function):
    def score(y, predicted, p):
        return np.mean([function(one[None], other[None], None) for one, other in zip(y, predicted, strict=True)])

    return score


def all_right(y, predicted, p):
    return float((predicted == y)[y >= 0].all())


REFERENCES = {
    "accuracy": pooled(metrics.accuracy_score),
    "precision": macro(metrics.precision_score),
    "recall": macro(metrics.recall_score),
    "f1": macro(metrics.f1_score),
    "iou": macro(metrics.jaccard_score),
    "matthews": pooled(metrics.matthews_corrcoef),
    "kappa": pooled(metrics.cohen_kappa_score),
    "row_accuracy": by_row(pooled(metrics.accuracy_score)),
    "row_f1": by_row(macro(metrics.f1_score)),
    "row_iou": by_row(macro(metrics.jaccard_score)),
    "exact_match": by_row(all_right),
    "log_loss": lambda y, predicted, p: metrics.log_loss(y[y >= 0], p[y >= 0], labels=np.arange(p.shape[-1])),
    "brier": lambda y, predicted, p: (
        ((p[y >= 0] - np.eye(p.shape[-1])[y[y >= 0]]) ** 2).sum(axis=1).mean() / (2 if p.shape[-1] == 2 else 1)
    ),
    "f1_class_1": lambda y, predicted, p: metrics.f1_score(y[y >= 0] == 1, predicted[y >= 0] == 1),
    "iou_class_1": lambda y, predicted, p: metrics.jaccard_score(y[y >= 0] == 1, predicted[y >= 0] == 1),
}
NAMES = [name for name, metric in METRICS.items() if "segmentation" in metric.tasks and metric.compute is not None]


def test_every_metric_of_steps_or_pixels_is_compared():
    assert REFERENCES.keys() == {*NAMES, "f1_class_1", "iou_class_1"}


@pytest.mark.parametrize("name", REFERENCES)
def test_a_metric_is_that_of_scikit_learn_on_50_random_cases(name):
    metric = find_metric(name)
    for y, p in cases():
        predicted = Predicted.of(p, task="segmentation")
        assert predicted.labels.shape == y.shape
        expected = REFERENCES[name](y[..., 0], predicted.labels[..., 0], p)
        assert score_metric(metric, y, predicted) == pytest.approx(expected), y.shape


def test_classes_that_a_test_fold_lacks_are_left_out_of_averages_and_a_class_that_nobody_has_is_undefined():
    y, predicted = np.array([[[0], [0], [2], [-1]]]), np.array([[[0], [1], [2], [1]]])
    labels = Predicted(None, predicted)

    assert confusion(y, predicted).tolist() == [[1, 1, 0], [0, 0, 0], [0, 0, 1]]
    assert score_metric(METRICS["iou"], y, labels) == pytest.approx((1 / 2 + 1) / 2)
    assert score_metric(METRICS["row_iou"], y, labels) == pytest.approx((1 / 2 + 1) / 2)
    assert score_metric(find_metric("iou_class_2"), y, labels) == 1.0
    assert score_metric(find_metric("f1_class_0"), y, labels) == pytest.approx(2 / 3)
    assert np.isnan(score_metric(find_metric("iou_class_3"), y, labels))


def test_labels_of_one_class_have_no_kappa_and_a_correlation_of_0():
    y = np.ones((3, 4, 1), dtype=np.int32)

    assert np.isnan(score_metric(METRICS["kappa"], y, Predicted(None, y)))
    assert score_metric(METRICS["matthews"], y, Predicted(None, y)) == 0.0


def test_shares_of_classes_are_those_at_each_position_with_all_positions_as_one_more_row():
    y = np.array([[[0], [1]], [[0], [-1]], [[1], [-1]]])

    # All positions: 2 of class 0 and 2 of class 1.
    assert class_shares(y, 2).shape == (1, 2, 2)
    assert class_shares(y, 2)[0] == pytest.approx(np.array([[2.5 / 4, 1.5 / 4], [0.5 / 2, 1.5 / 2]]))
