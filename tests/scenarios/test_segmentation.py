"""A label for each step or pixel, from training to verification: networks and fits, in folds and on a test set."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Estimator, Fit, FixedSplit, KFolds, Metric, Recipe, Stage, TimeSeries, beats, reaches
from negres_core.engine.device import Device
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.prediction import predict_again
from negres_core.experiment.recheck import recheck
from negres_core.metrics import METRICS

RNG = np.random.default_rng(0)
ROWS, STEPS = 150, 12
X = RNG.normal(size=(ROWS, STEPS, 2)).astype(np.float32)
# The label of a step follows from it and from the step before.
SUMS = X[..., 0] + np.concatenate([X[:, :1, 0], X[:, :-1, 0]], axis=1)
Y = (SUMS > -0.8).astype(int) + (SUMS > 0.9)
PADDING = np.arange(STEPS) >= RNG.integers(7, STEPS + 1, size=ROWS)[:, None]
FULL = Dataset(x=X, y=Y, name="steps")
PADDED = Dataset(x=np.where(PADDING[..., None], 0, X), y=np.where(PADDING, 255, Y), name="padded", ignore_class=255)
FOLDS = KFolds(3, repeats=2, looks=False)
SPLIT = FixedSplit(train=range(75), test=range(75, ROWS), seeds=3)


def network(input_shape, outputs, *, sees=1, last="softmax"):
    stack = [layers.Conv1D(12, sees, padding="same", activation="tanh")]
    return keras.Sequential([layers.Input(input_shape), *stack, layers.Dense(outputs, last)])


def counted_loss():
    return keras.losses.SparseCategoricalCrossentropy(ignore_class=-1)


def counted_logits():
    return keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=-1)


FIT = {"epochs": 25, "batch_size": 10, "optimizer": lambda: keras.optimizers.Adam(0.03)}
ALONE = Recipe(Stage(network, loss=counted_loss, **FIT))
BESIDE = Recipe(Stage(functools.partial(network, sees=3, last=None), loss=counted_logits, **FIT))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_networks_are_compared_in_folds_and_verified_by_their_stored_models(new_experiment, store):
    device = Device("cpu", "some processor", keras.backend.backend(), workers=1)
    evidence = new_experiment(controls="all", device=device).compare(
        BESIDE, against=ALONE, on=PADDED, claim=beats("iou"), design=FOLDS
    )

    assert evidence.verdict == "supported", str(evidence)
    assert (evidence.data.task, evidence.data.outputs) == ("segmentation", 3)
    print([(f.control, f.passed, f.found) for f in evidence.controls])
    controls = {finding.control for finding in evidence.controls}
    assert {"evaluation", "fresh start", "label leak", "majority class", "permuted labels"} <= controls
    assert {"planted effect", "predicted classes", "loss domain", "headroom"} <= controls
    assert recheck(evidence, store, None) == []
    roles = {"treatment": BESIDE, "control": ALONE}
    result = predict_again(evidence, store, roles, PADDED, FOLDS, metric=METRICS["iou"], device="cpu")
    assert (result.problems, result.gaps, result.is_complete) == ([], [], True)


@pytest.mark.parametrize(
    ("metric", "form"),
    [("exact_match", "bits"), ("row_iou", "float32"), ("accuracy", "float32")],
)
def test_an_official_test_set_is_judged_over_seeds_and_rows(new_experiment, store, metric, form):
    evidence = new_experiment().compare(BESIDE, against=ALONE, on=PADDED, claim=beats(metric), design=SPLIT)

    assert evidence.verdict == "supported", str(evidence)
    assert evidence.row_scores.form == form
    assert [part.part for part in evidence.parts] == ["all rows", "class 0", "class 2"]  # all rows have class 1
    assert recheck(evidence, store, None) == []


def neighbours(train, test, *, beside):
    """Label each step by the training steps that are nearest in it, or in it and the step before."""
    from sklearn.neighbors import KNeighborsClassifier

    def features(data):
        before = np.concatenate([data.x[:, :1], data.x[:, :-1]], axis=1)
        return np.concatenate([data.x, before] if beside else [data.x], axis=2)

    counts = train.y[..., 0] >= 0
    model = KNeighborsClassifier(15).fit(features(train)[counts], train.y[..., 0][counts])
    return model.predict_proba(features(test).reshape(-1, 4 if beside else 2)).reshape(*test.y.shape[:2], -1)


def rare_class_missed(targets, labels):
    return float(((targets == 2) & (labels != 2)).sum() / (targets == 2).sum())


@pytest.mark.parametrize(
    "metric",
    [
        "log_loss",
        "iou_class_2",
        Metric("missed", higher_is_better=False, unit="share", compute=rare_class_missed, takes="labels"),
    ],
)
def test_fits_are_compared_by_probabilities_by_one_class_and_by_a_metric_of_the_users_own(new_experiment, metric):
    arms = [Recipe(Fit(functools.partial(neighbours, beside=each))) for each in (True, False)]
    evidence = new_experiment().compare(arms[0], against=arms[1], on=PADDED, claim=beats(metric), design=FOLDS)

    assert evidence.verdict == "supported", str(evidence)
    controls = {finding.control for finding in evidence.controls}
    assert {"blind fit", "class order", "headroom", "majority class", "padding"} <= controls


def forest():
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(10)


def test_an_estimator_labels_steps_unless_some_do_not_count(new_experiment):
    evidence = new_experiment().measure(
        Recipe(Estimator(forest)), on=FULL, claim=reaches("row_accuracy", bar=0.4), design=KFolds(5, looks=False)
    )
    assert evidence.verdict == "supported", str(evidence)

    with pytest.raises(InputError, match="Some steps or pixels of 'padded' do not count") as caught:
        new_experiment().measure(Recipe(Estimator(forest)), on=PADDED, claim=reaches("iou", bar=0.1), design=FOLDS)
    assert "train.y != -1" in caught.value.remedy


def test_a_series_is_judged_by_metrics_that_are_means_over_rows(new_experiment):
    arms = [Recipe(Fit(functools.partial(neighbours, beside=each))) for each in (True, False)]
    design = TimeSeries(3)
    with pytest.raises(InputError, match="is not a mean over them") as caught:
        new_experiment().compare(arms[0], against=arms[1], on=FULL, claim=beats("accuracy"), design=design)
    assert "row_accuracy" in caught.value.remedy

    evidence = new_experiment().compare(arms[0], against=arms[1], on=FULL, claim=beats("row_accuracy"), design=design)
    assert evidence.verdict == "supported", str(evidence)
