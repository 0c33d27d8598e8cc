"""Models with several outputs, from training to verification: networks, fits, and what is refused."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Estimator, FixedSplit, KFolds, Recipe, Stage, beats, matches, reaches, to_reach
from negres_core.engine.device import Device
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.prediction import predict_again
from negres_core.experiment.recheck import recheck
from negres_core.metrics import METRICS
from negres_core.report.page.sentences import state_claim

RNG = np.random.default_rng(0)
X = RNG.normal(size=(240, 4)).astype(np.float32)
SEX = np.where(0.3 * X[:, 0] + X[:, 1] ** 2 + X[:, 2] ** 2 > 1.4, "female", "male")
AGE = (np.abs(X[:, 0]) + X[:, 3] ** 2 / 2 + RNG.normal(0, 0.1, 240)).astype(np.float32)
DATA = Dataset(x=X, y={"age": AGE, "sex": SEX}, name="faces")
FOLDS = KFolds(3, repeats=2, looks=False)
FIT = {"epochs": 20, "batch_size": 16, "optimizer": lambda: keras.optimizers.Adam(0.03)}
LOSSES = {"age": "mae", "sex": "sparse_categorical_crossentropy"}


def both(input_shape, outputs, *, hidden=16):
    inputs = keras.Input(input_shape)
    shared = layers.Dense(hidden, "tanh")(inputs)
    sex = layers.Dense(outputs["sex"], "softmax", name="classes")(shared)
    return keras.Model(inputs, {"age": layers.Dense(outputs["age"], name="years")(shared), "sex": sex})


def sex_alone(input_shape, outputs):
    return keras.Sequential([layers.Input(input_shape), layers.Dense(outputs["sex"], "softmax")])


def forest(seed):
    from sklearn.ensemble import RandomForestClassifier

    return RandomForestClassifier(20, random_state=seed)


BOTH = Recipe(Stage(both, loss=LOSSES, loss_weights={"age": 0.5}, **FIT))
NARROW = Recipe(Stage(functools.partial(both, hidden=1), loss=LOSSES, **FIT))
LINEAR = Recipe(Stage(sex_alone, **FIT))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


def test_several_outputs_are_compared_with_one_and_verified_by_their_stored_models(new_experiment, store):
    device = Device("cpu", "some processor", keras.backend.backend(), workers=1)
    claim = beats("accuracy", output="sex")
    evidence = new_experiment(device=device).compare(BOTH, against=LINEAR, on=DATA, claim=claim, design=FOLDS)

    assert evidence.verdict in ("supported", "inconclusive"), str(evidence)
    assert evidence.estimate.effect > 0.1
    assert evidence.data.labels == ("female", "male")
    assert (evidence.claim.output, evidence.data.task, evidence.data.outputs) == ("sex", "classification", 2)
    assert "accuracy of sex mean" in str(evidence)
    assert "has higher accuracy of sex than" in state_claim(evidence)
    controls = {finding.control for finding in evidence.controls}
    assert {"evaluation", "label leak", "majority class", "predicted classes", "loss domain"} <= controls
    assert recheck(evidence, store, None) == []
    roles, seen = {"treatment": BOTH, "control": LINEAR}, DATA.about("sex")
    result = predict_again(evidence, store, roles, seen, FOLDS, metric=METRICS["accuracy"], device="cpu")
    assert (result.problems, result.gaps, result.is_complete) == ([], [], True)
    other = predict_again(evidence, store, roles, DATA.about("age"), FOLDS, metric=METRICS["mae"], device="cpu")
    assert not other.is_complete
    assert "about the output age" in other.gaps[0]


def test_a_claim_about_another_output_has_a_metric_of_its_own(new_experiment):
    evidence = new_experiment().compare(BOTH, against=NARROW, on=DATA, claim=beats("mae", output="age"), design=FOLDS)
    assert evidence.verdict in ("supported", "inconclusive"), str(evidence)
    assert evidence.estimate.effect > 0.1
    assert (evidence.data.task, evidence.data.outputs) == ("regression", 1)
    assert evidence.arms[0].description.stages[0].loss_weights == {"age": 0.5, "sex": 1.0}


def test_an_estimator_is_given_the_claimed_output_alone(new_experiment):
    claim = matches("accuracy", within=0.9, output="sex")
    evidence = new_experiment().compare(Recipe(Estimator(forest)), against=LINEAR, on=DATA, claim=claim, design=FOLDS)
    assert evidence.verdict == "supported", str(evidence)
    assert np.mean(evidence.arms[0].values) > 0.7


def test_an_official_test_set_and_a_time_to_a_target_take_one_output(new_experiment):
    split = FixedSplit(train=range(120), validation=range(120, 160), test=range(160, 240), seeds=4)
    evidence = new_experiment().compare(BOTH, against=NARROW, on=DATA, claim=beats("mae", output="age"), design=split)
    assert evidence.row_scores is not None
    claim = beats(to_reach("accuracy", 0.8, in_="epochs"), output="sex")
    evidence = new_experiment().compare(BOTH, against=NARROW, on=DATA, claim=claim, design=split)
    assert evidence.claim.output == "sex"


@pytest.mark.parametrize(
    ("claim", "data", "part"),
    [
        (reaches("accuracy", bar=0.5), DATA, "Name it in the claim"),
        (reaches("accuracy", bar=0.5, output="height"), DATA, "output='height'"),
        (reaches("accuracy", bar=0.5, output="sex"), Dataset(x=X, y=SEX, name="one"), "Leave `output` out"),
        (reaches("accuracy", bar=0.5, output="age"), DATA, "Floats are values"),
    ],
)
def test_a_claim_that_names_no_output_of_the_data_is_refused(new_experiment, claim, data, part):
    with pytest.raises(InputError) as caught:
        new_experiment().measure(BOTH, on=data, claim=claim, design=FOLDS)
    assert part in str(caught.value)
