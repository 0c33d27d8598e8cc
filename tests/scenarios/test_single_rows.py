"""Designs that judge single test rows, from training to verification: an official test set, and a time series."""

from __future__ import annotations

import json

import keras
import numpy as np
import pytest
from keras import layers

from negres_core import Dataset, Fit, FixedSplit, Metric, Recipe, Stage, TimeSeries, beats, matches, reaches
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.evidence.record import digest_of
from negres_core.experiment.recheck import recheck
from negres_core.report.table import render

RNG = np.random.default_rng(0)
X = RNG.normal(size=(400, 4)).astype(np.float32)
Y = (X[:, 0] + X[:, 1] + RNG.normal(0, 1, 400) > 0).astype(int)
DATA = Dataset(x=X, y=Y, name="official", attributes={"site": np.arange(400) % 2})
SPLIT = FixedSplit(train=range(200), test=range(200, 400), seeds=5)
WALK = np.convolve(RNG.normal(size=320), 0.8 ** np.arange(20), "valid")
SERIES = Dataset(x=np.stack([WALK[:-2], WALK[1:-1]], axis=1), y=WALK[2:], name="series")


def near(train, test, seed):
    from sklearn.neural_network import MLPClassifier

    network = MLPClassifier(4, max_iter=20, random_state=seed, learning_rate_init=0.05, solver="sgd")
    with np.errstate(all="ignore"):
        return network.partial_fit(train.x, train.y, classes=[0, 1]).predict_proba(test.x)


def linear(train, test):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression().fit(train.x, train.y).predict_proba(test.x)


def last(train, test):
    return test.x[:, 1]


def regression(train, test):
    from sklearn.linear_model import LinearRegression

    return LinearRegression().fit(train.x, train.y).predict(test.x)


def dense(input_shape, outputs):
    return keras.Sequential([layers.Input(input_shape), layers.Dense(outputs, "softmax")])


LINEAR, NEAR = Recipe(Fit(linear)), Recipe(Fit(near))
NETWORK = Recipe(Stage(dense, epochs=3, batch_size=20, optimizer=lambda: keras.optimizers.SGD(0.5)))


@pytest.fixture
def official(new_experiment, tmp_path):
    def run(claim=None, arms=(LINEAR, NEAR), **options):
        experiment = new_experiment(**options)
        return experiment.compare(
            arms[0], against=arms[1], on=DATA, claim=claim or beats("accuracy", by=0.02), design=SPLIT
        )

    return run


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path)


@pytest.mark.parametrize("metric", ["accuracy", "log_loss", "roc_auc"])
def test_an_official_test_set_is_judged_over_seeds_and_rows(official, store, metric):
    evidence = official(beats(metric, by=0.02))

    assert (evidence.verdict, evidence.design.kind, evidence.design.repeats) == ("supported", "fixed split", 5)
    estimate = evidence.estimate
    assert (estimate.scope, estimate.seeds, estimate.cell_count) == ("any seeds, on rows like these", 5, None)
    assert estimate.effect == pytest.approx(np.mean(evidence.differences), abs=1e-6)
    # The control arm has other weights in each seed, and the treatment arm does not depend on it.
    assert [len(set(map(tuple, arm.values))) > 1 for arm in evidence.arms] == [False, True]
    on_these = next(each for each in estimate.scopes if each.scope == "any seeds, on this test set")
    assert on_these.standard_error < estimate.standard_error
    assert evidence.row_scores.form == ("bits" if metric == "accuracy" else "float32")
    assert store.read_row_scores(evidence).shape == (2, 5, 200)
    assert recheck(evidence, store, None) == []
    assert "other training rows may give another answer" in str(evidence)
    assert "Fixed split: It is about training on these training rows" in render([evidence])


def test_where_the_arms_differ_is_told_by_class_and_attribute(official):
    evidence = official()

    assert [part.part for part in evidence.parts] == ["all rows", "class 0", "class 1", "site 0", "site 1"]
    assert evidence.parts[0].effect == pytest.approx(evidence.estimate.effect, abs=1e-6)
    assert f"better on {evidence.parts[0].better} of 200 under every seed" in str(evidence)


def test_networks_are_scored_as_they_were_trained_and_as_they_are_stored(official, new_experiment, store):
    claim = beats("accuracy")
    trained = official(claim, arms=(LINEAR, NETWORK))
    again = official(claim, arms=(LINEAR, NETWORK))

    assert (trained.timings.trained, again.timings.trained, again.timings.reused) == (10, 0, 10)
    assert again.estimate == trained.estimate
    assert recheck(again, store, None) == []


def test_one_seed_is_judged_for_this_training_alone(new_experiment, store):
    split = FixedSplit(train=range(200), test=range(200, 400), seeds=1)
    evidence = new_experiment().compare(LINEAR, against=NEAR, on=DATA, claim=beats("accuracy"), design=split)

    assert evidence.estimate.scope == "these trainings, on rows like these"
    assert evidence.verdict in ("supported", "refuted", "inconclusive")
    assert recheck(evidence, store, None) == []


def test_one_arm_reaches_a_bar_on_an_official_test_set(new_experiment, store):
    evidence = new_experiment().measure(LINEAR, on=DATA, claim=reaches("accuracy", bar=0.6), design=SPLIT)

    assert (evidence.verdict, evidence.finding) == ("supported", "reached")
    assert recheck(evidence, store, None) == []


def test_arms_that_agree_on_every_row_match(new_experiment, store):
    def same(train, test):
        return linear(train, test)

    evidence = new_experiment().compare(
        Recipe(Fit(same)), against=LINEAR, on=DATA, claim=matches("accuracy", within=0.02), design=SPLIT
    )

    assert (evidence.verdict, evidence.finding) == ("supported", "equivalent")
    assert recheck(evidence, store, None) == []


def test_an_undecided_claim_says_how_many_seeds_would_decide_it(official):
    evidence = official(beats("accuracy", by=0.1))

    assert evidence.verdict in ("inconclusive", "refuted", "supported")
    assert official(beats("accuracy", by=0.1)).power is not None


def test_a_later_run_knows_the_power_of_the_split(official):
    first = official(beats("log_loss"))
    second = official(beats("log_loss"))

    assert (first.power, second.power is not None) == (None, True)
    assert second.power.floor <= second.power.equivalence < second.power.detectable
    assert second.verdict == first.verdict


def test_a_time_series_is_judged_row_by_row(new_experiment, store):
    evidence = new_experiment().compare(
        Recipe(Fit(regression)), against=Recipe(Fit(last)), on=SERIES, claim=beats("mae"), design=TimeSeries(4, gap=1)
    )

    assert evidence.verdict != "invalid"
    assert (evidence.estimate.scope, evidence.estimate.rows) == ("this stretch of time", 236)
    assert np.shape(evidence.differences) == (1, 4)
    assert evidence.estimate.effect == pytest.approx(np.mean(evidence.differences), abs=1e-6)
    assert recheck(evidence, store, None) == []
    assert "this stretch of time" in str(evidence)


def test_a_fit_that_returns_numbers_cannot_be_judged_by_rows(new_experiment):
    rank = Metric("rank", higher_is_better=True, unit="rank")
    recipe = Recipe(Fit(lambda train, test: {"rank": 1.0}, metrics=(rank,)))

    with pytest.raises(InputError, match="not computed of predictions"):
        new_experiment().measure(recipe, on=DATA, claim=reaches("rank", bar=0), design=SPLIT)


def edit(store, evidence, **fields):
    path = store.evidence_path(evidence.hypothesis)
    content = json.loads(path.read_text()) | fields
    content.pop("digest")
    path.write_text(json.dumps(content | {"digest": digest_of(content)}))
    return store.read_evidence(path)


def test_scores_of_rows_that_are_not_those_of_the_replicates_are_found(official, store):
    evidence = official()
    forged = np.ones((2, 5, 200))
    forged[1] = 0
    record = store.write_row_scores(evidence.hypothesis, forged, "rows")

    problems = recheck(edit(store, evidence, row_scores=record.model_dump()), store, None)

    assert [
        f"{role} arm: the scores of single rows do not have its metric as their mean" in problems
        for role in ("treatment", "control")
    ] == [True, True]


@pytest.mark.parametrize("change", ["cut", "flip", "gone"])
def test_a_damaged_file_of_row_scores_is_found(official, store, change):
    evidence = official()
    path = store.evidence_folder(evidence.hypothesis) / evidence.row_scores.file
    content = path.read_bytes()
    if change == "gone":
        path.unlink()
    else:
        path.write_bytes(content[:-1] if change == "cut" else bytes([content[0] ^ 255]) + content[1:])

    assert recheck(evidence, store, None) == ["it cannot be recomputed: The row scores are missing or damaged."]


def test_evidence_without_the_scores_it_was_judged_by_is_found(official, store):
    evidence = official()

    assert recheck(edit(store, evidence, row_scores=None), store, None)[0] == (
        "it has no scores of single rows, by which its design judges"
    )
