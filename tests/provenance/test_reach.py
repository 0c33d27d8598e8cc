from __future__ import annotations

import functools
import sys
from types import ModuleType

import numpy as np
import pytest

from negres_core.provenance.reach import reachable_arrays, reachable_functions

TABLE = np.arange(6.0)


def reads_global():
    return TABLE + 1


def reads_attribute(data):
    return data.TABLE


def measures():
    return len(TABLE), TABLE.shape[0], np.unique(TABLE)


def measures_and_reads():
    return len(TABLE), TABLE[0]


def calls_another():
    return [reads_global() for _ in range(2)]


def with_inner_function():
    def inner():
        return TABLE

    return inner


def with_default(table=TABLE):
    return table


@functools.lru_cache
def cached():
    return TABLE


class Holder:
    __slots__ = ("_table",)

    def __init__(self):
        self._table = TABLE


class OfClass:
    table = TABLE

    def __call__(self):
        return 0


class OfMethod:
    def __call__(self):
        return TABLE


@pytest.mark.parametrize(
    "value",
    [
        *(reads_global, measures_and_reads, calls_another, with_inner_function, with_default, cached),
        *(functools.partial(len, TABLE), Holder(), OfClass(), OfMethod(), lambda: TABLE, {"a": [TABLE]}),
        functools.partial(reads_attribute, TABLE),
    ],
)
def test_arrays_that_are_used_are_reached(value):
    assert any(array is TABLE for array in reachable_arrays(value))


@pytest.mark.parametrize("value", [reads_attribute, measures, None, "text", 3, np.sum])
def test_arrays_that_are_not_used_are_not_reached(value):
    assert list(reachable_arrays(value)) == []


def test_attributes_of_the_users_modules_are_followed(monkeypatch):
    module = ModuleType("mine")
    module.__file__, module.TABLE, module.other = "/somewhere/mine.py", TABLE, np.ones(3)
    monkeypatch.setitem(sys.modules, "mine", module)
    scope = {"mine": module}
    exec("def read():\n    return mine.TABLE", scope)

    [array] = reachable_arrays(scope["read"])
    assert array is TABLE


def test_lists_of_numbers_and_columns_of_tables_are_arrays():
    import pandas as pd

    [rows] = reachable_arrays([[1, 2], [3, 4]])
    assert rows.tolist() == [[1, 2], [3, 4]]
    table, *columns = reachable_arrays(pd.DataFrame({"name": ["a", "b"], "label": [0, 1]}))
    assert table.tolist() == [["a", 0], ["b", 1]]
    assert [column.tolist() for column in columns] == [[0, 1]]


def test_values_that_hold_each_other_are_visited_once():
    loop = [TABLE]
    loop.append(loop)

    assert len(list(reachable_arrays(loop))) == 1


def test_functions_are_reached_through_closures_globals_and_methods_and_those_of_libraries_are_left_out():
    def inner():
        return np.zeros(3)

    def outer():
        return inner()

    class Loss:
        def __call__(self):
            return outer()

    assert set(reachable_functions(Loss)) == {Loss.__call__, outer, inner}
