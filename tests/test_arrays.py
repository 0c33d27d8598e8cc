"""What is done to one array is done to each of several, by name."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.arrays import label_arrays, map_arrays, take_rows

ONE = np.arange(6).reshape(3, 2)
TWO = {"image": ONE, "age": ONE[:, :1]}


def test_one_array_is_mapped_as_it_is_and_several_by_name():
    assert map_arrays(np.shape, ONE) == (3, 2)
    assert map_arrays(np.shape, TWO) == {"age": (3, 1), "image": (3, 2)}


def test_arguments_of_one_structure_are_mapped_together():
    assert map_arrays(lambda a, b: a.sum() - b, ONE, 5) == 10
    assert map_arrays(lambda a, b: a.sum() - b, TWO, {"image": 5, "age": 6}) == {"age": 0, "image": 10}


@pytest.mark.parametrize("order", [("image", "age"), ("age", "image")])
def test_names_come_in_one_order_however_they_were_given(order):
    given = {name: TWO[name] for name in order}
    assert list(map_arrays(np.shape, given)) == ["age", "image"]
    assert list(label_arrays(given, "x")) == ["x['age']", "x['image']"]


def test_one_array_has_the_label_itself():
    assert list(label_arrays(ONE, "x")) == ["x"]
    assert label_arrays(ONE, "x")["x"] is ONE


def test_the_same_rows_are_taken_of_each():
    rows = np.array([2, 0])
    assert take_rows(ONE, rows).tolist() == [[4, 5], [0, 1]]
    assert take_rows(TWO, rows)["age"].tolist() == [[4], [0]]
    assert take_rows(TWO, slice(2))["image"].shape == (2, 2)
