"""Targets: what has one meaning as class labels or values is taken, and all else is refused with the line to write."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset
from negres_core.dataset.targets import describe_targets, is_one_hot
from negres_core.errors import InputError

LABELS = np.array([0, 2, 1, 2, 0, 1])
NAMES = np.array(["ant", "bee", "cat"])


def make(y):
    return Dataset(x=np.arange(12.0).reshape(6, 2), y=y, name="mine")


@pytest.mark.parametrize(
    "y",
    [
        NAMES[LABELS],
        NAMES[LABELS].tolist(),
        NAMES[LABELS].astype(object),
        NAMES[LABELS].astype(bytes),
        pd.Series(NAMES[LABELS]),
        pd.Categorical(NAMES[LABELS], categories=["cat", "bee", "ant", "dog"]),
        pd.DataFrame({"kind": NAMES[LABELS]}),
        pd.array(LABELS, dtype="Int64"),
        LABELS.astype(object),
        np.eye(3, dtype=int)[LABELS],
        np.eye(3, dtype=bool)[LABELS],
        pd.get_dummies(pd.Series(NAMES[LABELS])),
    ],
    ids=lambda y: type(y).__name__ + str(getattr(y, "dtype", "")),
)
def test_names_categories_nullable_integers_and_one_hot_integers_are_class_labels(y):
    data = make(y)

    assert (data.task, data.outputs, data.y.dtype) == ("classification", 3, np.int32)
    assert data.y.tolist() == LABELS.tolist()
    assert data.digest == make(LABELS).digest


@pytest.mark.parametrize("y", [LABELS > 1, pd.array(LABELS > 1, dtype="boolean"), (LABELS > 1).astype(object)])
def test_booleans_are_the_labels_0_and_1(y):
    assert make(y).y.tolist() == (LABELS > 1).astype(int).tolist()


@pytest.mark.parametrize("y", [LABELS.astype(float), np.eye(3)[LABELS], np.eye(3)[LABELS] * 0.5])
def test_floats_are_values_whatever_they_look_like(y):
    """A probability model is trained on 0.0 and 1.0; and stored replicates are found by this digest."""
    assert make(y).task == "regression"


HOT = np.array([[1, 0, 1], [0, 0, 1], [0, 1, 1], [1, 1, 1], [0, 0, 0], [1, 0, 0]])


@pytest.mark.parametrize(
    ("y", "received", "remedy"),
    [
        (LABELS + 1, "3 distinct integers from 1 to 3 in 6 rows", "y=y - 1; the last layer then needs 3 outputs"),
        (2 * (LABELS > 0) - 1, "2 distinct integers from -1 to 1", "y=(y > 0).astype(int)"),
        (LABELS - 2, "from -2 to 0", "y=np.unique(y, return_inverse=True)[1]"),
        (LABELS * 1000 + 2700, "from 2700 to 4700", "y=y.astype(float)"),
        (np.array([0, 1, 0, 1, 0, 2**31 - 1]), "from 0 to 2147483647", "np.unique(y, return_inverse=True)[1]"),
        (np.array([0, 1, 0, 1, 0, 2**40]), "from 0 to 1099511627776", "np.unique(y, return_inverse=True)[1]"),
    ],
    ids=str,
)
def test_refuses_class_labels_that_do_not_count_from_0(y, received, remedy):
    with pytest.raises(InputError, match="Class labels of data set 'mine' have to count from 0") as caught:
        make(y)
    assert received in caught.value.received
    assert remedy in caught.value.remedy


def test_a_class_may_have_no_rows():
    assert make([0, 1, 3, 4, 6, 6]).outputs == 7


@pytest.mark.parametrize(
    ("y", "received", "remedy"),
    [
        (HOT.reshape(6, 1, 1, 3), "0 and 1", "y=y.astype(float), with sigmoid outputs"),
        (HOT.reshape(6, 1, 1, 3).astype(bool), "booleans, 0 and 1", "ask about one of them, y=y[..., 0]"),
        (np.eye(3, dtype=int)[LABELS].reshape(6, 1, 1, 3), "one-hot along the last axis", "y=y.argmax(axis=-1)"),
        (HOT.reshape(6, 1, 1, 3) * 3, "integers", "such as counts, as floats: y=y.astype(float)"),
        (np.eye(4, dtype=int)[LABELS], "integers, one-hot rows", "Drop column 3, in which no row has a 1"),
        (list(HOT), "integers", "y=np.concatenate(y)"),
        (list(HOT), "integers", "y=np.stack(y)"),
    ],
    ids=str,
)
def test_refuses_integers_in_several_columns_and_never_takes_the_largest_of_several_labels(y, received, remedy):
    with pytest.raises(InputError, match="`y` of data set 'mine' has integers in several columns") as caught:
        make(y)
    assert received in caught.value.received
    assert remedy in caught.value.remedy
    assert ("argmax" in caught.value.remedy) == ("one-hot" in caught.value.received)


@pytest.mark.parametrize(
    "given", [HOT, HOT.astype(bool), HOT.tolist(), pd.DataFrame(HOT), HOT.astype(np.uint8)], ids=type
)
def test_zeros_and_ones_in_several_columns_are_several_labels_a_row(given):
    data = make(given)

    assert (data.task, data.outputs, data.y.dtype) == ("multilabel", 3, np.int32)
    assert np.array_equal(data.y, HOT)
    assert data.digest == make(HOT).digest != make(HOT * 1.0).digest


def test_rows_with_a_single_1_each_are_class_labels_but_some_rows_of_several_labels_stay_what_they_are():
    assert make(np.eye(3, dtype=int)[LABELS]).task == "classification"
    few = make(HOT).take(np.flatnonzero(HOT.sum(axis=1) == 1))

    for data in (few, few.with_targets(few.y[::-1]), few.without_groups()):
        assert (data.task, data.outputs) == ("multilabel", 3)


@pytest.mark.parametrize(
    ("y", "received", "remedy"),
    [
        (np.zeros((6, 2, 2)), "y of shape (6, 2, 2)", "y[..., None]"),
        (np.zeros((6, 2, 2, 2, 1)), "y of shape (6, 2, 2, 2, 1)", "y.reshape(len(y), -1)"),
        (np.zeros((6, 0)), "y of shape (6, 0)", "Give one column or more"),
    ],
    ids=str,
)
def test_refuses_values_of_a_shape_that_no_task_has(y, received, remedy):
    with pytest.raises(InputError, match="`y` of data set 'mine' has to be values") as caught:
        make(y)
    assert received in caught.value.received
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    ("y", "wrong", "remedy"),
    [
        (np.array(["a", None, "b"] * 2, dtype=object), "`y` .* missing values", "keep = pd.notna(y)"),
        (np.array([1, "a", "b"] * 2, dtype=object), "`y` .* has to be an array of numbers", "make them all text"),
        (pd.array([0, None, 1] * 2, dtype="Int64"), "`y` .* missing values", "keep = np.isfinite(y)"),
        (np.array([0, pd.NA, 1] * 2, dtype=object), "`y` .* has to be an array of numbers", "target is unknown"),
        (pd.date_range("2020", periods=6), "`y` .* has to be an array of numbers", "as days since a fixed day"),
        (
            ["0.5", "1", "2"] * 2,
            "`y` .* is text, which may stand for values or for the names of classes",
            "dtype=float",
        ),
        (np.array([0.0, np.nan] * 3), "`y` .* missing values", "keep = np.isfinite(y)"),
        (1.7e9 + np.arange(6.0), "`y` .* would lose digits", "Subtract or divide by a constant"),
    ],
    ids=str,
)
def test_refuses_targets_that_are_unknown_or_of_several_kinds(y, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        make(y)
    assert remedy in caught.value.remedy
    assert "impute" not in caught.value.remedy.lower()


@pytest.mark.parametrize(
    ("y", "words"),
    [
        (LABELS, "integers"),
        (LABELS.astype(float), "floats, all of them whole numbers"),
        (LABELS + 0.5, "floats"),
        (np.eye(3)[LABELS], "floats, one-hot rows"),
        (HOT * 1.0, "floats, 0 and 1 in several columns"),
        (HOT * 0.5, "floats, 3 a row"),
    ],
    ids=str,
)
def test_targets_in_words(y, words):
    assert describe_targets(y) == words
    assert is_one_hot(y) == ("one-hot" in words)
