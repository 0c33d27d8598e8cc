"""Estimators as arms: controlled, judged, verified and found again like any other arm, and their faults are found."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from negres_core import Dataset, Estimator, FixedSplit, Recipe, beats, reaches
from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.recheck import recompute

RNG = np.random.default_rng(8)
X = RNG.normal(size=(300, 4))
ODD = (X[:, 0] > 0) ^ (X[:, 1] > 0)
LABELS = Dataset(x=X, y=(ODD ^ (RNG.uniform(size=300) < 0.1)).astype(int), name="exclusive or")
VALUES = Dataset(x=X, y=np.abs(X[:, 0]) + 0.1 * RNG.normal(size=300), name="distances")
DESIGN = KFolds(folds=3, repeats=2)


def boosting():
    return HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8)


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression())


def forest():
    return RandomForestRegressor(10, max_depth=4)


def ridge():
    return Ridge()


def findings_of(evidence):
    return {finding.control: finding for finding in evidence.controls}


def test_two_estimators_are_compared_under_all_controls(new_experiment, tmp_path):
    def compare(metric):
        return new_experiment(controls="all").compare(
            Recipe(Estimator(boosting)),
            against=Recipe(Estimator(logistic)),
            on=LABELS,
            claim=beats(metric, by=0.05),
            design=DESIGN,
        )

    evidence = compare("roc_auc")
    other = compare("log_loss")

    assert evidence.verdict == "supported", evidence
    assert [arm.recipe for arm in evidence.arms] == ["boosting", "logistic"]
    of_harness = {"blind fit", "captured data", "disjoint folds", "equal arms", "finite", "paired cells"}
    of_data = {"duplicates", "headroom", "label leak", "majority class", "row alignment", "serial order"}
    assert of_harness | of_data <= set(findings_of(evidence))
    assert all(finding.passed for finding in evidence.controls)
    assert recompute(evidence, Store(tmp_path)) == evidence
    assert (other.verdict, other.timings.trained) == ("supported", 0)


def test_estimators_predict_values(new_experiment):
    evidence = new_experiment(controls="all").compare(
        Recipe(Estimator(forest)),
        against=Recipe(Estimator(ridge)),
        on=VALUES,
        claim=beats("r2", by=0.1),
        design=DESIGN,
    )

    assert evidence.verdict == "supported", evidence


def test_seeds_of_an_official_split_differ(new_experiment, tmp_path):
    def half_boosting():
        return HistGradientBoostingClassifier(max_iter=20, max_leaf_nodes=8, max_features=0.5)

    evidence = new_experiment().measure(
        Recipe(Estimator(half_boosting)),
        on=LABELS,
        claim=reaches("accuracy", bar=0.7),
        design=FixedSplit(train=range(200), test=range(200, 300), seeds=3),
    )

    stored = [Store(tmp_path).find(each) for each in evidence.arms[0].own_replicates]
    losses = [replicate.metrics["log_loss"] for replicate in stored]
    assert len(losses) == len(set(losses)) == 3


def test_an_estimator_that_holds_the_test_rows_is_invalid(new_experiment):
    fitted = StandardScaler().fit(LABELS.x)
    held = functools.partial(with_table, table=(LABELS.x, LABELS.y, fitted))

    evidence = new_experiment().measure(
        Recipe(Estimator(held)), on=LABELS, claim=reaches("accuracy", bar=0.6), design=DESIGN
    )

    assert evidence.verdict == "invalid"
    assert not findings_of(evidence)["captured data"].passed


def with_table(*, table):
    from sklearn.frozen import FrozenEstimator

    x, y, scaler = table
    return make_pipeline(scaler, FrozenEstimator(LogisticRegression().fit(scaler.transform(x), y)))


def test_an_estimator_without_probabilities_is_told_how_to_have_some(new_experiment):
    def machine():
        return LinearSVC()

    with pytest.raises(InputError, match="needs probabilities, but machine returns labels") as caught:
        new_experiment().measure(Recipe(Estimator(machine)), on=LABELS, claim=reaches("brier", bar=0.2), design=DESIGN)
    assert "CalibratedClassifierCV" in caught.value.remedy
