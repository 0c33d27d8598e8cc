from __future__ import annotations

import numpy as np
import pytest

from negres_core.design import Rows
from negres_core.errors import InputError


@pytest.mark.parametrize(
    "given", [[3, 1, 2], range(1, 4), slice(1, 4), np.array([False, True, True, True]), np.array([1, 2, 3], np.uint8)]
)
def test_rows_are_named_in_several_ways(given):
    rows = Rows.of(given, "train")

    assert rows.numbers.tolist() == [1, 2, 3]
    assert rows == Rows.of([1, 2, 3], "train")
    assert rows != Rows.of([1, 2, 4], "train")
    assert Rows.of(rows, "train") is rows
    with pytest.raises(ValueError, match="read-only"):
        rows.numbers[0] = 5


@pytest.mark.parametrize(
    ("given", "wrong"),
    [
        ([], "has to name rows"),
        ([0.5, 1], "has to name rows"),
        ("all", "has to name rows"),
        ([[1, 2]], "has to name rows"),
        ([True, True], None),
        ([False, False], "has to name rows"),
        ([1, 1], "more than once"),
        ([-1, 2], "cannot exist"),
        (slice(3, None), "needs an end"),
        (slice(-3, 5), "needs an end"),
    ],
)
def test_refuses_what_names_no_rows(given, wrong):
    if wrong is None:
        assert Rows.of(given, "test").count == 2
        return
    with pytest.raises(InputError, match=wrong) as caught:
        Rows.of(given, "test")
    assert "`test`" in str(caught.value)


def test_refuses_rows_that_the_data_lack():
    with pytest.raises(InputError, match="a row that the data set does not have") as caught:
        Rows.of(range(10), "test").within(9, "test")
    assert "row 9 of 9 rows" in str(caught.value)
    assert len(Rows.of(range(10), "test").within(10, "test")) == 10
