from __future__ import annotations

import numpy as np
import pytest

from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine.scores import score
from negres_core.metrics import METRICS

FACES = np.random.default_rng(0).uniform(size=(12, 8, 8, 3)).astype(np.float32)
FACES[0, 0, 0] = 0, 1, 0
IMAGES = Dataset(x=FACES, y=FACES, name="images")
CELL = Cell(0, 0, np.arange(8, dtype=np.int32), np.arange(8, 12, dtype=np.int32))


def test_labels_are_counted():
    data = Dataset(x=np.zeros((12, 1)), y=np.arange(12) % 3, name="classes")

    metrics, summary = score(data, CELL, np.array([2, 0, 0, 2]), finite=True, classes=3)

    assert metrics["accuracy"] == 0.75  # of 2, 0, 1 and 2
    assert summary == {"counts": [2, 0, 2]}


def test_values_are_summarized():
    data = Dataset(x=np.zeros((12, 1)), y=np.arange(12.0), name="values")

    metrics, summary = score(data, CELL, np.array([8.0, 9.0, 10.0, 13.0]), finite=True)

    assert metrics["mse"] == 1.0
    assert summary == pytest.approx({"mean": 10.0, "sd": np.std([8, 9, 10, 13])})


def test_images_have_all_metrics_but_those_of_a_loss():
    metrics, summary = score(IMAGES, CELL, IMAGES.y[CELL.test], finite=True)

    assert set(metrics) == {n for n, m in METRICS.items() if "reconstruction" in m.tasks and "loss" not in n}
    assert (metrics["skill"], metrics["ssim"]) == (1.0, pytest.approx(1.0))
    assert set(summary) == {"mean", "sd", "low", "high", "shown_values", "shown_black", "shown_white"}


def test_the_mean_image_of_the_training_fold_has_no_skill():
    mean = IMAGES.y[CELL.train].mean(axis=0)

    metrics, _ = score(IMAGES, CELL, np.broadcast_to(mean, (4, 8, 8, 3)), finite=True)

    assert metrics["skill"] == pytest.approx(0.0, abs=1e-6)


def test_what_8_bits_show_of_images_is_told():
    # A quarter black, a quarter white, and the rest under black and over white, which shows as black and white.
    outputs = np.tile(np.array([0.0, 1.0, -0.5, 1.5], np.float32).reshape(4, 1, 1, 1), (1, 8, 8, 3))

    _, summary = score(IMAGES, CELL, outputs, finite=True)

    assert summary["low"] == -0.5
    assert summary["high"] == 1.5
    assert (summary["shown_values"], summary["shown_black"], summary["shown_white"]) == (2, 0.5, 0.5)


def test_what_is_not_finite_has_no_score():
    metrics, summary = score(IMAGES, CELL, IMAGES.y[CELL.test], finite=False)

    assert metrics
    assert all(np.isnan(value) for value in metrics.values())
    assert summary == {}
