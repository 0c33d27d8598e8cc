from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from negres_core.claim import beats, matches, reaches
from negres_core.errors import InputError
from negres_core.metrics import METRICS, Metric, entropy, floor_of, loss_skill, metric_of

RANK = Metric("rank", higher_is_better=True, unit="rank")


def test_all_but_the_name_of_a_metric_is_given_by_keyword():
    with pytest.raises(InputError, match="takes only `name` without a name") as caught:
        Metric("rank", True, "rank")
    assert "Metric(name, higher_is_better=..., unit=...)" in caught.value.remedy


def test_the_fields_of_a_metric_are_those_of_stored_evidence():
    """Replicates of a fit are stored under a digest of them: a change here retrains every fit with metrics."""
    assert list(dataclasses.asdict(RANK).items()) == [
        ("name", "rank"),
        ("higher_is_better", True),
        ("unit", "rank"),
        ("tasks", ()),
    ]


@pytest.mark.parametrize(("name", "higher"), [("accuracy", True), ("f1", True), ("loss", False), ("mse", False)])
def test_a_metric_knows_its_direction(name, higher):
    task = METRICS[name].tasks[0]

    assert metric_of(beats(name), task=task).higher_is_better is higher


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


LABELS = np.array([0, 1, 1, 2])


@pytest.mark.parametrize(
    ("name", "targets", "received", "remedy"),
    [
        ("accuracy", LABELS.astype(float), "floats, all of them whole numbers", "as integers: y=y.astype(int)"),
        ("accuracy", np.eye(3)[LABELS], "floats, one-hot rows", 'y=y.argmax(axis=1), with loss="sparse_'),
        ("f1", np.array([[1.0, 1.0], [0.0, 1.0]]), "floats, 0 and 1 in several columns", "y=y[:, 0].astype(int)"),
        ("f1", np.zeros((2, 4, 4, 1)), "floats", "y=y[:, 0, 0, 0].astype(int)"),
        ("acc", LABELS, "integers", 'Write "accuracy".'),
        ("val_acc", LABELS, "integers", 'Write "accuracy".'),
        ("mean_squared_error", LABELS * 0.5, "floats", 'Write "mse".'),
        ("r2", LABELS, "integers", "give values as floats: y=y.astype(float)"),
        ("auc", LABELS, "integers", "Fit(compute, metrics=(Metric(...),))"),
    ],
)
def test_the_error_about_a_metric_says_what_the_targets_are_and_what_to_write(name, targets, received, remedy):
    task = "reconstruction" if targets.ndim == 4 else "classification" if targets.dtype.kind == "i" else "regression"
    with pytest.raises(InputError, match=f"There is no metric '{name}' for {task}") as caught:
        metric_of(beats(name), task=task, targets=targets)
    assert f"on targets that are {received}" in caught.value.received
    assert remedy in caught.value.remedy
    assert "argmax" not in caught.value.remedy or "one-hot" in received


@pytest.mark.parametrize(
    ("claim", "remedy"),
    [
        (reaches("accuracy", bar=90), "bar=0.9"),
        (beats("f1", by=2), "by=0.02"),
        (matches("recall", within=1.5), "within=0.015"),
    ],
)
def test_refuses_a_share_in_percent(claim, remedy):
    with pytest.raises(InputError, match=f"{claim.metric} is a share, from 0 to 1") as caught:
        metric_of(claim, task="classification")
    assert remedy in caught.value.remedy
    percent = Metric(claim.metric, higher_is_better=True, unit="percent")
    assert metric_of(claim, task="classification", own=[[percent]]) == percent
    assert metric_of(reaches("accuracy", bar=1), task="classification").name == "accuracy"


def test_a_fit_has_its_custom_metrics_and_those_of_every_task():
    assert metric_of(reaches("rank", bar=0.5), task="reconstruction", own=[[RANK]]) == RANK
    assert metric_of(beats("accuracy"), task="reconstruction", own=[[], [RANK]]) == METRICS["accuracy"]
    assert metric_of(beats("psnr"), task="reconstruction", own=[[], None]) == METRICS["psnr"]


REVERSED = dataclasses.replace(RANK, higher_is_better=False)


@pytest.mark.parametrize(
    ("claim", "own", "wrong"),
    [
        (beats("rank"), [[RANK], None], "There is no metric 'rank' for reconstruction"),
        (beats("rank"), [[], [RANK]], "There is no metric 'rank' for a fit"),
        (beats("loss"), [[]], "There is no metric 'loss' for a fit"),
        (beats("rank"), [[RANK], [REVERSED]], "The arms define the metric 'rank' differently"),
    ],
)
def test_refuses_a_metric_that_an_arm_lacks_or_defines_differently(claim, own, wrong):
    with pytest.raises(InputError, match=wrong):
        metric_of(claim, task="reconstruction", own=own)


FACES = np.random.default_rng(0).uniform(size=(5, 16, 16, 3)).astype(np.float32)


def test_the_skill_of_a_loss_is_0_for_the_best_constant_and_1_at_the_floor():
    assert loss_skill(0.6, trivial=0.6, floor=0.5) == 0.0
    assert loss_skill(0.5, trivial=0.6, floor=0.5) == 1.0
    assert loss_skill(0.5, trivial=0.5, floor=0.5) == 0.0


def test_the_floor_of_a_cross_entropy_is_the_entropy_of_its_targets():
    import keras

    y = FACES.reshape(5, -1)

    assert floor_of("binary_crossentropy", y) == entropy(y)
    assert entropy(y) == pytest.approx(float(keras.losses.BinaryCrossentropy()(y, y)), rel=1e-5)
    assert (floor_of("mean_squared_error", y), floor_of(None, y), floor_of("poisson", y)) == (0.0, None, None)
