import math

import numpy as np
import pandas as pd
import pytest

from negres_core.errors import InputError
from negres_core.scores.values import is_missing, label_of, score_of


@pytest.mark.parametrize("value", ["", "  ", "NA", "n/a", "null", "None", "-", None, pd.NA, pd.NaT])
def test_what_is_missing_is_neither_a_label_nor_a_score(value):
    assert is_missing(value)
    assert label_of(value) is None
    assert score_of(value, from_text=isinstance(value, str)) is None


def test_nan_is_a_score_of_a_run_that_diverged_and_no_label():
    assert not is_missing(float("nan"))
    assert math.isnan(score_of("NaN", from_text=True))
    assert score_of("-inf", from_text=True) == -math.inf
    assert label_of(float("nan")) is None


@pytest.mark.parametrize(
    ("value", "label"),
    [(1, "1"), (1.0, "1"), ("1.0", "1"), (np.int64(3), "3"), ("01", "1"), (" fold 1 ", "fold 1"), ("1.5", "1.5")],
)
def test_whole_numbers_are_one_label_however_they_are_written(value, label):
    assert label_of(value) == label


@pytest.mark.parametrize("text", ["0.1", "1e-3", "+.5", "3.", " 7 ", "0.30000000000000004"])
def test_a_plain_number_is_read_to_the_last_digit(text):
    assert score_of(text, from_text=True) == float(text)


@pytest.mark.parametrize("value", [0.5, 1, np.float32(0.1), np.int8(2)])
def test_a_number_keeps_its_value(value):
    assert score_of(value, from_text=False) == value


@pytest.mark.parametrize(
    ("value", "from_text", "remedy"),
    [
        ("95.3%", True, "0.953"),
        ("95.3 %", False, "0.953"),
        ("0,95", True, "0.95"),
        ("0.95", False, "astype"),
        ("1_000", True, "decimal point"),
        ("0x10", True, "decimal point"),
        ("good", True, "decimal point"),
        (True, False, "plain numbers"),
        (1 + 0j, False, "plain numbers"),
        ([0.5], False, "plain numbers"),
    ],
)
def test_what_is_not_a_plain_number_is_refused_with_a_way_to_write_it(value, from_text, remedy):
    with pytest.raises(InputError, match="not a number") as raised:
        score_of(value, from_text=from_text)
    assert remedy in raised.value.remedy
