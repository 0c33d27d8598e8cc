"""What estimators predict: probabilities of classes or labels, scores where there are none; other libraries too."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.multiclass import OneVsRestClassifier
from sklearn.multioutput import ClassifierChain, MultiOutputClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import SVC, LinearSVC

from negres_core import Dataset, Estimator, FixedSplit, Recipe, beats, reaches
from negres_core.arms.estimator import FitAndPredict, make_estimator
from negres_core.design import Cell, KFolds
from negres_core.engine.contract import Job
from negres_core.engine.device import Device
from negres_core.engine.fits import train
from negres_core.errors import InputError
from negres_core.metrics import RankedLabels, of_probabilities, recorded_names

RNG = np.random.default_rng(5)
X = RNG.normal(size=(90, 4))
LABELS = Dataset(x=X, y=(X[:, 0] + RNG.normal(size=90) > 0).astype(int) + (X[:, 1] > 1), name="labels")
SEVERAL = Dataset(x=X, y=(X[:, :3] + RNG.normal(size=(90, 3)) > 0).astype(int), name="three labels a row")
CELL = Cell(0, 0, np.arange(60, dtype=np.int32), np.arange(60, 90, dtype=np.int32))
CPU = Device("cpu", "a processor", "tensorflow", 1)


def machine():
    return LinearSVC()


def result_of(make, data):
    [(_, result)] = train(Recipe(Estimator(make)), data, [Job(CELL, 0)], device=CPU)
    return result


def predict(make, data, train=None):
    return FitAndPredict(make)(train or data, data, seed=0, outputs=data.outputs)


def test_an_estimator_without_probabilities_has_the_metrics_of_ranks():
    result = result_of(machine, LABELS)
    fitted = make_estimator(machine, seed=0).fit(LABELS.x[CELL.train], LABELS.y[CELL.train])
    expected = of_probabilities.roc_auc(LABELS.y[CELL.test], fitted.decision_function(LABELS.x[CELL.test]))

    assert result.metrics["roc_auc"] == pytest.approx(expected, abs=0.02)  # its seed differs
    assert {"average_precision", "top_2"} <= result.metrics.keys()
    assert {"log_loss", "brier", "ece"}.isdisjoint(result.metrics)


def test_scores_of_pairs_of_classes_are_none_of_a_class():
    def one_against_one():
        return SVC(decision_function_shape="ovo")

    assert not isinstance(predict(one_against_one, LABELS), RankedLabels)
    assert predict(SVC, LABELS).scores.shape == (90, 3)
    assert predict(lambda: make_pipeline(StandardScaler(), SVC()), LABELS).scores.shape == (90, 3)


def test_a_class_that_is_not_seen_ranks_last():
    ranked = predict(machine, LABELS, train=LABELS.take(np.flatnonzero(LABELS.y < 2)))

    assert np.array_equal(ranked.scores[:, :2].argmax(axis=1), ranked)
    assert (ranked.scores[:, 2] < ranked.scores[:, :2].min()).all()


@pytest.mark.parametrize(
    "make",
    [
        lambda: RandomForestClassifier(20),
        lambda: MultiOutputClassifier(LogisticRegression()),
        lambda: ClassifierChain(LogisticRegression()),
        lambda: OneVsRestClassifier(LogisticRegression()),
        lambda: make_pipeline(StandardScaler(), RandomForestClassifier(20)),
    ],
    ids=["forest", "each alone", "chain", "one against the rest", "pipeline"],
)
def test_the_probability_of_each_of_several_labels_is_predicted(make):
    result = result_of(make, SEVERAL)

    assert result.outputs.shape == (30, 3)
    assert set(result.metrics) == set(recorded_names("multilabel"))
    assert result.metrics["roc_auc"] > 0.6


@pytest.mark.parametrize("always", [0, 1])
def test_a_label_that_is_the_same_in_all_of_training_is_certain(always):
    y = SEVERAL.y.copy()
    y[:, 1] = always

    probabilities = predict(lambda: RandomForestClassifier(5), SEVERAL, train=Dataset(x=X, y=y, name="known"))

    assert (probabilities[:, 1] == always).all()
    assert 0 < probabilities[:, 0].mean() < 1


def test_several_labels_without_probabilities_have_scores():
    ranked = predict(lambda: OneVsRestClassifier(LinearSVC()), SEVERAL)

    assert ranked.shape == ranked.scores.shape == (90, 3)
    assert np.array_equal(ranked.scores > 0, ranked == 1)


class Strange(RandomForestClassifier):
    """It returns probabilities of something else."""

    def predict_proba(self, x):
        return np.zeros((len(x), 7))


def test_probabilities_of_something_else_than_each_label_are_refused():
    with pytest.raises(InputError, match="does not return a probability for each label") as caught:
        predict(Strange, SEVERAL)
    assert "MultiOutputClassifier" in caught.value.remedy


class Seeded(LogisticRegression):
    """An estimator of a library that calls its seed otherwise."""

    def __init__(self, seed=None, random_seed=None):
        super().__init__()
        self.seed, self.random_seed = seed, random_seed


def test_seeds_of_other_names_are_set():
    made = make_estimator(lambda: Seeded(random_seed=3), seed=7)

    assert (made.seed, made.random_seed) == (7, 3)


def test_ranks_are_judged_row_by_row_on_an_official_split(new_experiment):
    evidence = new_experiment().measure(
        Recipe(Estimator(machine)),
        on=LABELS,
        claim=reaches("roc_auc", bar=0.5),
        design=FixedSplit(train=range(60), test=range(60, 90), seeds=2),
    )

    assert evidence.estimate is not None
    assert evidence.estimate.effect == pytest.approx(result_of(machine, LABELS).metrics["roc_auc"] - 0.5, abs=0.05)


def boosted():
    lightgbm = pytest.importorskip("lightgbm")
    return lightgbm.LGBMClassifier(n_estimators=10, min_child_samples=2, n_jobs=1, verbose=-1, subsample=0.5)


def network():
    skorch = pytest.importorskip("skorch")
    torch = pytest.importorskip("torch")
    layers = torch.nn.Sequential(torch.nn.Linear(4, 16), torch.nn.ReLU(), torch.nn.Linear(16, 3), torch.nn.Softmax(-1))
    return skorch.NeuralNetClassifier(layers, max_epochs=5, lr=0.1, verbose=0, train_split=None, classes=[0, 1, 2])


def histograms():
    return HistGradientBoostingClassifier(max_iter=10)


def calibrated():
    return CalibratedClassifierCV(LinearSVC(), cv=3)


@pytest.mark.parametrize("make", [boosted, network, calibrated, histograms])
def test_estimators_of_other_libraries_have_all_metrics_and_repeat_by_their_seed(make):
    first, again = (result_of(make, LABELS) for _ in range(2))

    assert set(first.metrics) == set(recorded_names("classification", classes=3))
    assert first.metrics == again.metrics
    assert np.array_equal(first.outputs, again.outputs)


def test_an_estimator_that_needs_more_rows_than_a_small_run_has_is_judged_without_it(new_experiment):
    """Its small runs would fail, and nothing is wrong with it."""
    from sklearn.neighbors import KNeighborsClassifier

    x = np.random.default_rng(1).normal(size=(400, 3))
    data, notes = Dataset(x=x, y=(x[:, 0] > 0).astype(int), name="halves"), []

    evidence = new_experiment(controls="all", note=notes.append).compare(
        Recipe(Estimator(lambda: KNeighborsClassifier(170))),
        against=Recipe(Estimator(lambda: KNeighborsClassifier(1))),
        on=data,
        claim=beats("accuracy"),
        design=KFolds(folds=3, repeats=1),
    )

    assert evidence.status == "finished"
    assert evidence.verdict != "invalid", evidence
    [note] = notes
    assert "the small runs of <lambda> are left out, since on 150 rows it fails: Expected n_neighbors" in note
    found = {finding.control: finding.found for finding in evidence.controls}
    assert "control arm" in found["permuted labels"]
    assert "treatment arm" not in found["permuted labels"]
