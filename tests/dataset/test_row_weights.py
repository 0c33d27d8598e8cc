"""Weights of rows are one number of 0 or more for each row."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from negres_core.dataset import Dataset
from negres_core.dataset.row_weights import check_row_weights
from negres_core.errors import InputError

X, Y = np.arange(8.0).reshape(4, 2), np.array([0, 1, 0, 1])


def data(weights, **changes):
    return Dataset(**{"x": X, "y": Y, "name": "weighted", "sample_weight": weights} | changes)


@pytest.mark.parametrize("given", [[1, 2, 0, 4], np.array([[1.0], [2], [0], [4]]), pd.Series([1, 2, 0, 4])])
def test_weights_are_held_as_float32(given):
    held = check_row_weights(given, of="mine", rows=4)
    assert held.dtype == np.float32
    assert held.tolist() == [1, 2, 0, 4]


def test_without_weights_there_are_none():
    assert check_row_weights(None, of="mine", rows=4) is None
    assert data(None).sample_weight is None


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ([1, 2, 3], "one weight for each row"),
        (np.ones((4, 2)), "one weight for each row"),
        ({0: 1.0, 1: 9.0}, "has to be one array"),
        ([1, -1, 1, 1], "0 or more"),
        ([0, 0, 0, 0], "above 0 in at least one"),
        ([1, np.nan, 1, 1], "missing values"),
        ([1, np.inf, 1, 1], "infinite"),
        (["a", "b", "c", "d"], "array of numbers"),
    ],
)
def test_anything_else_is_refused(given, wrong):
    with pytest.raises(InputError, match=wrong):
        data(given)


def test_rows_keep_their_weights():
    assert data([1, 2, 3, 4]).take(np.array([3, 0])).sample_weight.tolist() == [4, 1]
    assert data([1, 2, 3, 4]).with_targets(Y[::-1].astype(np.int32)).sample_weight.tolist() == [1, 2, 3, 4]


def test_rows_of_another_origin_have_none():
    other = data([1, 2, 3, 4], groups=[0, 0, 1, 1], attributes={"age": [1.0, 2, 3, 4]}).with_rows(X[:2], Y[:2])
    assert (other.sample_weight, other.groups, dict(other.attributes)) == (None, None, {})
    assert len(other) == 2


def test_weights_are_part_of_the_digest_and_nothing_else_has_changed():
    plain = data(None).digest
    assert plain == "96105d25352454888614b1e1486f043cb6f726abde99eeb5d770c002bf1a3446"
    assert len({plain, data([1, 2, 3, 4]).digest, data([1, 2, 3, 5]).digest}) == 3
    as_attribute = data(None, attributes={"sample_weight": np.array([1.0, 2, 3, 4])}).digest
    assert as_attribute != data([1, 2, 3, 4]).digest


def test_tables_in_another_order_are_refused():
    frame = pd.DataFrame(X, index=list("abcd"))
    with pytest.raises(InputError, match="another order"):
        data(pd.Series([1.0, 2, 3, 4], index=list("bacd")), x=frame)
