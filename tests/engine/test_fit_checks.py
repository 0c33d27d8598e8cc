"""A fit and a transformer are checked before anything is computed."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.feature_selection import SelectKBest

from negres_core import Dataset, Fit, Recipe, Stage
from negres_core.engine.fit_checks import check_besides_stages
from negres_core.errors import InputError

DATA = Dataset(x=np.random.default_rng(0).normal(size=(20, 3)), y=np.arange(20) % 2, name="twenty rows")


def majority(train, test):
    return np.zeros(len(test), int)


def of_model(train, test, model):
    return {}


def network(input_shape):
    raise AssertionError("it is not called")


@pytest.mark.parametrize("compute", [lambda train: 0, lambda train, test, code: 0, of_model])
def test_refuses_a_function_with_unknown_arguments(compute):
    with pytest.raises(InputError, match="a training fold and a test fold, and may take seed, outputs and record"):
        check_besides_stages(Recipe(Fit(compute)), DATA)


@pytest.mark.parametrize("pictures", [lambda train: {}, lambda train, test, code: {}, of_model])
def test_refuses_a_picture_function_with_unknown_arguments(pictures):
    with pytest.raises(InputError, match="a training fold and a test fold, and may take seed, outputs and record"):
        check_besides_stages(Recipe(Fit(majority, pictures=pictures)), DATA)


def test_a_fit_that_inherits_can_take_the_model():
    check_besides_stages(Recipe(Stage(network), Fit(of_model, inherits=network)), DATA)


def test_a_fit_can_take_everything_that_is_offered():
    check_besides_stages(Recipe(Fit(lambda train, test, seed, outputs, record: 0)), DATA)


def test_the_transformer_of_a_fit_is_checked_too():
    with pytest.raises(InputError, match="`preprocess` cannot be fitted"):
        check_besides_stages(Recipe(Fit(majority), preprocess=SelectKBest), DATA)
