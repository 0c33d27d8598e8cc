"""Several labels a row, from training to verification: networks and fits, in folds and on an official test set."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Fit, FixedSplit, KFolds, Metric, Recipe, Stage, beats, matches
from negres_core.engine.device import Device
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.prediction import predict_again
from negres_core.experiment.recheck import recheck
from negres_core.metrics import METRICS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 4)).astype(np.float32)
Y = (np.stack([X[:, 0], X[:, 1], X[:, 0] * X[:, 2]], axis=1) + RNG.normal(0, 0.3, (300, 3)) > [0, 0.7, 0]).astype(int)
DATA = Dataset(x=X, y=Y, name="several")
FOLDS = KFolds(3, repeats=2, looks=False)
SPLIT = FixedSplit(train=range(150), test=range(150, 300), seeds=4)


def network(input_shape, outputs, *, hidden=(), last="sigmoid"):
    stack = [layers.Dense(units, "tanh") for units in hidden]
    return keras.Sequential([layers.Input(input_shape), *stack, layers.Dense(outputs, last)])


def binary_logits():
    return keras.losses.BinaryCrossentropy(from_logits=True)


FIT = {"epochs": 25, "batch_size": 15, "optimizer": lambda: keras.optimizers.Adam(0.03)}
LINEAR = Recipe(Stage(network, loss="binary_crossentropy", **FIT))
DEEP = Recipe(Stage(functools.partial(network, hidden=(16,), last=None), loss=binary_logits, **FIT))


def each_alone(train, test):
    from sklearn.linear_model import LogisticRegression
    from sklearn.multioutput import MultiOutputClassifier

    return MultiOutputClassifier(LogisticRegression()).fit(train.x, train.y).predict(test.x)


def shares(train, test):
    return np.tile(train.y.mean(axis=0), (len(test), 1))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.parametrize("metric", ["hamming", "f1"])
def test_networks_are_compared_in_folds_and_verified_by_their_stored_models(new_experiment, store, metric):
    device = Device("cpu", "some processor", keras.backend.backend(), workers=1)
    evidence = new_experiment(controls="all", device=device).compare(
        DEEP, against=LINEAR, on=DATA, claim=beats(metric), design=FOLDS
    )

    assert evidence.verdict == "supported", str(evidence)
    assert (evidence.data.task, evidence.data.outputs) == ("multilabel", 3)
    controls = {finding.control for finding in evidence.controls}
    assert {"evaluation", "label leak", "majority class", "overfits 16", "permuted labels"} <= controls
    assert {"planted effect", "predicted classes", "loss domain", "headroom"} <= controls
    assert recheck(evidence, store, None) == []
    roles = {"treatment": DEEP, "control": LINEAR}
    result = predict_again(evidence, store, roles, DATA, FOLDS, metric=METRICS[metric], device="cpu")
    assert (result.problems, result.gaps, result.is_complete) == ([], [], True)


@pytest.mark.parametrize(("metric", "form"), [("exact_match", "bits"), ("hamming", "float32"), ("roc_auc", "float32")])
def test_an_official_test_set_is_judged_over_seeds_and_rows(new_experiment, store, metric, form):
    evidence = new_experiment().compare(DEEP, against=LINEAR, on=DATA, claim=beats(metric), design=SPLIT)

    assert evidence.verdict == "supported", str(evidence)
    assert evidence.row_scores.form == form
    assert [part.part for part in evidence.parts] == ["all rows", "label 0", "label 1", "label 2"]
    assert evidence.estimate.effect == pytest.approx(np.mean(evidence.differences), abs=0.02)
    assert recheck(evidence, store, None) == []


def most_wrong(targets, labels):
    return float((targets != labels).mean(axis=0).max())


MOST_WRONG = Metric("most wrong", higher_is_better=False, unit="share", compute=most_wrong, takes="labels")


def test_fits_are_compared_by_labels_or_probabilities_and_by_a_metric_of_the_users_own(new_experiment, store):
    arms = {"against": Recipe(Fit(shares)), "on": DATA, "design": FOLDS}
    evidence = new_experiment().compare(Recipe(Fit(each_alone)), claim=beats(MOST_WRONG), **arms)

    assert evidence.verdict in ("supported", "inconclusive")
    assert recheck(evidence, store, None) == []
    with pytest.raises(InputError, match="The metric 'roc_auc' needs probabilities, but each_alone returns labels"):
        new_experiment().compare(Recipe(Fit(each_alone)), claim=matches("roc_auc", within=0.1), **arms)
