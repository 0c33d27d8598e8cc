from __future__ import annotations

import json

import pandas as pd

from negres_core.report.json_lines import render
from negres_core.report.replicates import tabulate


def test_numbers_come_back_exactly_and_missing_ones_are_null():
    table = pd.DataFrame({"fold": pd.array([1, None], dtype="Int64"), "accuracy": [0.1 + 0.2, float("nan")]})
    rows = [json.loads(line) for line in render(table).splitlines()]
    assert rows == [{"fold": 1, "accuracy": 0.1 + 0.2}, {"fold": None, "accuracy": None}]


def test_no_rows_give_no_lines():
    assert render(tabulate([], {})) == ""


def test_each_row_is_one_line_whatever_its_text():
    text = "a\nb\x1b[31m\u202e\u2028"
    [line] = render(pd.DataFrame({"hypothesis": [text]})).splitlines()
    assert json.loads(line) == {"hypothesis": text}
    assert line.isascii()
