"""Numbers keep what they say in float32 and int32, or are refused."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.dataset.exact import as_float32, as_int32
from negres_core.errors import InputError

DRAW = np.random.default_rng(0).normal(size=(50, 2))


@pytest.mark.parametrize(
    "array",
    [
        DRAW,
        DRAW * 1e30,
        DRAW * 1e-30,
        np.full((50, 2), 0.1),
        0.1 + DRAW * 1e-17,
        1e5 + DRAW,
        np.arange(100).reshape(50, 2) + 2**24 - 100,
        np.array([[2**30], [2**31]]),
        np.array([[1e19], [3e20]]),
        np.arange(100, dtype=np.uint8).reshape(50, 2),
        np.zeros((0, 2)),
    ],
    ids=lambda array: str(array.ravel()[:1]),
)
def test_numbers_that_float32_can_tell_apart_are_taken(array):
    held = as_float32(array, "x", of="mine")

    assert held.dtype == np.float32
    np.testing.assert_array_equal(held, array.astype(np.float32))


@pytest.mark.parametrize(
    ("array", "received"),
    [
        (np.array([[20240131], [20240130]]), "20240131, which would become 20240132"),
        (np.array([[0.5, 20240131], [1.5, 20240133]]), "in column 'day'"),
        (np.array([[2**53 + 1], [0]]), "9007199254740993, which would become 9007199254740992"),
        (1e9 + DRAW, "which would become 1000000000, in columns 'length', 'day'"),
        (1.7e9 + np.arange(50.0), "1700000049, which would become 1700000000"),
        (np.array([1.0, 2.0**24 + 1]), "16777217, which would become 16777216"),
        (np.dstack([np.zeros((2, 3)), 1e9 + np.arange(6.0).reshape(2, 3)]), "in column 'day'"),
    ],
    ids=lambda array: str(array).replace("\n", "")[:20],
)
def test_refuses_numbers_that_would_lose_digits(array, received):
    columns = ["length", "day"] if array.ndim > 1 and array.shape[-1] == 2 else None
    with pytest.raises(InputError, match="`x` of data set 'mine' would lose digits") as caught:
        as_float32(array, "x", of="mine", columns=columns)
    assert received in caught.value.received
    assert "a constant that you choose" in caught.value.remedy


def test_what_is_left_after_a_constant_is_subtracted_is_taken():
    assert as_float32(1.7e9 + np.arange(50.0) - 1.7e9, "x", of="mine").tolist() == np.arange(50.0).tolist()


@pytest.mark.parametrize(
    ("label", "value", "wrong", "remedy"),
    [
        ("x", np.nan, "has missing values", "np.concatenate([np.nan_to_num(x), np.isnan(x)], axis=-1)"),
        ("y", np.nan, "has missing values", "keep = np.isfinite(y).reshape(50, -1).all(axis=1)"),
        ("x", -np.inf, "has infinite values", "np.clip(x, -1e6, 1e6)"),
        ("x", 1e300, "beyond the range of float32", "x=x / 1e30"),
    ],
)
def test_refuses_values_that_are_not_finite_and_says_why_they_are_not(label, value, wrong, remedy):
    array = DRAW.copy()
    array[3:5, 1] = value

    with pytest.raises(InputError, match=f"`{label}` of data set 'mine' {wrong}|{wrong}") as caught:
        as_float32(array, label, of="mine", columns=["length", "day"] if label == "y" else None)

    assert "2 values in 2 rows, the first in row 3" in caught.value.received
    assert ("in column 'day'" in caught.value.received) == (label == "y")
    assert remedy in caught.value.remedy


def test_no_advice_about_missing_values_is_to_fill_in_what_other_rows_say():
    with pytest.raises(InputError) as caught:
        as_float32(np.array([[np.nan], [1.0]]), "x", of="mine")
    assert "Do not fill in means" in caught.value.remedy
    assert "impute" not in str(caught.value).lower()


@pytest.mark.parametrize("array", [np.array([0, 2**31 - 1]), np.array([True, False]), np.array([3], dtype=np.uint64)])
def test_integers_that_fit_into_int32_are_taken(array):
    assert as_int32(array, "y", of="mine").tolist() == array.tolist()


@pytest.mark.parametrize("value", [2**31, -(2**31) - 1, 1_577_836_800_000_000])
def test_refuses_integers_that_do_not_fit_into_int32(value):
    with pytest.raises(InputError, match="does not fit into int32") as caught:
        as_int32(np.array([0, value]), "attributes['when']", of="mine")
    assert str(value) in caught.value.received
