"""One array and several named arrays are treated alike."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.arrays import (
    is_mapped,
    is_same,
    label_arrays,
    map_arrays,
    memory_bytes,
    row_chunks,
    spread_rows,
    take_rows,
)

ONE = np.arange(6).reshape(3, 2)
TWO = {"image": ONE, "age": ONE[:, :1]}


def test_one_array_is_mapped_itself_and_several_are_mapped_by_name():
    assert map_arrays(np.shape, ONE) == (3, 2)
    assert map_arrays(np.shape, TWO) == {"age": (3, 1), "image": (3, 2)}


def test_arguments_of_the_same_structure_are_mapped_together():
    assert map_arrays(lambda a, b: a.sum() - b, ONE, 5) == 10
    assert map_arrays(lambda a, b: a.sum() - b, TWO, {"image": 5, "age": 6}) == {"age": 0, "image": 10}


@pytest.mark.parametrize("order", [("image", "age"), ("age", "image")])
def test_names_are_sorted_whatever_order_they_were_given_in(order):
    arrays = {name: TWO[name] for name in order}
    assert list(map_arrays(np.shape, arrays)) == ["age", "image"]
    assert list(label_arrays(arrays, "x")) == ["x['age']", "x['image']"]


def test_one_array_gets_the_label_itself():
    assert list(label_arrays(ONE, "x")) == ["x"]
    assert label_arrays(ONE, "x")["x"] is ONE


def test_the_same_rows_are_taken_of_each_array():
    rows = np.array([2, 0])
    assert take_rows(ONE, rows).tolist() == [[4, 5], [0, 1]]
    assert take_rows(TWO, rows)["age"].tolist() == [[4], [0]]
    assert take_rows(TWO, slice(2))["image"].shape == (2, 2)


@pytest.mark.parametrize(
    ("count", "most", "rows"),
    [(5, 5, [0, 1, 2, 3, 4]), (3, 8, [0, 1, 2]), (100, 4, [0, 33, 66, 99]), (7, 1, [0]), (1, 9, [0])],
)
def test_rows_are_spread_evenly_from_the_first_to_the_last(count, most, rows):
    assert spread_rows(count, most=most).tolist() == rows


@pytest.mark.parametrize("count", [17, 256, 1000])
def test_no_row_is_taken_twice(count):
    rows = spread_rows(count, most=16)

    assert len(set(rows.tolist())) == 16


def test_arrays_are_the_same_if_they_are_the_same_rows_of_the_same_memory():
    assert is_same(ONE, ONE.view())
    assert not is_same(ONE, ONE.copy())
    assert not is_same(ONE, ONE[1:])
    assert not is_same(ONE, ONE.T)
    assert not is_same(TWO, TWO)


def test_a_view_of_a_file_is_known_as_such(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((4, 2), np.float32))
    mapped = np.load(tmp_path / "x.npy", mmap_mode="r")
    for view in (mapped, mapped[1:], np.asarray(mapped), np.asarray(mapped).reshape(-1)):
        assert is_mapped(view)
    for array in (np.zeros(3), np.array(mapped), mapped[[0, 1]] + 1, [1, 2]):
        assert not is_mapped(array)


def test_chunks_cover_all_rows_once():
    assert [range(7)[rows] for rows in row_chunks(7, 10, most_bytes=35)] == [range(3), range(3, 6), range(6, 7)]
    assert list(row_chunks(2, 100, most_bytes=1)) == [slice(0, 1), slice(1, 2)]
    assert list(row_chunks(0, 4)) == []


def test_the_machine_has_memory():
    assert 2**28 < memory_bytes() < 2**50
