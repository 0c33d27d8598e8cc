"""Learners: fits that are those of scikit-learn, true values that a large sample confirms, and rows that add up."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, Ridge
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.validation import learners
from benchmarks.validation.learners import Case, Population
from negres_core.design import Holdout, KFolds

REGRESSION = Population(30, 4)
CLASSES = Population(30, 4, distance=0.8)
TEST = np.arange(30).reshape(5, 6)


@pytest.mark.parametrize(("penalty", "theirs"), [(0.0, LinearRegression()), (10.0, Ridge(alpha=10.0))])
def test_a_linear_fit_is_that_of_scikit_learn(penalty, theirs):
    (sample,) = REGRESSION.sample(np.random.default_rng(0), 2, twins=False)

    predicted = learners.predict(Case("one", "mse", REGRESSION), sample, TEST, penalty)

    train = np.setdiff1d(np.arange(30), TEST[2])
    fitted = theirs.fit(sample.x[1, train], sample.y[1, train])
    assert predicted[1, 2] == pytest.approx(fitted.predict(sample.x[1, TEST[2]]))


def test_the_nearest_neighbour_is_that_of_scikit_learn():
    (sample,) = CLASSES.sample(np.random.default_rng(0), 2, twins=False)

    predicted = learners.predict(Case("one", "accuracy", CLASSES, "nearest neighbour"), sample, TEST, 0.0)

    train = np.setdiff1d(np.arange(30), TEST[2])
    fitted = KNeighborsClassifier(1).fit(sample.x[1, train], sample.y[1, train])
    assert predicted[1, 2].tolist() == fitted.predict(sample.x[1, TEST[2]]).tolist()


@pytest.mark.parametrize(
    ("population", "metric"),
    [
        (REGRESSION, "mse"),
        (REGRESSION, "mae"),
        (Population(30, 4, dof=5), "mse"),
        (CLASSES, "accuracy"),
    ],
)
def test_the_expected_score_is_that_on_many_new_rows(population, metric):
    generator = np.random.default_rng(3)
    weights = generator.normal(0.5, 0.2, size=(1, 5))
    many = Population(200_000, 4, population.distance, population.dof)
    (sample,) = many.sample(generator, 1, twins=False)

    outputs = (learners.with_intercept(sample.x) @ weights[0])[0]

    expected = population.expected_scores(weights, metric)[0]
    assert learners.score(outputs, sample.y[0], metric) == pytest.approx(expected, rel=0.01)


def test_twins_see_different_features_of_the_same_rows():
    one, other = CLASSES.sample(np.random.default_rng(0), 3, twins=True)

    assert one.x.shape == other.x.shape == (3, 30, 4)
    assert not np.array_equal(one.x, other.x)
    assert np.array_equal(one.y, other.y)


@pytest.mark.parametrize("case", [Case("one", "mse", REGRESSION), Case("least squares and ridge", "mse", REGRESSION)])
def test_the_true_effect_is_the_mean_of_many_cross_validations(case, monkeypatch):
    monkeypatch.setattr(learners, "TRUTH_FITS", 5_000)

    cells = learners.differences(case, KFolds(folds=5, repeats=1), 2_000, np.random.default_rng(0))

    means = cells.mean(axis=(1, 2))
    assert abs(means.mean() - learners.true_effect(case, 5)) < 5 * means.std() / np.sqrt(2_000)


def test_a_group_is_tested_as_a_whole():
    cells = learners.group_differences(KFolds(folds=3, repeats=1), 3, 10, np.random.default_rng(0))

    assert cells.shape == (10, 1, 3)
    effects = np.random.default_rng(0).standard_normal((10, 3))
    assert np.sort(cells[:, 0]) == pytest.approx(np.sort(effects))


def test_rows_name_their_case_and_count_runs(monkeypatch):
    monkeypatch.setattr(learners, "CASES", (Case("twins", "mse", REGRESSION), Case("one", "accuracy", CLASSES)))
    monkeypatch.setattr(learners, "DESIGNS", (KFolds(5, repeats=2), Holdout(0.2, splits=10)))
    monkeypatch.setattr(learners, "UNEQUAL_GROUPS", (4,))
    monkeypatch.setattr(learners, "GROUPS", ((3, 2, 3), (3, 2, 4)))
    monkeypatch.setattr(learners, "TRUTH_FITS", 200)

    rows = list(learners.simulate(12))

    assert [(row["kind"], row["repeats"], row["looks"]["runs"]) for row in rows] == [
        ("least squares twins, mse, 30 rows, 4 features", 2, 12),
        ("least squares twins, mse, 30 rows, 4 features, random splits", 2, 12),
        ("least squares, accuracy 0.79, 30 rows, 4 features", 2, 12),
        ("least squares, accuracy 0.79, 30 rows, 4 features, random splits", 2, 12),
        ("4 unequal groups, leave one group out", 1, 120),
        ("3 groups", 1, 120),
        ("4 groups", 2, 120),
    ]
    names = [str(case) for case in learners.CASES]
    assert len(set(names)) == len(names)
