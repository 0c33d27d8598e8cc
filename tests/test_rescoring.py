"""Metrics of predictions that are made again, and how far rounding may move them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from negres_core.claim import Metric
from negres_core.engine.scores import score_images, score_labels, score_values
from negres_core.metrics import METRICS, probabilities_of, recorded_names, shown_of
from negres_core.rescoring import SSIM_SLOPE, Predictions, agrees, image_tolerances, relative_rounding, rescore

RANDOM = np.random.default_rng(0)


def predictions(targets, outputs, predicted=None, *, loss=None):
    return Predictions(
        targets=targets,
        outputs=outputs,
        predicted=outputs if predicted is None else predicted,
        logits=False,
        loss=loss,
        trivial_loss=loss,
        task="classification" if targets.dtype.kind == "i" else "regression",
    )


def rounded(outputs, relative):
    """Return outputs of another program: each moved by as much as rounding may move it, in some direction."""
    return outputs + relative * np.abs(outputs).max() * RANDOM.choice([-1, 1], size=outputs.shape)


@pytest.mark.parametrize("columns", [1, 3])
def test_labels_of_outputs_that_were_rounded_otherwise_score_within_the_tolerance(columns):
    for _ in range(50):
        outputs, relative = RANDOM.uniform(size=(200, columns)), 10 ** RANDOM.uniform(-4, -1.5)
        y = RANDOM.integers(max(columns, 2), size=200)

        def labels(outputs):
            return outputs.argmax(axis=1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).astype(np.int64)

        other = score_labels(y, labels(rounded(outputs, relative)))
        scores = rescore(predictions(y, outputs, labels(outputs)), relative=relative)
        assert scores.keys() >= other.keys()
        assert all(
            abs(other[name] - value) <= tolerance for name, (value, tolerance) in scores.items() if name in other
        )


def test_outputs_are_not_moved_for_metrics_whose_bound_is_known(monkeypatch):
    """Those of images take as much memory as the test fold, several times over."""

    def moved(*arguments):
        raise AssertionError("outputs were moved")

    monkeypatch.setattr("negres_core.rescoring._moved", moved)
    y = np.linspace(0, 1, 60).reshape(20, 3)
    assert rescore(predictions(y, y + 0.1), relative=1e-4).keys() == {"mse", "mae", "r2"}


def cost(targets, outputs):
    return 100 * np.mean((targets == 1) & (outputs[:, 1] < 0.2))


COST = Metric("cost", higher_is_better=False, unit="EUR", compute=cost).with_code("0" * 64)


@pytest.mark.parametrize("logits", [False, True])
@pytest.mark.parametrize("columns", [1, 3, 7])
def test_metrics_of_probabilities_that_were_rounded_otherwise_are_within_the_tolerance(columns, logits):
    widest = dict.fromkeys(METRICS, 0.0)
    for _ in range(10):
        relative = 10 ** RANDOM.uniform(-5, -2.5)
        y = RANDOM.integers(max(columns, 2), size=150)
        outputs = (
            RANDOM.normal(size=(150, columns))
            if columns == 1
            else np.eye(columns)[y] + RANDOM.normal(size=(150, columns))
        )
        if not logits:
            outputs = probabilities_of(outputs, logits=True)[:, -columns:]
        before, after = (
            rescore(
                Predictions(
                    targets=y,
                    outputs=each,
                    predicted=each.argmax(axis=1) if columns > 1 else (each[:, 0] > (0 if logits else 0.5)).astype(int),
                    logits=logits,
                    loss=None,
                    trivial_loss=None,
                    task="classification",
                ),
                relative=relative,
                also=[COST],
            )
            for each in (outputs, moved(outputs, relative, logits=logits))
        )
        assert {COST.key, "roc_auc", "ece", "log_loss"} <= before.keys()
        for name, (value, tolerance) in before.items():
            assert abs(after[name][0] - value) <= tolerance, name
            widest[name] = max(widest.get(name, 0), tolerance / relative)
    # A tolerance that admits anything would show nothing.
    assert all(widest[name] < 100 for name in ("roc_auc", "average_precision", "brier", "log_loss"))


@pytest.mark.parametrize("logits", [False, True])
def test_metrics_of_several_labels_that_were_rounded_otherwise_are_within_the_tolerance(logits):
    widest = {}
    for _ in range(10):
        relative = 10 ** RANDOM.uniform(-5, -2.5)
        y = RANDOM.integers(2, size=(150, 4))
        outputs = y + RANDOM.normal(size=(150, 4)) - 0.5
        outputs = outputs if logits else expit(outputs)
        after = rounded(outputs, relative)
        before, after = (
            rescore(
                Predictions(
                    targets=y,
                    outputs=each,
                    predicted=(each > (0 if logits else 0.5)).astype(int),
                    logits=logits,
                    loss=None,
                    trivial_loss=None,
                    task="multilabel",
                ),
                relative=relative,
            )
            for each in (outputs, after if logits else np.clip(after, 1e-9, 1 - 1e-9))
        )
        assert before.keys() == set(recorded_names("multilabel"))
        for name, (value, tolerance) in before.items():
            assert abs(after[name][0] - value) <= tolerance, name
            widest[name] = max(widest.get(name, 0), tolerance / relative)
    assert all(each < 100 for each in widest.values())


def moved(outputs, relative, *, logits):
    """Return outputs of another program; its probabilities sum to 1 as well, and none moves by more."""
    other = rounded(outputs, relative)
    if logits:
        return other
    other = np.clip(other, 0, 1)
    if outputs.shape[-1] > 1:
        other = other / other.sum(axis=-1, keepdims=True)
    furthest = relative * outputs.max() / np.abs(other - outputs).max()
    return outputs + min(1.0, furthest) * (other - outputs)


def test_outputs_that_are_no_probabilities_have_only_metrics_of_labels():
    y, outputs = RANDOM.integers(3, size=50), RANDOM.normal(size=(50, 3))
    scores = rescore(predictions(y, outputs, outputs.argmax(axis=1)), relative=1e-4)
    assert {"accuracy", "matthews"} <= scores.keys()
    assert not {"roc_auc", "top_2", "log_loss"} & scores.keys()


def test_a_metric_of_values_by_the_user_is_scored_with_a_tolerance():
    y, outputs = RANDOM.normal(size=50), RANDOM.normal(size=50)
    worst = Metric("worst", higher_is_better=False, unit="1", compute=lambda y, p: np.abs(y - p).max()).with_code(
        "1" * 64
    )
    value, tolerance = rescore(predictions(y, outputs), relative=1e-3, also=[worst])[worst.key]
    assert value == np.abs(y - outputs).max()
    assert 1e-3 * np.abs(outputs).max() <= tolerance <= 1e-2 * np.abs(outputs).max()


@pytest.mark.parametrize(
    ("recorded", "value", "same"),
    [(0.5, 0.5005, True), (0.5, 0.6, False), (None, np.nan, True), (0.5, np.nan, False), (None, 0.5, False)],
)
def test_a_record_agrees_with_a_value_within_the_tolerance_or_if_neither_is_defined(recorded, value, same):
    assert agrees(recorded, value, 1e-3) is same


def test_values_that_were_rounded_otherwise_score_within_the_tolerance():
    for _ in range(50):
        y, relative = RANDOM.normal(size=(100, 2)), 10 ** RANDOM.uniform(-5, -2)
        outputs = y + RANDOM.normal(size=y.shape) * 10 ** RANDOM.uniform(-3, 0)

        other = score_values(y, rounded(outputs, relative))
        scores = rescore(predictions(y, outputs), relative=relative)
        assert scores.keys() == other.keys()
        assert all(abs(other[name] - value) <= tolerance for name, (value, tolerance) in scores.items())


@pytest.mark.parametrize("kind", ["noise", "flat", "smooth", "exact"])
def test_images_that_were_rounded_otherwise_score_within_the_tolerance(kind):
    for _ in range(10):
        y, relative = RANDOM.uniform(size=(6, 12, 12, 1)), 10 ** RANDOM.uniform(-5, -2)
        if kind == "flat":
            y = np.zeros_like(y) + RANDOM.choice([0.0, 0.01, 1.0])
        if kind == "smooth":
            y = np.cumsum(y, axis=1) / 144
        outputs = y if kind == "exact" else y + RANDOM.normal(size=y.shape) * 10 ** RANDOM.uniform(-3, -1)
        mean = RANDOM.uniform(size=(12, 12, 1))

        one, other = (score_images(y, each, mean=mean, span=1.0) for each in (outputs, rounded(outputs, relative)))
        tolerances = image_tolerances(predictions(y, outputs), mean=mean, span=1.0, relative=relative)
        assert tolerances.keys() == one.keys()
        assert all(abs(one[name] - other[name]) <= tolerances[name] for name in one)


def test_no_image_is_steeper_in_structural_similarity_than_the_slope_says():
    """Gradients of one window's similarity, in the direction in which every output moves by the same amount."""
    steepest = 0.0
    for _ in range(3000):
        scale, level = 10 ** RANDOM.uniform(-4, 0, size=2)
        y, predicted = (level + scale * RANDOM.normal(size=49) for _ in range(2))
        if RANDOM.uniform() < 0.5:
            predicted = y + scale * RANDOM.normal(size=49)
        moves = np.sign(predicted - predicted.mean()), np.ones(49), np.sign(y - y.mean()), np.sign(predicted - y)
        for move in moves:
            steepest = max(steepest, abs(_similarity(y, predicted + 1e-6 * move) - _similarity(y, predicted)) / 1e-6)
    assert SSIM_SLOPE / 4 < steepest <= SSIM_SLOPE


def _similarity(x, y):
    """Return the structural similarity of one window of images that span 1; Wang et al. (2004), equation 13."""
    covariance = np.cov(x, y)
    means = (2 * x.mean() * y.mean() + 1e-4) / (x.mean() ** 2 + y.mean() ** 2 + 1e-4)
    return means * (2 * covariance[0, 1] + 9e-4) / (covariance[0, 0] + covariance[1, 1] + 9e-4)


def test_the_loss_is_compared_only_if_it_is_known():
    y = np.arange(10) % 2
    outputs = np.eye(2)[y]
    assert "loss" not in rescore(predictions(y, outputs, y), relative=1e-4)
    assert rescore(predictions(y, outputs, y, loss=0.5), relative=1e-4)["loss"][0] == 0.5


def test_the_coarsest_program_decides_how_far_outputs_may_differ():
    assert relative_rounding(devices={"cpu"}) == 1e-4
    assert relative_rounding(devices={"cpu", "gpu"}) == 1e-2
    assert relative_rounding(devices={"cpu"}, dtype="float16") == 1e-2
    assert relative_rounding(devices={"gpu"}, dtype="bfloat16") == 3e-2


@pytest.mark.parametrize("columns", [1, 3])
@pytest.mark.parametrize("logits", [False, True])
def test_metrics_of_steps_that_were_rounded_otherwise_are_within_the_tolerance(logits, columns):
    widest = 0.0
    for _ in range(8):
        relative = 10 ** RANDOM.uniform(-5, -3)
        y = RANDOM.integers(max(columns, 2), size=(20, 8, 1))
        y[:, 6:] = -1
        outputs = RANDOM.normal(size=(20, 8, columns))
        if not logits:
            outputs = np.exp(outputs) / np.exp(outputs).sum(axis=-1, keepdims=True) if columns > 1 else expit(outputs)
        other = moved(outputs, relative, logits=logits)
        before, after = (
            rescore(
                Predictions(
                    targets=y,
                    outputs=each,
                    predicted=shown_of(each, y, logits=logits, task="segmentation"),
                    logits=logits,
                    loss=None,
                    trivial_loss=None,
                    task="segmentation",
                ),
                relative=relative,
            )
            for each in (outputs, other)
        )
        assert before.keys() == set(recorded_names("segmentation"))
        for name, (value, tolerance) in before.items():
            assert abs(after[name][0] - value) <= tolerance, name
            widest = max(widest, tolerance / relative)
    assert widest < 1e4
