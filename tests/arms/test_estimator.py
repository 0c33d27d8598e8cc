"""Estimators are fitted anew in each cell, predict what they can, and repeat by their seed."""

from __future__ import annotations

import functools
import sys
import warnings
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.cluster import KMeans
from sklearn.decomposition import PCA
from sklearn.ensemble import GradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.svm import LinearSVC

from negres_core import Dataset, Estimator, Fit, Recipe
from negres_core.arms.estimator import FitAndPredict, make_estimator
from negres_core.design import Cell, KFolds
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.description import describe_recipe, packages_of_recipe
from negres_core.engine.device import Device
from negres_core.engine.fits import train
from negres_core.errors import InputError
from negres_core.metrics import recorded_names
from negres_core.provenance.reach import reachable_arrays

RNG = np.random.default_rng(5)
X = RNG.normal(size=(90, 4))
LABELS = Dataset(x=X, y=(X[:, 0] + RNG.normal(size=90) > 0).astype(int) + (X[:, 1] > 1), name="labels")
VALUES = Dataset(x=X, y=X[:, 0] + 0.1 * RNG.normal(size=90), name="values")
COLUMNS = Dataset(x=X, y=np.stack([X[:, 0], -X[:, 1]], axis=1), name="columns")
ONE_COLUMN = Dataset(x=X, y=X[:, :1], name="one column")
PIXELS = RNG.uniform(size=(40, 3, 3, 1))
IMAGES = Dataset(x=PIXELS, y=PIXELS, name="images")
CPU = Device("cpu", "a processor", keras.backend.backend(), 1)


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression())


def logistic_too():
    return make_pipeline(StandardScaler(), LogisticRegression())


def linear_machine():
    return LinearSVC()


def least_squares():
    return LinearRegression()


def forest():
    return RandomForestClassifier(5)


def forest_of_values():
    return RandomForestRegressor(5)


def cells(data):
    return list(KFolds(folds=3, repeats=1).split(data))


def results(recipe, data, *, seeds=1):
    jobs = [Job(cell, seed) for cell in cells(data) for seed in range(seeds)]
    return [result for _, result in train(recipe, data, jobs, device=CPU)]


def predict(make, data, *, seed=0, rows=None):
    """Fit on some rows of a data set, and predict all of them."""
    rows = np.arange(len(data)) if rows is None else rows
    return FitAndPredict(make)(data.take(rows), data, seed=seed, outputs=data.outputs)


def test_an_estimator_is_fitted_and_scored_like_a_function_that_does_the_same():
    def by_hand(train, test):
        return logistic().fit(train.flatten(), train.y).predict_proba(test.flatten())

    mine, theirs = (results(Recipe(fit), LABELS) for fit in (Estimator(logistic), Fit(by_hand)))

    assert set(mine[0].metrics) == set(recorded_names("classification", classes=3))
    assert [each.metrics for each in mine] == [each.metrics for each in theirs]
    assert mine[0].metrics["roc_auc"] > 0.6


def test_an_estimator_without_probabilities_predicts_labels():
    [result, *_] = results(Recipe(Estimator(linear_machine)), LABELS)

    assert (result.outputs.dtype.kind, result.outputs.ndim) == ("i", 1)
    assert {"log_loss", "brier", "ece"}.isdisjoint(result.metrics)
    assert result.metrics["accuracy"] > 0.4


def test_a_search_is_an_estimator():
    searched = GridSearchCV(logistic(), {"logisticregression__C": [0.1, 1.0]}, cv=2)

    assert predict(lambda: searched, LABELS).shape == (90, 3)


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_class_without_a_row_in_training_has_the_probability_0(missing):
    rows = np.flatnonzero(LABELS.y != missing)
    probabilities = predict(logistic, LABELS, rows=rows)
    known = [each for each in range(3) if each != missing]

    expected = logistic().fit(LABELS.x[rows], LABELS.y[rows]).predict_proba(LABELS.x)
    np.testing.assert_allclose(probabilities[:, known], expected, rtol=1e-6)
    assert (probabilities[:, missing] == 0).all()


def test_a_fold_without_the_last_class_is_scored():
    y = np.array([0, 1] * 10 + [2] * 10)
    data = Dataset(x=np.linspace(0, 1, 30)[:, None], y=y, name="a class that is new")
    job = Job(Cell(0, 0, np.arange(12, dtype=np.int32), np.arange(12, 30, dtype=np.int32)), 0)

    [(_, result)] = train(Recipe(Estimator(logistic)), data, [job], device=CPU)

    assert result.outputs.shape == (18, 3)
    assert result.metrics["recall"] <= 1 / 3


class Network(ClassifierMixin, BaseEstimator):
    """Stand for a network of skorch, which has an output for each class, whichever it has seen."""

    def __init__(self, outputs=3):
        self.outputs = outputs

    def fit(self, x, y):
        assert (x.dtype, y.dtype, x.flags.writeable) == (np.float32, np.int64, True)
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, x):
        return np.full((len(x), self.outputs), 1 / self.outputs, np.float32)

    def predict(self, x):
        raise AssertionError("it has probabilities")


def test_a_network_may_have_an_output_for_each_class_of_the_data_set():
    assert predict(Network, LABELS, rows=np.flatnonzero(LABELS.y != 1)).shape == (90, 3)
    with pytest.raises(InputError, match="does not return a probability for each class") as caught:
        predict(lambda: Network(5), LABELS)
    assert "shape (90, 5) for 3 classes" in caught.value.received


@pytest.mark.parametrize("data", [VALUES, COLUMNS, ONE_COLUMN, IMAGES], ids=lambda data: data.name)
def test_values_are_predicted_in_the_shape_of_the_targets(data):
    [result, *_] = results(Recipe(Estimator(least_squares)), data)

    assert result.outputs.shape == data.y[cells(data)[0].test].shape
    assert result.metrics["r2"] > 0.9


def test_an_estimator_for_one_column_of_targets_is_told_how_to_predict_several():
    with pytest.raises(InputError, match="takes one column of targets") as caught:
        predict(GradientBoostingRegressor, COLUMNS)
    assert "MultiOutputRegressor" in caught.value.remedy


def test_another_mistake_in_fitting_is_raised_as_it_is():
    with pytest.raises(ValueError, match="n_components") as caught:
        predict(lambda: make_pipeline(PCA(50), LinearRegression()), COLUMNS)
    assert not isinstance(caught.value, InputError)


def test_several_inputs_stand_side_by_side():
    both = Dataset(x={"b": X[:, :1], "a": X[:, 1:].reshape(-1, 3, 1)}, y=LABELS.y, name="both")
    alone = Dataset(x=np.roll(X, -1, axis=1), y=LABELS.y, name="alone")

    np.testing.assert_array_equal(predict(logistic, both), predict(logistic, alone))


@pytest.mark.parametrize("make", [forest, lambda: make_pipeline(StandardScaler(), forest())], ids=["alone", "nested"])
def test_each_replicate_has_its_own_random_numbers_and_can_be_repeated(make):
    recipe = Recipe(Estimator(make))
    first = [result.outputs for result in results(recipe, LABELS, seeds=2)]
    np.random.seed(1)  # noqa: NPY002 # it is the global generator that is disturbed here
    again = [result.outputs for result in results(recipe, LABELS, seeds=2)]

    assert not np.array_equal(first[0], first[1])
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)


def test_the_seed_is_given_to_what_has_none():
    def of_seed(seed):
        return make_pipeline(PCA(2), RandomForestClassifier(random_state=seed + 1))

    preset = functools.partial(of_seed, seed=3)
    states = {"pca": lambda made: made[0].random_state, "forest": lambda made: made[1].random_state}

    for make, expected in ((of_seed, (7, 8)), (preset, (7, 4)), (lambda: of_seed(40), (7, 41))):
        made = make_estimator(make, seed=7)
        assert tuple(read(made) for read in states.values()) == expected
    assert make_estimator(lambda seed=5: RandomForestClassifier(seed), seed=7).n_estimators == 7


def test_pytorch_is_seeded_if_it_is_there(monkeypatch):
    seeds = []
    monkeypatch.setitem(sys.modules, "torch", SimpleNamespace(manual_seed=seeds.append))

    make_estimator(Network, seed=7)

    assert seeds == [7]


def test_each_cell_has_a_new_estimator_although_the_function_returns_one_object():
    shared = MLPClassifier((2,), max_iter=1, warm_start=True)
    with pytest.warns(ConvergenceWarning):
        twice = [predict(lambda: shared, LABELS) for _ in range(2)]

    np.testing.assert_array_equal(*twice)
    assert shared.random_state is None
    assert not hasattr(shared, "coefs_")


def test_a_warning_has_the_name_of_the_function_and_is_shown_once():
    def impatient():
        return LogisticRegression(max_iter=1)

    def fit_twice():
        return GridSearchCV(impatient(), {"C": [1.0]}, cv=2)

    with pytest.warns(ConvergenceWarning, match="^fit_twice: lbfgs failed to converge") as caught:
        predict(fit_twice, LABELS)
    assert len(caught) == 1
    assert caught[0].filename.endswith("_logistic.py")


def test_a_warning_that_is_filtered_is_not_shown():
    with warnings.catch_warnings(record=True) as caught:
        warnings.filterwarnings("ignore", category=ConvergenceWarning, module="sklearn")
        predict(lambda: LogisticRegression(max_iter=1), LABELS)
    assert caught == []


def test_the_description_has_the_function_and_the_digest_what_it_reaches():
    deep = [functools.partial(RandomForestClassifier, max_depth=depth) for depth in (2, 3)]
    recipes = [Recipe(Estimator(make)) for make in (logistic, logistic_too, forest, *deep)]
    described = [describe_recipe(recipe, LABELS) for recipe in recipes]

    assert described[0].fit.compute == "logistic"
    assert described[0].fit.source.startswith("def logistic():")
    assert described[3].fit.compute == str(recipes[3]) == "RandomForestClassifier(max_depth=2)"
    assert described[0].digest == described[1].digest
    assert len({each.digest for each in described}) == 4
    assert any(each.startswith("scikit-learn==") for each in packages_of_recipe(recipes[0]))


def test_estimators_are_equal_if_their_functions_are():
    assert Recipe(Estimator(forest)) == Recipe(Estimator(forest))
    assert Recipe(Estimator(forest)) != Recipe(Estimator(logistic))


def test_data_that_the_function_holds_are_reached():
    held = LABELS.x

    def prefitted():
        return make_pipeline(StandardScaler().fit(held), LogisticRegression())

    assert any(array is held for array in reachable_arrays(Estimator(prefitted).compute))


@pytest.mark.parametrize(
    ("make", "wrong", "remedy"),
    [
        (LogisticRegression(), "An Estimator takes a function .* and an estimator was given", "return LogisticRegr"),
        (RandomForestClassifier, "An Estimator takes a function .* and an estimator was given", "def make"),
        (None, "An Estimator takes a function", "not its result"),
        (lambda train, test: test, "<lambda> is called without arguments", "belongs in a Fit"),
        (lambda depth, seed: depth, "<lambda> is called without arguments", "functools.partial"),
    ],
)
def test_refuses_what_does_not_make_an_estimator(make, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        Estimator(make)
    assert remedy in caught.value.remedy


def test_arguments_of_a_fit_are_explained():
    with pytest.raises(InputError, match="An estimator has no argument `inherits`") as caught:
        Estimator(forest, inherits=forest)
    assert "Recipe(Fit(compute, inherits=...))" in caught.value.remedy


@pytest.mark.parametrize(
    ("made", "remedy"),
    [
        (None, "Return one such as"),
        (LogisticRegression, "Return one such as"),
        (PCA(), "A transformer does not predict"),
    ],
    ids=["nothing", "a class", "a transformer"],
)
def test_refuses_what_is_no_estimator(made, remedy):
    with pytest.raises(InputError, match="has to return an unfitted estimator") as caught:
        predict(lambda: made, LABELS)
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("make", "data", "wrong"),
    [
        (forest_of_values, LABELS, "are class labels, and forest_of_values does not return a classifier"),
        (lambda: KMeans(2), LABELS, "does not return a classifier"),
        (forest, VALUES, "are values, and forest does not return a regressor"),
        (forest, IMAGES, "are values, and forest does not return a regressor"),
    ],
)
def test_refuses_an_estimator_of_another_kind(make, data, wrong):
    with pytest.raises(InputError, match=wrong):
        predict(make, data)


class Bare:
    """An estimator that derives from nothing."""

    def fit(self, x, y):
        return self

    def predict(self, x):
        return np.zeros(len(x), int)

    def get_params(self, deep=True):
        return {}

    def set_params(self):
        return self


def test_an_estimator_need_not_say_what_it_is():
    assert predict(Bare, LABELS).tolist() == [0] * 90


def test_an_estimator_passes_the_checks_of_a_recipe():
    check_recipe(Recipe(Estimator(logistic)), LABELS)


def test_a_classifier_predicts_the_probability_of_each_of_several_labels():
    from sklearn.ensemble import RandomForestClassifier

    from negres_core.arms.estimator import FitAndPredict

    x = np.random.default_rng(0).normal(size=(60, 3))
    data = Dataset(x=x, y=(x > [0, 0.5, -0.5]).astype(int), name="several")
    predicted = FitAndPredict(lambda: RandomForestClassifier(20, random_state=0))(data, data, seed=0, outputs=3)

    assert (predicted.dtype.kind, predicted.shape) == ("f", (60, 3))
    assert np.mean((predicted > 0.5) == data.y) > 0.95
