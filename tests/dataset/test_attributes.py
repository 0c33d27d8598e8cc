"""Attributes are labels from 0 or values, one per row."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.dataset.attributes import check_attribute, check_groups
from negres_core.errors import InputError


@pytest.mark.parametrize(
    ("given", "expected", "dtype"),
    [
        ([3, 0, 1], [3, 0, 1], np.int32),
        (["b", "a", "b"], [1, 0, 1], np.int32),
        ([True, False, True], [1, 0, 1], np.int32),
        ([0.5, -1.0, 2.0], [0.5, -1.0, 2.0], np.float32),
    ],
)
def test_labels_and_values_are_told_apart(given, expected, dtype):
    held = check_attribute("kind", given, rows=3, of="mine")
    assert held.tolist() == expected
    assert held.dtype == dtype


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ([0, 1], "one number or one name per row"),
        ([-1, 0, 1], "negative integers"),
        (["a", None, "b"], "missing values"),
    ],
)
def test_refuses_what_is_neither(given, wrong):
    with pytest.raises(InputError, match=wrong):
        check_attribute("kind", given, rows=3, of="mine")


def test_groups_are_numbered_in_their_sorted_order_or_left_out():
    assert check_groups(["b", "a", "b"], rows=3, of="mine").tolist() == [1, 0, 1]
    assert check_groups(None, rows=3, of="mine") is None
    with pytest.raises(InputError, match="needs one label per row"):
        check_groups([[1], [2]], rows=2, of="mine")
