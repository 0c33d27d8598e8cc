from __future__ import annotations

import dataclasses
import functools
from pathlib import Path

import numpy as np
import pytest

from negres_core.claim import beats, matches, reaches
from negres_core.errors import InputError
from negres_core.metrics import METRICS, Metric, metric_of
from negres_core.metrics.lookup import monitored_metric

RANK = Metric("rank", higher_is_better=True, unit="rank")


@pytest.mark.parametrize(("name", "higher"), [("accuracy", True), ("f1", True), ("loss", False), ("mse", False)])
def test_a_metric_knows_its_direction(name, higher):
    task = METRICS[name].tasks[0]

    assert metric_of(beats(name), task=task).higher_is_better is higher


@pytest.mark.parametrize(
    ("claim", "task", "known"),
    [
        (
            beats("acuracy", by=0.01),
            "classification",
            "accuracy, precision, recall, f1, loss, balanced_accuracy, precision_weighted",
        ),
        (
            reaches("psnr", bar=20),
            "classification",
            "accuracy, precision, recall, f1, loss, balanced_accuracy, precision_weighted",
        ),
        (reaches("accuracy", bar=0.5), "regression", "loss, mse, mae, r2"),
        (
            beats("mse"),
            "classification",
            "accuracy, precision, recall, f1, loss, balanced_accuracy, precision_weighted",
        ),
    ],
)
def test_refuses_a_metric_that_does_not_exist_for_the_task(claim, task, known):
    with pytest.raises(InputError, match=f"There is no metric '{claim.metric}' for {task}") as caught:
        metric_of(claim, task=task)
    assert f"Received: {claim}\n" in str(caught.value)
    assert f"Use one of: {known}" in str(caught.value)


LABELS = np.array([0, 1, 1, 2])


@pytest.mark.parametrize(
    ("name", "targets", "received", "remedy"),
    [
        ("accuracy", LABELS.astype(float), "floats, all of them whole numbers", "as integers: y=y.astype(int)"),
        ("accuracy", np.eye(3)[LABELS], "floats, one-hot rows", 'y=y.argmax(axis=1), with loss="sparse_'),
        ("f1", np.array([[1.0, 1.0], [0.0, 1.0]]), "floats, 0 and 1 in several columns", "y=y.astype(int)"),
        ("f1", np.array([[0.5, 1.0], [0.0, 1.0]]), "floats, 2 a row", "y=y[:, 0].astype(int)"),
        ("f1", np.zeros((2, 4, 4, 1)), "floats", "y=y[:, 0, 0, 0].astype(int)"),
        ("acc", LABELS, "integers", 'Write "accuracy".'),
        ("val_acc", LABELS, "integers", 'Write "accuracy".'),
        ("mean_squared_error", LABELS * 0.5, "floats", 'Write "mse".'),
        ("r2", LABELS, "integers", "give values as floats: y=y.astype(float)"),
        ("auc", LABELS, "integers", 'Write "roc_auc".'),
        ("neg_log_loss", LABELS, "integers", 'Write "log_loss", of which less is better.'),
        ("pinball", LABELS * 0.5, "floats", 'Write "pinball_0.9".'),
        ("lift", LABELS, "integers", "Metric(..., compute=...)"),
        ("lift", LABELS, "integers", "Fit(compute, metrics=(Metric(...),))"),
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


def cost(targets, outputs):
    return float(np.mean(targets != outputs))


def other_cost(targets, outputs):
    return 2 * float(np.mean(targets != outputs))


def make_cost(compute=cost, name="cost", **options):
    return Metric(name, higher_is_better=False, unit="EUR", compute=compute, **options)


def test_a_metric_of_the_users_own_has_the_digest_of_what_it_does():
    one, again, other = (
        metric_of(beats(make_cost(compute)), task="classification") for compute in (cost, cost, other_cost)
    )
    labels = metric_of(beats(make_cost(takes="labels")), task="classification")
    assert one.code == again.code
    assert len({one.code, other.code, labels.code}) == 3
    assert one.key == f"cost@{one.code[:12]}"


def test_it_is_for_networks_and_fits_alike_without_a_declaration():
    assert metric_of(beats(make_cost()), task="regression", own=[None, [RANK]]).name == "cost"


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        (beats(make_cost(name="accuracy")), "negres has a metric named 'accuracy'"),
        (beats(make_cost(name="top_7")), "negres has a metric named 'top_7'"),
        (beats(make_cost(tasks=("regression",))), "The metric 'cost' is not for classification"),
        (beats(RANK), "There is no metric 'rank' for classification"),
    ],
)
def test_refuses_a_metric_of_the_users_own_that_cannot_be_meant(claim, wrong):
    with pytest.raises(InputError, match=wrong):
        metric_of(claim, task="classification")


def test_refuses_a_metric_whose_code_cannot_be_digested():
    with (
        Path(__file__).open() as handle,
        pytest.raises(InputError, match="The metric 'cost' cannot be recorded") as caught,
    ):
        metric_of(beats(make_cost(functools.partial(reads, handle))), task="classification")
    assert "inside the function" in caught.value.remedy


def reads(handle, targets, outputs):
    return len(handle.read())


@pytest.mark.parametrize(
    ("claim", "wrong"),
    [
        (reaches("roc_auc", bar=90), "roc_auc is a share"),
        (beats("top_3", by=2), "top_3 is a share"),
        (beats("ece", by=2), "ece is a share"),
        (reaches("matthews", bar=1.5), "matthews is 1 for a perfect prediction"),
        (reaches("kappa", bar=50), "kappa is 1 for a perfect prediction"),
    ],
)
def test_refuses_more_than_a_metric_can_be(claim, wrong):
    with pytest.raises(InputError, match=wrong):
        metric_of(claim, task="classification")
    assert metric_of(beats("matthews", by=1.5), task="classification").name == "matthews"
    assert metric_of(beats("log_loss", by=2), task="classification").name == "log_loss"


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("accuracy", 'Write "exact_match" for rows with all labels right, or "hamming" for the share of wrong ones.'),
        ("acc", 'Write "exact_match"'),
        ("accuracy", "If the columns are steps with a label each, give y=y[..., None]."),
        ("iou", "Columns of 0 and 1 are several labels a row; give a label at each step as y=y[..., None]."),
        ("hamming_loss", 'Write "hamming".'),
        ("mse", "give values as floats: y=y.astype(float)"),
        ("recall", "Use one of: f1, loss, f1_weighted, f1_micro, roc_auc"),
    ],
)
def test_the_error_about_a_metric_of_several_labels_says_what_to_write(name, remedy):
    targets = np.array([[1, 1, 0], [0, 1, 0]])
    with pytest.raises(InputError, match=f"There is no metric '{name}' for multilabel") as caught:
        metric_of(beats(name), task="multilabel", targets=targets)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("given", "remedy"),
    [
        ("val_auc", "Write monitor='roc_auc'."),
        ("val_prc", "Write monitor='average_precision'."),
        ("val_acc", "Write monitor='accuracy'."),
        ("val_f1", "Write monitor='f1'."),
    ],
)
def test_a_prefix_of_keras_is_answered_with_the_metric_of_negres(given, remedy):
    with pytest.raises(InputError, match="always monitors its validation rows") as caught:
        monitored_metric(given, task="classification", targets=LABELS)
    assert caught.value.remedy == remedy


def test_the_error_about_what_is_monitored_names_the_argument_and_no_claim():
    with pytest.raises(InputError, match="no metric 'auc'") as caught:
        monitored_metric("auc", task="classification", targets=LABELS)
    assert caught.value.received == "monitor='auc', on targets that are integers"
