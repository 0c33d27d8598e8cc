"""Claims about several outputs of one network share its training, if that does not depend on the output."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Estimator, FixedSplit, KFolds, Recipe, Stage, reaches
from negres_core.engine.device import Device
from negres_core.evidence import Replicate, Store
from negres_core.experiment.prediction import predict_again
from negres_core.experiment.recheck import recheck
from negres_core.metrics import METRICS

RNG = np.random.default_rng(0)
X = RNG.normal(size=(60, 4)).astype(np.float32)
TARGETS = {"age": X[:, 0] ** 2, "height": X[:, 1] - X[:, 2], "sex": (X[:, 0] > 0.3).astype(int)}
DATA = Dataset(x=X, y=TARGETS, name="people")
FOLDS = KFolds(2, repeats=1)
SPLIT = FixedSplit(train=range(30), test=range(30, 60), seeds=2)
LOSSES = {"age": "mse", "height": "mae", "sex": "sparse_categorical_crossentropy"}
FIT = {"epochs": 2, "batch_size": 10}
AGE, HEIGHT, SEX = (
    reaches(metric, bar=0, output=output) for metric, output in (("mse", "age"), ("mae", "height"), ("accuracy", "sex"))
)


def small(input_shape, outputs):
    inputs = keras.Input(input_shape)
    shared = layers.Dense(3, "tanh", name="shared")(inputs)
    heads = {name: layers.Dense(outputs[name], name=name) for name in ("age", "height")}
    heads["sex"] = layers.Dense(outputs["sex"], "softmax", name="sex")
    return keras.Model(inputs, {name: head(shared) for name, head in heads.items()})


def wide(input_shape, outputs):
    inputs = keras.Input(input_shape)
    shared = layers.Dense(3, "tanh", name="shared")(layers.Dense(4)(inputs))
    heads = {name: layers.Dense(outputs[name], name=name) for name in ("age", "height")}
    heads["sex"] = layers.Dense(outputs["sex"], "softmax", name="sex")
    return keras.Model(inputs, {name: head(shared) for name, head in heads.items()})


def alone(input_shape, outputs):
    [width] = {outputs["age"], outputs["height"]}
    return keras.Sequential([keras.Input(input_shape), layers.Dense(width)])


def line():
    from sklearn.linear_model import LinearRegression

    return LinearRegression()


def best_column():
    from sklearn.feature_selection import SelectKBest, f_regression

    return SelectKBest(f_regression, k=1)


def standardized():
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


SMALL = Recipe(Stage(small, loss=LOSSES, **FIT))
GROWN = Recipe(Stage(small, loss=LOSSES, **FIT), Stage(wide, inherits=small, freezes=small, loss=LOSSES, **FIT))
SCALED, SELECTED = (Recipe(*SMALL.stages, preprocess=prepare) for prepare in (standardized, best_column))
STOPPED = Recipe(Stage(small, loss=LOSSES, validation=0.2, patience=1, **FIT))
ALONE, LINE = Recipe(Stage(alone, loss="mse", **FIT)), Recipe(Estimator(line))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


@pytest.fixture
def measure(new_experiment, tmp_path):
    """Measure an arm; return its evidence."""

    def run(recipe, claim, *, data=DATA, design=FOLDS, **fields):
        device = Device("cpu", "some processor", keras.backend.backend(), workers=1)
        fields = {"store": Store(tmp_path / "evidence"), "controls": "none"} | fields
        experiment = new_experiment(f"test_a.py::test_{claim.output}", device=device, **fields)
        return experiment.measure(recipe, on=data, claim=claim, design=design)

    return run


def counts(evidence):
    return evidence.timings.trained, evidence.timings.reused


@pytest.mark.parametrize(("recipe", "replicates"), [(SMALL, 2), (GROWN, 4), (SCALED, 2)])
def test_a_claim_about_another_output_trains_nothing(measure, store, recipe, replicates):
    assert counts(measure(recipe, AGE)) == (replicates, 0)
    evidence = measure(recipe, HEIGHT)

    assert counts(evidence) == (0, replicates)
    assert recheck(evidence, store, None) == []
    seen = DATA.about("height")
    arms = {"treatment": recipe}
    result = predict_again(evidence, store, arms, seen, FOLDS, metric=METRICS["mae"], device="cpu")
    assert (result.problems, result.is_complete) == ([], True)


def test_the_scores_are_those_of_a_replicate_that_was_trained_for_the_claim(measure, store, tmp_path):
    measure(SMALL, AGE)
    shared = measure(SMALL, HEIGHT).arms[0].own_replicates
    anew = Store(tmp_path / "anew")
    assert measure(SMALL, HEIGHT, store=anew).arms[0].own_replicates == shared

    differs = {"cost", "model", "provenance", "recorded_at", "metrics", "predictions"}
    for one, other in ((store.find(id), anew.find(id)) for id in shared):
        fields = set(Replicate.model_fields) - differs
        assert one.model_dump(include=fields) == other.model_dump(include=fields)
        assert one.metrics.keys() == other.metrics.keys() >= {"mae", "r2", "loss"}
        assert one.metrics == pytest.approx(other.metrics, rel=1e-4, abs=1e-6)
        assert one.predictions.mean == pytest.approx(other.predictions.mean, rel=1e-4, abs=1e-6)


def test_folds_that_no_output_stratifies_are_those_of_every_output(measure):
    from sklearn.model_selection import RepeatedKFold

    folds = RepeatedKFold(n_splits=2, n_repeats=1, random_state=0)
    assert counts(measure(SMALL, AGE, design=folds)) == (2, 0)
    assert counts(measure(SMALL, SEX, design=folds)) == (0, 2)


def test_rows_of_a_fixed_split_are_those_of_every_output(measure):
    assert counts(measure(SMALL, AGE, design=SPLIT)) == (2, 0)
    evidence = measure(SMALL, SEX, design=SPLIT)
    assert counts(evidence) == (0, 2)
    assert {"accuracy", "f1", "loss"} <= evidence.arms[0].metrics.keys()
    assert evidence.row_scores is not None


def test_folds_that_are_stratified_by_an_output_are_not_those_of_another(measure):
    assert counts(measure(SMALL, AGE)) == counts(measure(SMALL, SEX)) == (2, 0)


@pytest.mark.parametrize("recipe", [STOPPED, ALONE, LINE, SELECTED])
def test_training_that_depends_on_the_output_is_not_shared(measure, recipe):
    assert counts(measure(recipe, AGE)) == counts(measure(recipe, HEIGHT)) == (2, 0)


def test_images_have_the_floor_of_their_loss(measure, store):
    images = RNG.uniform(size=(20, 8, 8, 1)).astype(np.float32)
    data = Dataset(x=images, y={"image": images, "light": images.mean(axis=(1, 2, 3))}, name="images")

    def decoder(input_shape, outputs):
        inputs = keras.Input(input_shape)
        image = layers.Conv2D(1, 1, activation="sigmoid", name="image")(inputs)
        return keras.Model(inputs, {"image": image, "light": layers.Dense(1)(layers.Flatten()(inputs))})

    recipe = Recipe(Stage(decoder, loss={"image": "binary_crossentropy", "light": "mse"}, **FIT))
    measure(recipe, reaches("mse", bar=0, output="light"), data=data)
    evidence = measure(recipe, reaches("psnr", bar=0, output="image"), data=data)

    assert counts(evidence) == (0, 2)
    assert {"psnr", "ssim", "loss_skill"} <= evidence.arms[0].metrics.keys()
    assert store.find(evidence.arms[0].own_replicates[0]).predictions.loss_floor > 0


def test_a_replicate_that_was_not_finite_is_trained_again(measure, store):
    measure(SMALL, AGE)
    for path in store.folder.glob("replicates/*/*.json"):
        store.write_record(path, store.find(path.stem).updated(status="not finite"))
    assert counts(measure(SMALL, HEIGHT)) == (2, 0)


def test_a_shared_training_is_as_old_as_it_is(measure, store):
    """What was trained before a claim was registered may have been known then, whichever output was judged."""
    measure(SMALL, AGE)
    for path in store.folder.glob("replicates/*/*.json"):
        store.write_record(path, store.find(path.stem).updated(recorded_at="2025-01-01T00:00:00+00:00"))
    [first, _] = measure(SMALL, HEIGHT).arms[0].own_replicates
    assert store.find(first).recorded_at == "2025-01-01T00:00:00+00:00"
