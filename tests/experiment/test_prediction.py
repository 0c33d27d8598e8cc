"""Stored weights reproduce the metrics that honest runs recorded, and not those that somebody invented."""

from __future__ import annotations

import hashlib
import json
import shutil

import keras
import numpy as np
import pytest

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, matches, reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.device import choose_device
from negres_core.evidence import Store
from negres_core.experiment.experiment import Experiment
from negres_core.experiment.prediction import predict_again
from negres_core.experiment.recheck import recheck
from negres_core.metrics import METRICS, metric_of
from tests.experiment.forger import MAIN, Forger

RANDOM = np.random.default_rng(3)
Y = np.arange(60) % 2
CLASSES = Dataset(x=RANDOM.normal(size=(60, 4)) + Y[:, None], y=Y, name="classes")
VALUES = Dataset(x=CLASSES.x, y=CLASSES.x @ RANDOM.normal(size=(4, 2)), name="values")
PIXELS = RANDOM.uniform(size=(40, 8, 8, 1)).astype("float32")
IMAGES = Dataset(x=PIXELS, y=PIXELS, name="images")
FOLDS = KFolds(folds=2, repeats=2)
FIT = {"batch_size": 8}


def base(input_shape, outputs):
    hidden = keras.layers.Dense(5, "relu", name="hidden")
    return keras.Sequential([keras.Input(input_shape), hidden, keras.layers.Dense(outputs, "softmax", name="classes")])


def grown(input_shape, outputs):
    layers = [keras.layers.Dense(5, "relu", name=name) for name in ("hidden", "more")]
    return keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Dense(outputs, "softmax")])


def logit(input_shape):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dropout(0.2), keras.layers.Dense(1)])


def linear(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])


def autoencoder(input_shape):
    layers = [keras.layers.Flatten(), keras.layers.Dense(8), keras.layers.Dense(64, "sigmoid")]
    return keras.Sequential([keras.Input(input_shape), *layers, keras.layers.Reshape(input_shape)])


def standardized():
    from sklearn.preprocessing import StandardScaler

    return StandardScaler()


def nearest(train, test):
    return train.y[: len(test)]


def loss_from_logits():
    return keras.losses.BinaryCrossentropy(from_logits=True)


def squared_error(model, x, y, *, training):
    targets = keras.ops.cast(keras.ops.reshape(y, (-1, 1)), "float32")
    return keras.ops.mean((targets - model(x, training=training)[:, :1]) ** 2, axis=1)


PLAIN = Recipe(Stage(base, epochs=1, **FIT))
INHERITED = Recipe(Stage(base, epochs=1, **FIT), Stage(grown, inherits=base, epochs=3, **FIT))
SCALED = Recipe(Stage(linear, epochs=2, loss="mse", **FIT), preprocess=standardized)
AUTOENCODER = Recipe(Stage(autoencoder, loss="binary_crossentropy", epochs=3, **FIT))
CLAIMS = {
    "growth": ([INHERITED, PLAIN], CLASSES, beats("accuracy", by=0.01)),
    "logits": ([Recipe(Stage(logit, loss=loss_from_logits, epochs=2, **FIT))], CLASSES, reaches("f1", bar=0.5)),
    "values": ([SCALED, Recipe(Stage(linear, epochs=1, loss="mae", **FIT))], VALUES, matches("mae", within=0.1)),
    "images": ([AUTOENCODER], IMAGES, reaches("loss_skill", bar=0.1)),
}
DIVERGING = Recipe(Stage(linear, optimizer=lambda: keras.optimizers.SGD(1e20), loss="mse", epochs=2, **FIT))
PLAYED = Recipe(Stage(base, objective=squared_error, epochs=1, **FIT))


def record(folder, recipes, data, claim):
    """Run a hypothesis without controls, and return its evidence and its store."""
    store = Store(folder / "evidence")
    experiment = Experiment(hypothesis=MAIN, title="main", store=store, device=choose_device("cpu"), controls="none")
    if len(recipes) == 1:
        evidence = experiment.measure(recipes[0], on=data, claim=claim, design=FOLDS)
    else:
        evidence = experiment.compare(recipes[0], against=recipes[1], on=data, claim=claim, design=FOLDS)
    return evidence, store


def predict(evidence, store, recipes, data):
    assert recheck(evidence, store, None) == []
    roles = dict(zip(("treatment", "control"), recipes, strict=False))
    own = [recipe.fit.metrics if recipe.fit else None for recipe in recipes]
    metric = metric_of(evidence.claim.as_claim(), task=data.task, own=own)
    return predict_again(evidence, store, roles, data, evidence.design.as_design(), metric=metric, device="cpu")


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("growth")
    record(folder, *CLAIMS["growth"])
    return folder


@pytest.fixture
def forger(recorded, tmp_path):
    """Somebody who can write a copy of an honest run's folder."""
    shutil.copytree(recorded, tmp_path / "copy")
    return Forger(tmp_path / "copy")


def predict_growth(forger, recipes=CLAIMS["growth"][0], data=CLASSES):
    store = Store(forger.store.folder, read_only=True)
    return predict(store.read_evidence(store.evidence_path(MAIN)), store, recipes, data)


def model_of(forger, id):
    content = json.loads(forger.path(id).read_text())
    return forger.path(id).with_name(content["model"]["file"])


def forge_model(forger, id, model, **fields):
    """Put another model beside a record, and name it there."""
    sha256 = hashlib.sha256(model).hexdigest()
    path = forger.path(id).with_name(f"{id}.{sha256[:8]}.keras")
    path.write_bytes(model)
    record = json.loads(forger.path(id).read_text())
    forger.copy(id, model=record["model"] | {"file": path.name, "sha256": sha256}, **fields)


@pytest.fixture(scope="module")
def recorded_images(tmp_path_factory):
    folder = tmp_path_factory.mktemp("images")
    record(folder, *CLAIMS["images"])
    return folder


@pytest.mark.parametrize("metric", ["psnr", "ssim", "skill", "loss_skill", "mse"])
def test_an_invented_metric_of_images_is_found(recorded_images, tmp_path, metric):
    shutil.copytree(recorded_images, tmp_path / "copy")
    forger = Forger(tmp_path / "copy")
    content, arm = forger.arm()
    for id in arm["replicates"][-1]:
        metrics = json.loads(forger.path(id).read_text())["metrics"]
        forger.copy(id, metrics=metrics | {metric: metrics[metric] + 0.05})
    forger.results_of(content)

    problems = predict_growth(forger, [AUTOENCODER], IMAGES).problems

    assert len(problems) == len(arm["replicates"][-1])
    assert all(f": {metric} is " in problem for problem in problems)


@pytest.mark.parametrize("name", CLAIMS)
def test_the_metrics_of_an_honest_run_follow_from_its_stored_weights(tmp_path, name):
    recipes, data, claim = CLAIMS[name]
    evidence, store = record(tmp_path, recipes, data, claim)

    result = predict(evidence, store, recipes, data)

    assert (result.problems, result.gaps) == ([], [])
    assert result.is_complete
    stages = {"growth": 3, "values": 2}.get(name, 1)
    assert result.predicted == result.total >= stages * FOLDS.folds


def test_stages_that_arms_share_are_predicted_once(forger):
    result = predict_growth(forger)

    content = forger.read()
    named = [id for arm in content["arms"] for stage in arm["replicates"] for id in stage]
    assert result.total == len(set(named)) < len(named)


def test_progress_is_told_after_every_replicate(forger):
    steps, store = [], Store(forger.store.folder, read_only=True)
    evidence = store.read_evidence(store.evidence_path(MAIN))
    roles = dict(zip(("treatment", "control"), CLAIMS["growth"][0], strict=True))

    predict_again(
        evidence,
        store,
        roles,
        CLASSES,
        FOLDS,
        metric=METRICS["accuracy"],
        device="cpu",
        progress=lambda *step: steps.append(step),
    )

    assert [done for _, done, _ in steps] == list(range(1, steps[-1][2] + 1))


def test_an_invented_metric_with_right_digests_is_found(forger):
    """The forgery that the records alone cannot show."""
    content, arm = forger.arm()
    for id in arm["replicates"][-1]:
        metrics = json.loads(forger.path(id).read_text())["metrics"]
        forger.copy(id, metrics=metrics | {"accuracy": metrics["accuracy"] + 0.1})
    forger.results_of(content)

    result = predict_growth(forger)

    assert len(result.problems) == len(arm["replicates"][-1])
    assert result.problems[0].startswith("treatment arm, repeat 0, fold 0, seed 0: accuracy is ")
    assert "in the record, and its stored weights give " in result.problems[0]


@pytest.mark.parametrize(
    ("is_named", "problem"), [(False, "its stored weights are not those that its record names"), (True, "loss is ")]
)
def test_the_weights_of_another_replicate_are_found(forger, is_named, problem):
    _, arm = forger.arm()
    one, other = arm["replicates"][-1][:2]
    weights, others = (json.loads(forger.path(id).read_text())["weights"] for id in (one, other))
    swapped = [weight | {"end": each["end"]} for weight, each in zip(weights, others, strict=True)]
    forge_model(forger, one, model_of(forger, other).read_bytes(), weights=swapped if is_named else weights)

    problems = predict_growth(forger).problems

    assert all(each.startswith("treatment arm, repeat 0, fold 0, seed 0: ") for each in problems)
    assert any(problem in each for each in problems)


@pytest.mark.parametrize("content", ["another recipe's", "no model"])
def test_a_file_that_does_not_fit_the_recipe_is_found(forger, content):
    arms = forger.read()["arms"]
    id, other = arms[0]["replicates"][-1][0], arms[1]["replicates"][-1][0]
    forge_model(forger, id, model_of(forger, other).read_bytes() if content != "no model" else b"PK")

    [problem] = predict_growth(forger).problems

    assert "its stored weights do not fit the model of its recipe: " in problem


def test_rows_that_are_not_those_of_the_cell_are_found(forger):
    content = forger.read()
    for arm in content["arms"]:
        arm["replicates"] = [
            [forger.copy(id, key={"rows": f"{place:032x}"}) for place, id in enumerate(stage)]
            for stage in arm["replicates"]
        ]
    forger.results_of(content)

    problems = predict_growth(forger).problems

    assert problems
    assert all("it was not tested on the rows of its cell" in problem for problem in problems)


def test_what_is_not_at_hand_is_said_and_nothing_is_called_predicted(forger):
    recipes, other = CLAIMS["growth"][0], Dataset(x=CLASSES.x + 1, y=Y, name="other")
    cases = {
        "the data set at hand, other, is not the recorded one": (recipes, other),
        "the recipe at hand of the treatment arm is not the recorded one": ([PLAIN, PLAIN], CLASSES),
        "the recipe at hand of the control arm is not the recorded one": ([INHERITED, INHERITED], CLASSES),
        "the test has no control arm": ([INHERITED], CLASSES),
    }
    for why, (given, data) in cases.items():
        result = predict_growth(forger, given, data)
        assert (result.problems, result.gaps, result.predicted) == ([], [why], 0)
        assert not result.is_complete


def test_evidence_of_another_backend_is_not_predicted(forger):
    backend = "jax" if keras.backend.backend() == "tensorflow" else "tensorflow"
    content = forger.read()
    content["provenance"]["backend"] = backend
    for arm in content["arms"]:
        arm["replicates"] = [[forger.copy(id, key={"backend": backend}) for id in stage] for stage in arm["replicates"]]
    forger.write(content)

    [why] = predict_growth(forger).gaps

    assert why.startswith(f"it was trained on {backend}, and this is ")


def test_a_missing_model_is_not_called_predicted(forger):
    store = Store(forger.store.folder, read_only=True)
    evidence = store.read_evidence(store.evidence_path(MAIN))
    id = evidence.arms[0].replicates[-1][1]
    model_of(forger, id).unlink()
    roles = dict(zip(("treatment", "control"), CLAIMS["growth"][0], strict=True))

    result = predict_again(evidence, store, roles, CLASSES, FOLDS, metric=METRICS["accuracy"], device="cpu")

    assert (result.predicted, result.gaps) == (0, [f"missing or damaged replicates: {id}"])


def test_a_fit_has_no_model_to_predict_with(tmp_path):
    recipes = [Recipe(Fit(nearest)), PLAIN]
    evidence, store = record(tmp_path, recipes, CLASSES, matches("accuracy", within=0.3))

    result = predict(evidence, store, recipes, CLASSES)

    fits, networks = (len(arm.own_replicates) for arm in evidence.arms)
    assert result.gaps == [f"treatment arm: {fits} replicates of a fit have no stored model"]
    assert (result.problems, result.predicted, result.total) == ([], networks, fits + networks)
    assert not result.is_complete


def test_the_loss_of_an_objective_does_not_follow_from_predictions(tmp_path):
    evidence, store = record(tmp_path, [PLAYED], CLASSES, reaches("loss", bar=0.5))

    result = predict(evidence, store, [PLAYED], CLASSES)

    assert (result.problems, result.predicted) == ([], 0)
    assert "loss of " in result.gaps[0]
    assert "does not follow from predictions" in result.gaps[0]


def test_replicates_that_diverged_are_predicted_to_have_diverged(tmp_path):
    evidence, store = record(tmp_path, [DIVERGING], VALUES, reaches("mse", bar=1.0))
    assert store.find(evidence.arms[0].own_replicates[0]).status == "not finite"

    assert predict(evidence, store, [DIVERGING], VALUES).is_complete


def test_a_replicate_that_diverged_by_its_record_alone_is_found(forger):
    content, arm = forger.arm()
    for id in arm["replicates"][-1]:
        metrics = json.loads(forger.path(id).read_text())["metrics"]
        forger.copy(id, metrics=dict.fromkeys(metrics), status="not finite")
    forger.results_of(content)

    problems = predict_growth(forger).problems

    assert len(problems) == len(arm["replicates"][-1])
    assert all("its stored weights disagree on whether it stayed finite" in problem for problem in problems)
