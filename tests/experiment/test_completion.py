"""Stored replicates are given the metric of a claim that they lack, and lose nothing; nothing is trained again."""

from __future__ import annotations

import functools
import json
import uuid

import keras
import numpy as np
import pytest

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import Metric, beats, matches, reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.device import choose_device
from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import Store
from negres_core.evidence.record import digest_of
from negres_core.experiment.experiment import Experiment
from negres_core.experiment.prediction import predict_again
from negres_core.experiment.recheck import recheck
from negres_core.metrics import METRICS, metric_of
from negres_core.rescoring import EVERY_VERSION

RANDOM = np.random.default_rng(3)
Y = np.arange(60) % 3
DATA = Dataset(x=RANDOM.normal(size=(60, 4)) + Y[:, None], y=Y, name="classes")
VALUES = Dataset(x=DATA.x, y=DATA.x @ RANDOM.normal(size=4), name="values")
DESIGN = KFolds(folds=2, repeats=2)


def base(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


def scores(input_shape, outputs):
    """End in numbers of any size, which a loss of the researcher's own takes."""
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs)])


def hinge(y, outputs):
    wanted = keras.ops.one_hot(keras.ops.cast(keras.ops.reshape(y, (-1,)), "int32"), 3)
    return keras.ops.mean(keras.ops.maximum(1.0 - (2 * wanted - 1) * outputs, 0.0), axis=-1)


LONG, SHORT = (Recipe(Stage(base, epochs=epochs, batch_size=2)) for epochs in (9, 1))
SCORED = Recipe(Stage(scores, loss=lambda: hinge, epochs=1, batch_size=8))


def nearest(train, test):
    """Return the label of the nearest mean."""
    means = np.stack([train.x[train.y == label].mean(axis=0) for label in range(3)])
    return ((test.x[:, None] - means) ** 2).sum(axis=2).argmin(axis=1)


def soft(train, test):
    """Return probabilities that fall with the distance from the mean of each class."""
    means = np.stack([train.x[train.y == label].mean(axis=0) for label in range(3)])
    near = np.exp(-((test.x[:, None] - means) ** 2).sum(axis=2))
    return near / near.sum(axis=1, keepdims=True)


def changing(train, test):
    """Return other labels in each call."""
    return np.random.default_rng(uuid.uuid4().int).permutation(test.y)


def mean(train, test):
    return np.full(len(test), train.y.mean())


NEAREST, SOFT, CHANGING, MEAN = (Recipe(Fit(each)) for each in (nearest, soft, changing, mean))


def cost(targets, probabilities, price=7):
    return price * float(np.mean(probabilities[np.arange(len(targets)), targets] < 0.5))


def missed(targets, labels):
    return float(np.sum(targets != labels))


COST = Metric("cost", higher_is_better=False, unit="EUR", compute=cost)
DEARER = Metric("cost", higher_is_better=False, unit="EUR", compute=functools.partial(cost, price=11))
MISSED = Metric("missed", higher_is_better=False, unit="rows", compute=missed, takes="labels")


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


@pytest.fixture
def trained(store):
    """The ids of replicates whose training or computing began in the meantime."""
    return lambda: sorted(path.stem for path in store.folder.glob("replicates/*/*.json"))


@pytest.fixture
def measure(store):
    """Measure one arm; return its evidence."""

    def run(recipe, claim, *, data=DATA, name="one", design=DESIGN):
        return _experiment(store, name).measure(recipe, on=data, claim=claim, design=design)

    return run


@pytest.fixture
def compare(store):
    """Compare two arms; return their evidence."""

    def run(claim, *, name="two"):
        return _experiment(store, name).compare(LONG, against=SHORT, on=DATA, claim=claim, design=DESIGN)

    return run


def _experiment(store, name):
    return Experiment(
        hypothesis=f"test_a.py::test_{name}",
        title=name,
        store=store,
        device=choose_device("cpu"),
        controls="none",
    )


def edit(path, change):
    """Change the metrics of a record on disk, and seal it."""
    content = json.loads(path.read_text())
    del content["digest"]
    content["metrics"] = change(content["metrics"])
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))


def age(store, only=lambda path: True):
    """Make replicates what an earlier version recorded: without the newer metrics."""
    for path in store.folder.glob("replicates/*/*.json"):
        if only(path):
            edit(path, lambda metrics: {name: value for name, value in metrics.items() if name in EVERY_VERSION})


def metrics_of(store, evidence):
    return [store.find(id).metrics for arm in evidence.arms for id in arm.own_replicates]


def test_an_older_network_predicts_again_for_a_newer_metric(store, compare, trained):
    first = compare(beats("accuracy"))
    recorded, ids, models = metrics_of(store, first), trained(), {*store.folder.glob("replicates/*/*.keras")}
    age(store)
    second = compare(beats("roc_auc"), name="other")

    assert (second.timings.trained, second.timings.reused) == (0, 8)
    assert trained() == ids
    assert {*store.folder.glob("replicates/*/*.keras")} == models
    for before, after in zip(recorded, metrics_of(store, second), strict=True):
        assert before.keys() == after.keys()
        assert after == pytest.approx(before, rel=1e-4, abs=1e-6)
    assert recheck(second, store, None) == []
    assert second.arms[0].metrics["roc_auc"].mean == pytest.approx(np.mean(second.arms[0].values))


def test_replicates_that_were_completed_and_those_that_were_not_are_one_arm(store, measure):
    measure(LONG, reaches("accuracy", bar=0.5))
    ids = sorted(store.folder.glob("replicates/*/*.json"))
    age(store, only=lambda path: path == ids[0])
    evidence = measure(LONG, reaches("accuracy", bar=0.5), name="mixed")

    assert set(evidence.arms[0].metrics) == {"accuracy", "precision", "recall", "f1", "loss"}
    assert recheck(evidence, store, None) == []
    evidence = measure(LONG, reaches("kappa", bar=0.5), name="completed")
    assert "roc_auc" in evidence.arms[0].metrics
    assert recheck(evidence, store, None) == []


def test_a_metric_of_the_users_own_is_computed_of_new_and_of_stored_replicates_alike(store, measure):
    of_new = measure(LONG, reaches(COST, bar=3))
    [key] = {name for metrics in metrics_of(store, of_new) for name in metrics if "@" in name}
    of_stored = measure(LONG, reaches(DEARER, bar=3), name="dearer")

    assert key == of_new.claim.key == f"cost@{of_new.claim.code[:12]}"
    assert of_stored.claim.code != of_new.claim.code
    assert of_stored.timings.trained == 0
    values = np.array(of_new.arms[0].values)
    assert values.any()
    assert np.array(of_stored.arms[0].values) == pytest.approx(11 / 7 * values)
    for evidence in (of_new, of_stored):
        assert recheck(evidence, store, None) == []
        assert [name for name in evidence.arms[0].metrics if "@" in name] == [evidence.claim.key]
        assert "cost" in str(evidence)


@pytest.mark.parametrize("metric", [COST, MISSED, "top_2", "log_loss"])
def test_stored_weights_reproduce_the_metric_and_not_an_invented_one(store, measure, metric):
    claim = reaches(metric, bar=0.5)
    evidence = measure(LONG, claim)
    found = metric_of(claim, task=DATA.task)
    predict = functools.partial(
        predict_again, evidence, store, {"treatment": LONG}, DATA, DESIGN, metric=found, device="cpu"
    )

    assert predict().problems == []
    assert predict().is_complete
    path = next(store.folder.glob("replicates/*/*.json"))
    edit(path, lambda metrics: metrics | {found.key: metrics[found.key] + 0.3})
    [problem] = predict().problems
    assert f"{found.key} is " in problem


def test_a_metric_whose_function_was_changed_is_not_the_recorded_one(store, measure):
    evidence = measure(LONG, reaches(COST, bar=3))
    metric = metric_of(reaches(DEARER, bar=3), task=DATA.task)
    result = predict_again(evidence, store, {"treatment": LONG}, DATA, DESIGN, metric=metric, device="cpu")
    assert result.gaps == ["the metric at hand, cost, is not the recorded one, or its function does something else"]


def test_a_record_whose_metrics_were_changed_is_not_completed(store, measure):
    measure(LONG, reaches("accuracy", bar=0.5))
    age(store)
    edit(next(store.folder.glob("replicates/*/*.json")), lambda metrics: metrics | {"accuracy": 0.987})
    with pytest.raises(EvidenceError, match="its stored weights do not reproduce the metrics that it has") as caught:
        measure(LONG, reaches("kappa", bar=0.5), name="kappa")
    assert "accuracy is 0.987 in the record" in caught.value.received


@pytest.mark.parametrize("recipe", [NEAREST, SOFT])
def test_a_fit_is_computed_again_for_a_newer_metric(store, measure, trained, recipe):
    first = measure(recipe, reaches("accuracy", bar=0.5))
    recorded, ids = metrics_of(store, first), trained()
    age(store)
    second = measure(recipe, reaches("matthews", bar=0.5), name="other")

    assert trained() == ids
    assert metrics_of(store, second) == recorded
    assert recheck(first, store, None) == recheck(second, store, None) == []
    assert measure(recipe, reaches(MISSED, bar=30), name="own").arms[0].metrics.keys() >= {"accuracy"}


def test_a_fit_that_gives_something_else_now_is_an_error(store, measure):
    measure(CHANGING, reaches("accuracy", bar=0.5))
    age(store)
    with pytest.raises(EvidenceError, match="its fit gives different metrics when it is computed again") as caught:
        measure(CHANGING, reaches("kappa", bar=0.5), name="kappa")
    assert "`seed`" in caught.value.remedy


def test_a_metric_with_a_parameter_is_computed_where_it_is_claimed(measure):
    plain = measure(MEAN, reaches("mae", bar=1), data=VALUES)
    claimed = measure(MEAN, reaches("pinball_0.9", bar=1), data=VALUES, name="quantile")
    again = measure(MEAN, reaches("mae", bar=1), data=VALUES, name="again")

    assert set(claimed.arms[0].metrics) == {"mse", "mae", "r2", "pinball_0.9"}
    # What another hypothesis added to the shared replicates does not change the evidence.
    assert plain.arms[0].metrics == again.arms[0].metrics


@pytest.mark.parametrize("metric", ["roc_auc", "log_loss", "top_2", COST])
def test_labels_alone_have_no_metric_of_probabilities(measure, metric):
    for _ in range(2):  # the second time the replicates are stored
        with pytest.raises(InputError, match="needs probabilities, but nearest returns labels") as caught:
            measure(NEAREST, reaches(metric, bar=0.5))
        assert "predict_proba" in caught.value.remedy
        measure(NEAREST, reaches("accuracy", bar=0.5), name="stored")


def test_outputs_that_are_no_probabilities_are_refused_before_anything_is_trained(measure, trained):
    with pytest.raises(InputError, match="needs probabilities, and the outputs of scores are none"):
        measure(SCORED, reaches("roc_auc", bar=0.5))
    assert trained() == []
    evidence = measure(SCORED, reaches("balanced_accuracy", bar=0.5))
    assert "roc_auc" not in evidence.arms[0].metrics
    assert {"accuracy", "kappa", "loss"} <= evidence.arms[0].metrics.keys()


def fails(targets, outputs):
    return outputs["probabilities"]


def several(targets, outputs):
    return outputs.mean(axis=0)


@pytest.mark.parametrize(
    ("compute", "wrong"),
    [(fails, "does not run on a constant prediction of 'classes'"), (several, "has to return one number")],
)
def test_a_function_that_fails_is_refused_before_anything_is_trained(measure, trained, compute, wrong):
    with pytest.raises(InputError, match=wrong):
        measure(LONG, reaches(Metric("m", higher_is_better=True, unit="1", compute=compute), bar=1))
    assert trained() == []


@pytest.mark.parametrize(
    "name", [name for name, metric in METRICS.items() if metric.compute and "classification" in metric.tasks]
)
def test_every_metric_decides_a_claim(compare, name):
    evidence = compare(matches(name, within=0.5))
    assert evidence.claim.metric == name
    assert evidence.estimate is not None
    # Of three classes, the three most probable are all; the control "headroom" refuses such a claim.
    assert (evidence.arms[0].metrics[name].min == 1.0) == (name in ("top_3", "top_5"))
