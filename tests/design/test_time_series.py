from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import TimeSeriesSplit

from negres_core import Dataset
from negres_core.design import TimeSeries
from negres_core.errors import InputError


def make_data(rows=240, **fields):
    return Dataset(**{"x": np.zeros((rows, 1)), "y": np.linspace(0, 1, rows), "name": "mine"} | fields)


@pytest.mark.parametrize("options", [{}, {"gap": 3}, {"test": 30}, {"most_train": 20}, {"gap": 2, "test": 24}])
def test_the_folds_are_those_of_scikit_learn(options):
    names = {"test": "test_size", "most_train": "max_train_size", "gap": "gap"}
    splitter = TimeSeriesSplit(5, **{names[name]: value for name, value in options.items()})
    data = make_data()

    for cell, (train, test) in zip(TimeSeries(5, **options).split(data), splitter.split(data.x), strict=True):
        np.testing.assert_array_equal(cell.train, train)
        np.testing.assert_array_equal(cell.test, test)


def test_training_rows_of_a_tested_group_are_left_out():
    data = make_data(groups=np.arange(240) % 7)
    for cell in TimeSeries(2, test=60).split(make_data(groups=np.arange(240) // 8)):
        assert cell.train[-1] < cell.test[0]
    for cell in TimeSeries(20, test=6).split(data):
        assert not set(data.groups[cell.train]) & set(data.groups[cell.test])


@pytest.mark.parametrize(
    ("design", "data", "wrong"),
    [
        (TimeSeries(5, test=60), make_data(), "too few rows for 5 folds in time"),
        (TimeSeries(5, gap=120), make_data(), "too few rows"),
        (TimeSeries(2, test=20), make_data(), "fewer than 100 rows in all"),
        (TimeSeries(2), make_data(y=np.repeat([0, 1, 2], 80)), "A class of fold 0 does not occur in the rows before"),
    ],
)
def test_refuses_data_that_cannot_be_judged_in_time(design, data, wrong):
    with pytest.raises(InputError, match=wrong):
        design.check(data)


@pytest.mark.parametrize("fields", [{"splits": 0}, {"gap": -1}, {"test": 0}, {"most_train": 1}, {"seeds": 0}])
def test_refuses_impossible_numbers(fields):
    with pytest.raises(InputError, match=f"`{next(iter(fields))}` has to be an integer"):
        TimeSeries(**fields)


DAYS = np.datetime_as_string(np.datetime64("2024-01-01") + np.arange(240))


@pytest.mark.parametrize("values", [np.arange(240), np.arange(240) // 7, -1.0 / np.arange(1, 241), DAYS])
def test_rows_that_ascend_by_the_named_attribute_pass(values):
    data = make_data(attributes={"when": values})

    assert len(list(TimeSeries(5, order="when").split(data))) == 5


@pytest.mark.parametrize("values", [np.arange(240)[::-1], np.r_[np.arange(60), 58, np.arange(60, 239)]])
def test_rows_in_another_order_are_refused(values):
    design, data = TimeSeries(5, order="when"), make_data(attributes={"when": values})

    with pytest.raises(InputError, match="not in the order of 'when', so models would be trained on the future"):
        design.check(data)
    assert len(list(TimeSeries(5).split(data))) == 5


def test_the_order_is_that_of_an_attribute_which_exists():
    with pytest.raises(InputError, match="has no attribute 'when'") as raised:
        TimeSeries(5, order="when").check(make_data(attributes={"hour": np.arange(240)}))
    assert raised.value.received == "attributes: hour"
    with pytest.raises(InputError, match="`order` is the name of an attribute"):
        TimeSeries(5, order=3)
