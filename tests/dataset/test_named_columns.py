"""What is given a frame: mixed data, and of numbers whatever chooses columns by name or kind."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from negres_core import Dataset
from negres_core.dataset.named_columns import names_columns, parts_of, takes_frame

NUMBERS = pd.DataFrame({"a": [1.0, 2.0], "b": [3.0, 4.0]})


def by(columns):
    return ColumnTransformer([("scaled", StandardScaler(), columns)])


def data_of(frame):
    return Dataset(x=frame, y=[0, 1], name="two")


@pytest.mark.parametrize("columns", ["a", ["a"], make_column_selector(dtype_include=float)])
def test_a_column_transformer_by_names_or_kinds_is_found_inside_a_pipeline(columns):
    assert names_columns(by(columns))
    assert names_columns(make_pipeline(by(columns), LogisticRegression()))
    assert takes_frame(by(columns), data_of(NUMBERS))
    assert not takes_frame(by(columns), data_of(NUMBERS.to_numpy()))


@pytest.mark.parametrize("estimator", [StandardScaler(), by([0]), by(slice(0, 1)), HistGradientBoostingClassifier()])
def test_numbers_are_given_as_an_array_to_all_others(estimator):
    assert not names_columns(estimator)
    assert not takes_frame(estimator, data_of(NUMBERS))


def test_categories_of_numbers_are_given_to_what_predicts_by_them():
    data = data_of(NUMBERS.assign(b=pd.Categorical([3, 4])))
    assert not data.has_frame
    assert takes_frame(HistGradientBoostingClassifier(), data)
    assert not takes_frame(StandardScaler(), data)
    assert names_columns(HistGradientBoostingClassifier(categorical_features=["b"]))


def test_a_frame_of_several_kinds_is_given_to_everything():
    assert takes_frame(StandardScaler(), data_of(NUMBERS.assign(b=["x", "y"])))


def test_the_parts_of_an_estimator_are_those_inside_it():
    whole = make_pipeline(by("a"), LogisticRegression())
    assert parts_of(whole)[0] is whole
    assert {StandardScaler, ColumnTransformer, LogisticRegression} <= {type(part) for part in parts_of(whole)}
    assert parts_of(np.mean) == [np.mean]
