"""Fits and estimators are given the weights of their training fold, and resampled rows."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from imblearn.over_sampling import RandomOverSampler
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from negres_core import Dataset, Estimator, Fit, Recipe
from negres_core.arms.estimator import weight_argument
from negres_core.design import KFolds
from negres_core.engine.contract import Job
from negres_core.engine.device import Device
from negres_core.engine.fits import train
from negres_core.errors import InputError
from tests.engine.examples import CLASSES

RNG = np.random.default_rng(5)
X = RNG.normal(size=(90, 4))
LABELS = Dataset(x=X, y=(X[:, 0] + RNG.normal(size=90) > 0).astype(int) + (X[:, 1] > 1), name="labels")
CPU = Device("cpu", "a processor", keras.backend.backend(), 1)


def logistic():
    return make_pipeline(StandardScaler(), LogisticRegression())


def neighbours():
    return KNeighborsClassifier()


def majority(train, test):
    return np.full(len(test), np.bincount(train.y).argmax())


def cells(data):
    return list(KFolds(folds=2, repeats=1).split(data))


def results(recipe, data):
    return [result for _, result in train(recipe, data, [Job(cell, 0) for cell in cells(data)], device=CPU)]


def test_a_fit_finds_the_weights_of_its_training_fold_and_none_of_its_test_fold():
    """What the weights tell of a test row's target, no fit can know."""
    seen = []

    def remember(train, test):
        seen.append((train.sample_weight, test.sample_weight))
        return majority(train, test)

    weights = np.linspace(1, 2, len(CLASSES))
    data = Dataset(x=CLASSES.x, y=CLASSES.y, name="weighted", sample_weight=weights)
    results(Recipe(Fit(remember)), data)
    for cell, (of_train, of_test) in zip(cells(data), seen, strict=True):
        np.testing.assert_array_equal(of_train, data.sample_weight[cell.train])
        assert of_test is None


def test_a_fit_is_given_resampled_rows_to_learn_from_and_the_test_fold_as_it_is():
    seen = []

    def remember(train, test):
        seen.append((train, test))
        return majority(train, test)

    y = np.repeat([0, 1], [41, 20])
    data = Dataset(x=CLASSES.x, y=y, name="rare", groups=np.arange(61), attributes={"age": np.arange(61.0)})
    results(Recipe(Fit(remember), preprocess=MinMaxScaler, resample=RandomOverSampler), data)
    for cell, (train_fold, test_fold) in zip(cells(data), seen, strict=True):
        assert np.bincount(train_fold.y).tolist() == [np.sum(y[cell.train] == 0)] * 2
        assert train_fold.x.min() >= -1e-6
        assert (train_fold.groups, dict(train_fold.attributes)) == (None, {})
        np.testing.assert_array_equal(test_fold.y, y[cell.test])
        np.testing.assert_array_equal(test_fold.attributes["age"], cell.test)


def weighted(data, **changes):
    arrays = {"x": data.x, "y": data.y, "name": "weighted", "sample_weight": np.linspace(0.1, 9, len(data))}
    return Dataset(**arrays | changes)


def test_weights_of_the_training_fold_are_given_to_the_estimator():
    """The last step of a Pipeline is given them."""
    data = weighted(LABELS)
    cell = cell_of(data)
    ((_, result),) = train(Recipe(Estimator(logistic)), data, [Job(cell, 0)], device=CPU)
    x, y, weights = data.x[cell.train], data.y[cell.train], data.sample_weight[cell.train]
    expected = logistic().fit(x, y, logisticregression__sample_weight=weights).predict_proba(data.x[cell.test])
    np.testing.assert_allclose(result.outputs, expected, rtol=1e-6)
    unweighted = logistic().fit(x, y).predict_proba(data.x[cell.test])
    assert np.abs(result.outputs - unweighted).max() > 0.01


@pytest.mark.parametrize(
    ("estimator", "argument"),
    [
        (LogisticRegression(), "sample_weight"),
        (make_pipeline(StandardScaler(), LogisticRegression()), "logisticregression__sample_weight"),
        (
            make_pipeline(StandardScaler(), make_pipeline(LinearRegression())),
            "pipeline__linearregression__sample_weight",
        ),
        (GridSearchCV(LogisticRegression(), {"C": [1.0]}), "sample_weight"),
        (GridSearchCV(make_pipeline(LogisticRegression()), {}), "logisticregression__sample_weight"),
        (KNeighborsClassifier(), None),
        (make_pipeline(StandardScaler(), KNeighborsClassifier()), None),
        (GridSearchCV(KNeighborsClassifier(), {}), None),
    ],
)
def test_weights_find_the_estimator_that_takes_them(estimator, argument):
    assert weight_argument(estimator) == argument


def test_an_estimator_that_takes_no_weights_is_refused_if_there_are_some():
    recipe = Recipe(Estimator(neighbours))
    list(train(recipe, LABELS, [Job(cell_of(LABELS), 0)], device=CPU))
    with pytest.raises(InputError, match="neighbours does not take sample weights") as caught:
        list(train(recipe, weighted(LABELS), [Job(cell_of(LABELS), 0)], device=CPU))
    assert "train.sample_weight" in caught.value.remedy


def test_an_estimator_is_fitted_on_resampled_rows():
    fitted = []

    class Remembering(LogisticRegression):
        def fit(self, x, y):
            fitted.append(np.bincount(y))
            return super().fit(x, y)

    def remembering():
        return Remembering()

    recipe = Recipe(Estimator(remembering), resample=RandomOverSampler)
    list(train(recipe, LABELS, [Job(cell_of(LABELS), 0)], device=CPU))
    assert len(set(fitted[0].tolist())) == 1
    assert fitted[0][0] == np.bincount(LABELS.y[cell_of(LABELS).train]).max()


def cell_of(data):
    return next(iter(KFolds(folds=3, repeats=1).split(data)))
