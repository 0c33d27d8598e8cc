"""Scores by hand and by other functions."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine.scores import score, score_images, score_labels, score_values
from negres_core.metrics import METRICS, OF_A_LOSS, Predicted, recorded_names

FACES = np.random.default_rng(0).uniform(size=(12, 8, 8, 3)).astype(np.float32)
FACES[0, 0, 0] = 0, 1, 0
IMAGES = Dataset(x=FACES, y=FACES, name="images")
NOISE = np.random.default_rng(0).uniform(size=(5, 16, 16, 3)).astype(np.float32)
BRIGHTER = (NOISE + 0.1).astype(np.float32)
CELL = Cell(0, 0, np.arange(8, dtype=np.int32), np.arange(8, 12, dtype=np.int32))


def test_labels_are_counted():
    data = Dataset(x=np.zeros((12, 1)), y=np.arange(12) % 3, name="classes")

    metrics, summary = score(data, CELL, Predicted(None, np.array([2, 0, 0, 2])), finite=True, classes=3)

    assert metrics["accuracy"] == 0.75  # the labels are 2, 0, 1 and 2
    assert metrics["balanced_accuracy"] == pytest.approx((1 + 0 + 1) / 3)
    assert "roc_auc" not in metrics
    assert summary == {"counts": [2, 0, 2]}


def test_values_are_summarized():
    data = Dataset(x=np.zeros((12, 1)), y=np.arange(12.0), name="values")

    metrics, summary = score(data, CELL, Predicted(np.array([8.0, 9.0, 10.0, 13.0])), finite=True)

    assert metrics["mse"] == 1.0
    assert summary == pytest.approx({"mean": 10.0, "sd": np.std([8, 9, 10, 13])})


def test_images_have_all_metrics_except_those_of_the_loss():
    metrics, summary = score(IMAGES, CELL, Predicted(IMAGES.y[CELL.test]), finite=True)

    assert set(metrics) == {n for n, m in METRICS.items() if "reconstruction" in m.tasks and "loss" not in n}
    assert (metrics["skill"], metrics["ssim"]) == (1.0, pytest.approx(1.0))
    assert set(summary) == {"mean", "sd", "low", "high", "shown_values", "shown_black", "shown_white"}


def test_the_mean_image_of_the_training_fold_has_no_skill():
    mean = IMAGES.y[CELL.train].mean(axis=0)

    metrics, _ = score(IMAGES, CELL, Predicted(np.broadcast_to(mean, (4, 8, 8, 3))), finite=True)

    assert metrics["skill"] == pytest.approx(0.0, abs=1e-6)


def test_the_summary_describes_images_as_8_bits_show_them():
    # A quarter is black, a quarter white, a quarter below black and a quarter above white.
    outputs = np.tile(np.array([0.0, 1.0, -0.5, 1.5], np.float32).reshape(4, 1, 1, 1), (1, 8, 8, 3))

    _, summary = score(IMAGES, CELL, Predicted(outputs), finite=True)

    assert summary["low"] == -0.5
    assert summary["high"] == 1.5
    assert (summary["shown_values"], summary["shown_black"], summary["shown_white"]) == (2, 0.5, 0.5)


def test_a_replicate_that_is_not_finite_has_no_score():
    metrics, summary = score(IMAGES, CELL, Predicted(IMAGES.y[CELL.test]), finite=False)

    assert metrics
    assert all(np.isnan(value) for value in metrics.values())
    assert summary == {}


def test_labels_are_scored_as_by_hand():
    # Class 0: 3 predictions find 2 of 3 rows. Class 1: 3 find 1 of 2. Class 2: no prediction, and 1 row is missed.
    scores = score_labels(np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1]))

    assert scores == pytest.approx(
        {
            "accuracy": 3 / 6,
            "precision": (2 / 3 + 1 / 3 + 0) / 3,
            "recall": (2 / 3 + 1 / 2 + 0) / 3,
            "f1": (2 / 3 + 2 / 5 + 0) / 3,
            "precision_weighted": (3 * 2 / 3 + 2 * 1 / 3 + 0) / 6,
            "recall_weighted": 3 / 6,
            "f1_weighted": (3 * 2 / 3 + 2 * 2 / 5 + 0) / 6,
            "precision_micro": 3 / 6,
            "recall_micro": 3 / 6,
            "f1_micro": 3 / 6,
        }
    )
    assert {type(value) for value in scores.values()} == {float}


def test_a_class_that_is_only_predicted_does_not_enter_the_average():
    scores = score_labels(np.array([0, 0, 1, 1]), np.array([0, 0, 1, 7]))

    assert scores["recall"] == pytest.approx((1 + 1 / 2) / 2)
    assert scores["precision"] == 1.0


def test_values_are_scored_as_by_hand():
    scores = score_values(np.array([1.0, 2.0, 3.0]), np.array([1.0, 2.0, 6.0]))

    # Squared errors sum to 9; the squared deviations from the mean to 2.
    assert scores == pytest.approx({"mse": 3.0, "mae": 1.0, "r2": 1 - 9 / 2})


def test_columns_of_values_have_equal_weight():
    y = np.array([[0.0, 0.0], [2.0, 20.0]])

    assert score_values(y, np.array([[1.0, 10.0], [1.0, 10.0]])) == pytest.approx({"mse": 50.5, "mae": 5.5, "r2": 0.0})


@pytest.mark.parametrize("classes", [2, 3, 7])
def test_every_metric_of_a_classification_is_computed_of_probabilities(classes):
    y = np.arange(12) % classes
    data = Dataset(x=np.zeros((12, 1)), y=y, name="classes")
    probabilities = np.random.default_rng(0).dirichlet(np.ones(classes), 4)
    predicted = Predicted(probabilities, probabilities.argmax(axis=1))

    metrics, _ = score(data, CELL, predicted, finite=True, classes=classes)
    lost, _ = score(data, CELL, predicted, finite=False, classes=classes)

    of_task = {name for name, metric in METRICS.items() if "classification" in metric.tasks} - {*OF_A_LOSS}
    assert set(metrics) == set(lost) == of_task - {f"top_{k}" for k in (2, 3, 5) if k >= classes}
    assert {type(value) for value in metrics.values()} == {float}


def test_every_metric_of_several_labels_is_computed_of_probabilities():
    y = np.array([[0, 1, 1], [1, 0, 1], [0, 0, 1]] * 4)
    data = Dataset(x=np.zeros((12, 1)), y=y, name="several labels")
    probabilities = np.random.default_rng(0).uniform(size=(4, 3))

    metrics, summary = score(data, CELL, Predicted.of(probabilities, task="multilabel"), finite=True)
    lost, empty = score(data, CELL, Predicted.of(probabilities, task="multilabel"), finite=False)

    assert list(metrics) == list(lost) == recorded_names("multilabel")
    assert {type(value) for value in metrics.values()} == {float}
    assert summary["counts"] == (probabilities > 0.5).sum(axis=0).tolist()
    assert summary["mean"] == pytest.approx(probabilities.mean())
    assert summary["sd"] == pytest.approx(np.sqrt(probabilities.var(axis=0).mean()))
    assert empty == {}


def test_every_metric_of_values_is_computed():
    scores = score_values(np.array([0.0, 1.0]), np.array([0.0, 1.0]))

    assert list(scores) == recorded_names("regression")


def test_a_perfect_score_lies_in_the_direction_of_better():
    y = np.array([0.0, 1.0, 2.0])
    perfect, poor = score_values(y, y), score_values(y, y[::-1])

    assert all((perfect[name] > poor[name]) == METRICS[name].higher_is_better for name in perfect)


def test_images_are_scored_as_by_scikit_image():
    from skimage import metrics

    scores = score_images(NOISE, BRIGHTER, mean=np.full((16, 16, 3), 0.5, np.float32), span=1.0)

    pairs = list(zip(NOISE, BRIGHTER, strict=True))
    psnr = np.mean([metrics.peak_signal_noise_ratio(y, out, data_range=1.0) for y, out in pairs])
    ssim = np.mean([metrics.structural_similarity(y, out, channel_axis=-1, data_range=1.0) for y, out in pairs])
    assert scores["psnr"] == pytest.approx(psnr)
    assert scores["ssim"] == pytest.approx(ssim, rel=1e-5)
    assert scores["skill"] == pytest.approx(1 - 0.01 / np.mean((NOISE - 0.5) ** 2), rel=1e-4)


def test_the_scale_of_images_does_not_change_their_scores():
    scores = score_images(NOISE, BRIGHTER, mean=NOISE.mean(axis=0), span=1.0)
    bytes_scores = score_images(255 * NOISE, 255 * BRIGHTER, mean=255 * NOISE.mean(axis=0), span=255.0)

    assert bytes_scores == pytest.approx(scores, rel=1e-4)


def test_a_perfect_image_has_the_signal_to_noise_ratio_of_rounding_to_8_bits():
    perfect = score_images(NOISE, NOISE, mean=NOISE.mean(axis=0), span=1.0)
    rounded = score_images(NOISE, np.round(NOISE * 255) / 255, mean=NOISE.mean(axis=0), span=1.0)

    assert perfect["psnr"] == pytest.approx(10 * np.log10(12 * 255**2))
    assert perfect["psnr"] == pytest.approx(rounded["psnr"], abs=0.3)


@pytest.mark.parametrize(("size", "known"), [(6, True), (3, True), (2, False)])
def test_structural_similarity_needs_images_of_3_pixels(size, known):
    small = NOISE[:, :size, :size]

    ssim = score_images(small, small, mean=small.mean(axis=0), span=1.0)["ssim"]

    assert ssim == pytest.approx(1.0) if known else np.isnan(ssim)


def test_skill_is_zero_if_all_images_are_equal():
    same = np.zeros((2, 8, 8, 3), np.float32)

    assert score_images(same, same, mean=same[0], span=1.0)["skill"] == 0.0
