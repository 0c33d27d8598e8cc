"""Frames of several kinds of columns: checked, digested by content, and seen as numbers by the controls."""

from __future__ import annotations

import datetime
import os
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset
from negres_core.dataset.frame import (
    as_numbers,
    check_frame,
    digest_frame,
    is_frame,
    needs_frame,
    refuse_frame,
    row_words,
    words_of_items,
)
from negres_core.errors import InputError

DAYS = pd.to_datetime(["2020-01-01", None, "2021-02-03"])


def mixed(**columns):
    """Return a frame with a column of each kind."""
    every = {
        "wage": [1.5, None, 3.0],
        "job": ["cook", None, "clerk"],
        "town": pd.Categorical(["b", "a", None], categories=["b", "a"]),
        "since": DAYS,
        "owner": [True, False, True],
        "children": pd.array([1, None, 3], dtype="Int64"),
        "insured": pd.array([True, None, False], dtype="boolean"),
        "worked": pd.to_timedelta([1, 2, None], unit="D"),
        "seen": DAYS.tz_localize("Europe/Berlin"),
        "size": ["10", "9", "100"],
    }
    return pd.DataFrame(every | columns)


def data_of(frame, y=(0, 1, 0)):
    return Dataset(x=frame, y=list(y), name="people")


def test_a_frame_of_numbers_alone_becomes_an_array_and_digests_as_the_array_does():
    table = pd.DataFrame({"a": [1, 2, 3], "b": [0.5, 1.5, 2.5], "c": [True, False, True]})
    nullable = table.astype({"a": "Int64", "c": "boolean"})
    array = Dataset(x=table.to_numpy(dtype=float), y=[0, 1, 0], name="people")
    for frame in (table, nullable):
        data = data_of(frame)
        assert isinstance(data.x, np.ndarray)
        assert not data.has_frame
        assert data.digest == array.digest
        assert data.as_given.columns.tolist() == ["a", "b", "c"]
    assert array.as_given is None


@pytest.mark.parametrize("column", ["wage", "job", "town", "since", "children", "insured", "worked", "seen", "size"])
def test_a_frame_with_anything_else_is_kept(column):
    assert needs_frame(mixed()[[column]])
    assert not needs_frame(mixed()[["owner"]])


def test_a_data_set_keeps_a_frame_without_its_index_and_apart_from_the_callers():
    frame = mixed().set_axis([7, 5, 6])
    data = data_of(frame)
    frame.loc[7, "job"] = "changed"
    assert data.has_frame
    assert data.x.index.tolist() == [0, 1, 2]
    assert data.x["job"].tolist()[0] == "cook"
    assert data.input_shape == (10,)
    assert data.width == 10
    taken = data.take(np.array([2, 0]))
    assert taken.x["size"].tolist() == ["100", "10"]
    assert taken.x.index.tolist() == [0, 1]
    assert taken.x["town"].cat.categories.tolist() == ["b", "a"]
    np.testing.assert_array_equal(taken.flatten(), data.flatten([2, 0]))
    assert repr(data) == "Dataset('people', 3 rows of (10,), classification, 2 outputs)"


def test_controls_see_numbers_with_what_is_missing_as_a_value_of_its_own():
    seen = dict(zip(mixed().columns, as_numbers(mixed()).T.tolist(), strict=True))
    assert seen == {
        "wage": [1.5, 0.0, 3.0],
        "job": [1, -1, 0],
        "town": [0, 1, -1],
        "since": [0, -399, 399],
        "owner": [1, 0, 1],
        "children": [1, -1, 3],
        "insured": [1, -1, 0],
        "worked": [0, 1, -1],
        "seen": [0, -399, 399],
        "size": [1, 0, 2],
    }


def test_long_numbers_stay_apart_and_empty_columns_are_constant():
    frame = pd.DataFrame({"id": [20240101123456789, 20240101123456790, 20240101123456792], "none": [None] * 3})
    np.testing.assert_array_equal(as_numbers(frame), [[0, 0], [1, 0], [3, 0]])


def test_digests_depend_on_content_alone():
    frame = mixed()
    same = frame.assign(
        job=frame["job"].astype(object).where(frame["job"].notna(), np.nan),
        since=frame["since"].dt.as_unit("s"),
        children=pd.array([1, None, 3], dtype="Int64"),
    )
    assert digest_frame(same) == digest_frame(frame)
    assert data_of(same.set_axis([3, 4, 5])).digest == data_of(frame).digest
    np.testing.assert_array_equal(row_words(same), row_words(frame))


@pytest.mark.parametrize(
    "change",
    [
        lambda f: f.rename(columns={"wage": "pay"}),
        lambda f: f[f.columns[::-1]],
        lambda f: f.assign(wage=[1.5, 2.5, 3.0]),
        lambda f: f.assign(job=["cook", "", "clerk"]),
        lambda f: f.assign(town=pd.Categorical(["b", "a", None], categories=["a", "b"])),
        lambda f: f.assign(town=pd.Categorical(["b", "a", None], categories=["b", "a"], ordered=True)),
        lambda f: f.assign(since=f["since"] + pd.Timedelta("1ns")),
        lambda f: f.assign(seen=DAYS.tz_localize("UTC")),
        lambda f: f.assign(size=[10, 9, 100]),
        lambda f: f.iloc[::-1],
    ],
)
def test_whatever_a_transformer_can_see_changes_the_digest(change):
    assert digest_frame(change(mixed())) != digest_frame(mixed())


def test_the_digest_of_a_frame_is_the_same_in_every_process():
    program = (
        "import pandas as pd\nfrom negres_core import Dataset\n"
        "frame = pd.DataFrame({'job': ['cook', None, 'smith'], 'wage': [1.0, None, 2.0]})\n"
        "print(Dataset(x=frame, y=[0, 1, 0], name='people').digest)"
    )
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert digests == {"faa81466686d2f12e31769d9ca29b9a440391f8dbbe3e9fb09ad96a28f0f054a\n"}


def test_words_of_a_row_do_not_depend_on_other_rows():
    frame = mixed()
    np.testing.assert_array_equal(row_words(frame.iloc[[2]]), row_words(frame)[[2]])
    items = frame[["wage", "job", "owner"]]
    np.testing.assert_array_equal(words_of_items(items.to_numpy(dtype=object)), row_words(items))


@pytest.mark.parametrize(
    ("columns", "received", "remedy"),
    [
        ({"job": ["cook", 1, None]}, "numbers and text in column 'job'", "astype(str)"),
        ({"job": [["a"], ["b"], None]}, "objects of type list in column 'job'", "astype(str)"),
        ({"wage": [np.inf, 1.0, 2.0]}, "1 in column 'wage'", "np.nan"),
    ],
)
def test_refuses_columns_of_no_one_kind(columns, received, remedy):
    with pytest.raises(InputError, match="`x` of data set 'people'") as caught:
        data_of(mixed(**columns))
    assert received in caught.value.received
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        (["a", "a"], "several columns with the same name"),
        (["a", 1], "only some are text"),
        (pd.MultiIndex.from_tuples([("a", "b"), ("a", "c")]), "names with several levels"),
    ],
)
def test_refuses_columns_without_names_of_their_own_unless_they_are_numbers(names, wrong):
    with pytest.raises(InputError, match=wrong):
        data_of(mixed()[["job", "wage"]].set_axis(names, axis=1))
    assert data_of(pd.DataFrame(np.eye(3)[:, :2]).set_axis(names, axis=1)).x.shape == (3, 2)


def test_objects_that_are_dates_or_numbers_are_read_as_such():
    frame = pd.DataFrame({"day": [datetime.date(2020, 1, 1), None, datetime.date(2020, 1, 3)], "n": [1, None, True]})
    np.testing.assert_array_equal(as_numbers(frame.astype(object)), [[0, 1], [-2, 0], [2, 1]])


def test_a_network_refuses_a_frame_with_the_lines_to_write():
    with pytest.raises(InputError, match="base takes numbers, but `x` of data set 'people' is a DataFrame") as caught:
        refuse_frame(mixed()[["job"]], of="people", wanted_by="base")
    assert "preprocess=make" in caught.value.remedy
    assert "pd.get_dummies" in caught.value.remedy
    assert "in column 'job'" in caught.value.received


def test_only_frames_are_frames():
    assert is_frame(mixed())
    assert not is_frame(mixed()["job"])
    assert not is_frame(np.zeros((2, 2)))
    assert check_frame(pd.DataFrame(index=range(3)), "x", of="people") is None
