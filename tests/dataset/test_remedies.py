"""Following a remedy literally works: the line that a message names makes a data set of what was refused."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset
from negres_core.dataset.frame import refuse_frame
from negres_core.dataset.remedies import are_numbers
from negres_core.errors import InputError

DAYS = pd.date_range("2020-01-01 12:00", periods=4)
HALF_DAYS = [0.5, 1.5, 2.5, 3.5]


def table(values):
    return pd.DataFrame({"v": values, "one": 1.0})


@pytest.mark.parametrize(
    ("x", "line", "expected"),
    [
        (table(DAYS), "x['v'] = {}", HALF_DAYS),
        (table(DAYS.tz_localize("UTC")), "x['v'] = {}", HALF_DAYS),
        (table([day.to_pydatetime() for day in DAYS]), "x['v'] = {}", HALF_DAYS),
        (DAYS.to_numpy()[:, None], "x = pd.DataFrame(x); x[0] = {}", HALF_DAYS),
        (table(pd.period_range("2020-01-01", periods=4)), "x['v'] = {}", [0, 1, 2, 3]),
        (table(pd.timedelta_range("1s", periods=4, freq="1s")), "x['v'] = {}", [1, 2, 3, 4]),
        (np.arange(4).astype("m8[s]")[:, None], "x = pd.DataFrame(x); x[0] = {}", [0, 1, 2, 3]),
        (table([datetime.timedelta(seconds=n) for n in range(4)]), "x['v'] = {}", [0, 1, 2, 3]),
        (table(pd.cut([1, 2, 3, 4], [0, 2, 4])), "x['v'] = {}", [1, 1, 3, 3]),
        (table(["1.5", " 2", "3", "4e0"]), "x[['v']] = {}", [1.5, 2, 3, 4]),
        (np.array([["1.5"], ["2"], ["3"], ["4"]]), "x=np.asarray(x, dtype=float)", [1.5, 2, 3, 4]),
        (np.array([["1", 1], ["2", 1], ["3", 1], ["4", 1]], object), "x=np.asarray(x, dtype=float)", [1, 2, 3, 4]),
        (np.array([[1 + 5j], [2], [3], [4]]), "x=np.concatenate([{}axis=-1)", [1, 2, 3, 4]),
        (np.array([[1 + 5j], [2], [3], [4]], object), "x=np.concatenate([{}axis=-1)", [1, 2, 3, 4]),
        (
            np.array([(1, 5), (2, 5), (3, 5), (4, 5)], [("a", "f4"), ("b", "i4")]),
            "from numpy.lib.recfunctions import structured_to_unstructured; x=structured_to_unstructured(x)",
            [1, 2, 3, 4],
        ),
        (np.array([[2**64 * n] for n in range(4)]), "x=np.asarray(x, dtype=float) / 1e20", [0, 0.18446744, 0.36893488]),
        (np.ma.array([[1.0], [2], [3], [4]], mask=[[0], [0], [0], [1]]), "x=np.concatenate({}, axis=-1)", [1, 2, 3, 0]),
    ],
)
def test_the_line_for_inputs_works(x, line, expected):
    with pytest.raises(InputError, match="`x` of data set 'mine'") as caught:
        refuse_frame(Dataset(x=x, y=[0, 1] * 2, name="mine").x, of="mine", wanted_by="A network")
    begin, _, end = line.partition("{}")
    remedy = caught.value.remedy
    start = remedy.index(begin)
    stop = remedy.index(end, start + len(begin)) + len(end) if end else len(remedy.partition(". Or")[0].rstrip("."))
    names = {"x": x.copy(), "pd": pd, "np": np}
    exec(remedy[start:stop] if "{}" in line else line, names)

    assert Dataset(x=names["x"], y=[0, 1] * 2, name="mine").x[: len(expected), 0] == pytest.approx(expected)


@pytest.mark.parametrize(
    ("y", "expected"),
    [
        (DAYS, HALF_DAYS),
        (np.arange(4).astype("m8[s]"), [0, 1, 2, 3]),
        (pd.period_range("2020-01-01", periods=4), [0, 1, 2, 3]),
        (pd.cut([1, 2, 3, 4], [0, 2, 4]), [1, 1, 3, 3]),
        (["1.5", "2", "3", "4"], [1.5, 2, 3, 4]),
        (np.array([1 + 5j, 2, 3, 4]), [[1, 5], [2, 0], [3, 0], [4, 0]]),
    ],
)
def test_the_line_for_targets_works(y, expected):
    with pytest.raises(InputError, match="`y` of data set 'mine'") as caught:
        Dataset(x=np.zeros((4, 1)), y=y, name="mine")
    remedy = caught.value.remedy
    names = {"y": y, "pd": pd, "np": np}
    exec(remedy[remedy.index("y=np.") :].partition("If they name")[0].partition("; or")[0].rstrip(". "), names)
    data = Dataset(x=np.zeros((4, 1)), y=names["y"], name="mine")

    assert data.task == "regression"
    assert data.y.tolist() == expected


@pytest.mark.parametrize("y", [[True, None, True, False], pd.array([True, None, True, False], dtype="boolean")])
def test_the_line_for_unknown_targets_works(y):
    with pytest.raises(InputError, match="`y` of data set 'mine'") as caught:
        Dataset(x=np.zeros((4, 1)), y=y, name="mine")
    assert "keep = pd.notna(y), and take [keep] of x, y and all others" in caught.value.remedy
    keep = pd.notna(y)

    assert Dataset(x=np.zeros((4, 1))[keep], y=np.asarray(y)[keep], name="mine").y.tolist() == [1, 1, 0]


def test_the_line_for_targets_of_several_kinds_works():
    y = np.array([1, "a", 1, "b"], object)
    with pytest.raises(InputError, match="`y` of data set 'mine'") as caught:
        Dataset(x=np.zeros((4, 1)), y=y, name="mine")
    assert "y=[str(each) for each in y]" in caught.value.remedy
    assert Dataset(x=np.zeros((4, 1)), y=[str(each) for each in y], name="mine").y.tolist() == [0, 1, 0, 2]


@pytest.mark.parametrize(
    ("texts", "numbers", "fractions"),
    [
        (["1", "2"], True, False),
        (["1", "2.5"], True, True),
        (["1", "", None, float("nan")], True, False),
        (["a", "1"], False, False),
        (["", None], False, False),
    ],
)
def test_texts_are_numbers_if_all_that_are_filled_are(texts, numbers, fractions):
    assert are_numbers(texts) == numbers
    assert are_numbers(texts, with_fractions=True) == fractions


def test_text_of_whole_numbers_names_classes():
    assert Dataset(x=np.zeros((4, 1)), y=["7", "0", "10", "7"], name="mine").y.tolist() == [2, 0, 1, 2]
