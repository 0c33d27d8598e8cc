"""What users give as rows: tables, tensors, streams, lists; what has one meaning is taken."""

from __future__ import annotations

import datetime
import decimal
import fractions
import pathlib

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from negres_core import Dataset
from negres_core.dataset.frame import refuse_frame
from negres_core.dataset.given import as_array, check_numeric, columns_of, kinds_of, number_names
from negres_core.errors import InputError

NUMBERS = np.arange(12, dtype=np.float32).reshape(6, 2)


class Stream:
    """Batches that can be gone through, and have no length."""

    def __iter__(self):
        yield NUMBERS


class Loader(Stream):
    """Batches with a length and numbers, as a sequence of Keras has them."""

    def __len__(self):
        return 1

    def __getitem__(self, number):
        return NUMBERS


class Tensor:
    """An array of another library."""

    def __array__(self, dtype=None, copy=None):
        return NUMBERS


def frame(**columns):
    return pd.DataFrame({"length": NUMBERS[:, 0], **columns})


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (frame(flag=[True, False] * 3), [1, 0] * 3),
        (frame(count=pd.array([1, 2, 3] * 2, dtype="Int64")), [1, 2, 3] * 2),
        (frame(flag=pd.array([True, False] * 3, dtype="boolean")), [1, 0] * 3),
        (frame(value=pd.array([1.5, 2.5] * 3, dtype="Float64")), [1.5, 2.5] * 3),
        (frame(mixed=np.array([1, 2.5, True] * 2, dtype=object)), [1, 2.5, 1] * 2),
        (frame(price=[decimal.Decimal("0.5"), decimal.Decimal("2")] * 3), [0.5, 2] * 3),
        (frame(share=[fractions.Fraction(1, 4), 1] * 3), [0.25, 1] * 3),
    ],
    ids=lambda given: str(getattr(given, "columns", [""])[-1]),
)
def test_booleans_and_nullable_numbers_are_numbers(given, expected):
    data = Dataset(x=given, y=[0, 1] * 3, name="mine")

    assert data.x[:, 1].tolist() == expected
    assert data.x[:, 0].tolist() == NUMBERS[:, 0].tolist()


@pytest.mark.parametrize("given", [NUMBERS, NUMBERS.tolist(), tuple(NUMBERS), Tensor(), pd.DataFrame(NUMBERS)])
def test_arrays_lists_tensors_and_tables_are_taken(given):
    assert as_array(given, "x", of="mine").tolist() == NUMBERS.tolist()


def test_ranges_and_masked_arrays_without_a_mask_are_taken():
    assert as_array(range(3), "y", of="mine").tolist() == [0, 1, 2]
    assert as_array(np.ma.masked_less(NUMBERS, -1), "x", of="mine").tolist() == NUMBERS.tolist()


@pytest.mark.parametrize(
    ("given", "received", "remedy"),
    [
        (Stream(), "a Stream", "xs, ys = zip(*batches)"),
        (Loader(), "a Loader", "xs, ys = zip(*batches)"),
        ((row for row in NUMBERS), "a generator", "in one pass"),
        (None, "x=None", "y=x"),
        ("penguins.csv", "penguins.csv", "pd.read_csv"),
        ({"a": NUMBERS}, "a dictionary with a", "dictionary of arrays"),
        (scipy.sparse.csr_matrix(NUMBERS), "a csr_matrix of shape (6, 2)", "x=x.toarray()"),
        (np.ma.masked_less(NUMBERS, 2), "2 masked values", "np.ma.getmaskarray(x)"),
        ([np.ma.masked_less(row, 2) for row in NUMBERS], "2 masked values", "np.ma.getmaskarray(x)"),
        ([NUMBERS, NUMBERS, NUMBERS[:4]], "arrays of shapes (6, 2), (6, 2), (4, 2)", "x=np.concatenate(x)"),
        ([NUMBERS, NUMBERS[:, :1]], "arrays of shapes (6, 2), (6, 1)", 'x={"image": images, "age": ages}'),
        ([[1, 2], [1]], "inhomogeneous", "keras.utils.pad_sequences(x)"),
    ],
    ids=lambda given: type(given).__name__,
)
def test_refuses_what_has_no_numbered_rows_of_one_shape(given, received, remedy):
    with pytest.raises(InputError, match="`x` of data set 'mine'") as caught:
        as_array(given, "x", of="mine")
    assert received in caught.value.received
    assert remedy in caught.value.remedy


DAYS = pd.date_range("2020-01-01", periods=6)


@pytest.mark.parametrize(
    ("given", "received", "remedy"),
    [
        (frame(sex=["m", "f"] * 3), "text in column 'sex'", "x=pd.get_dummies(x, columns=['sex'], dummy_na=True)"),
        (
            frame(sex=["m", np.nan] * 3, island=pd.Categorical(["a", "b"] * 3)),
            "missing values and text in columns 'sex', 'island'",
            "columns=['sex', 'island']",
        ),
        (frame(day=DAYS), "dates in column 'day'", "x['day'] = (pd.to_datetime(x['day'], utc=True)"),
        (pd.DataFrame({"day": DAYS}), "dates in column 'day'", "pd.Timedelta(days=1)"),
        (
            frame(count=pd.array([1, None, 3] * 2, dtype="Int64")),
            "missing values in column 'count'",
            'pd.concat([x.fillna(0), x.isna().add_suffix(" missing")], axis=1)',
        ),
        (np.array([["a", "b"]] * 6), "text in columns 0, 1", "TextVectorization"),
        (["one text", "another text"], "text, dtype", "TextVectorization"),
        (NUMBERS + 1j, "complex numbers in columns 0, 1", "dtype=complex).imag], axis=-1)"),
        (np.array([[object()]] * 6), "objects of type object in column 0", "one number for each value"),
    ],
    ids=lambda given: str(given)[:20].split("\n", maxsplit=1)[0],
)
def test_refuses_inputs_that_are_not_numbers_and_names_the_columns(given, received, remedy):
    array = as_array(given, "x", of="mine")
    with pytest.raises(InputError, match="`x` of data set 'mine' has to be an array of numbers") as caught:
        check_numeric(array, "x", of="mine", columns=columns_of(given))
    assert received in caught.value.received
    assert remedy in caught.value.remedy


MISSING = frame(mass=[1.0, np.nan, 3.0] * 2)


def test_the_advice_about_missing_values_is_a_line_that_works_and_uses_no_other_row():
    with pytest.raises(InputError, match="A network takes numbers") as caught:
        refuse_frame(Dataset(x=MISSING, y=[0, 1] * 3, name="mine").x, of="mine", wanted_by="A network")
    assert "in column 'mass'" in caught.value.received
    assert "carry test rows into training" in caught.value.remedy
    x = MISSING
    line = 'pd.concat([x.fillna(0), x.isna().add_suffix(" missing")], axis=1)'
    assert line in caught.value.remedy
    whole, part = (Dataset(x=eval(line), y=[0, 1] * 3, name="mine").x for x in (MISSING, MISSING))
    assert whole[:, 1].tolist() == [1, 0, 3] * 2
    assert whole[:, 3].tolist() == [0, 1, 0] * 2
    x = MISSING.iloc[:4]
    assert eval(line, {"pd": pd, "x": x}).to_numpy(float).tolist() == part[:4].tolist()


def test_the_advice_about_categories_is_a_line_that_works():
    x = frame(sex=["m", None, "f"] * 2)
    encoded = Dataset(x=pd.get_dummies(x, columns=["sex"], dummy_na=True), y=[0, 1] * 3, name="mine")

    assert encoded.x[:, 1:].tolist() == [[0, 1, 0], [0, 0, 1], [1, 0, 0]] * 2


def test_the_advice_about_streams_keeps_each_target_with_its_inputs():
    draw = np.random.default_rng(0)

    def batches():
        rows = draw.permutation(6)
        for some in (rows[:4], rows[4:]):
            yield NUMBERS[some], NUMBERS[some, 0].astype(int) // 2

    xs, ys = zip(*batches(), strict=True)
    x, y = np.concatenate(xs), np.concatenate(ys)

    assert (x[:, 0] // 2).astype(int).tolist() == y.tolist()
    assert len(Dataset(x=x, y=y, name="mine")) == 6


@pytest.mark.parametrize(
    ("items", "kinds"),
    [
        (["a", float("nan")], {"text", "missing values"}),
        (["a", 1.5], {"text", "numbers"}),
        ([None, 1], {"missing values", "numbers"}),
        ([pd.NA, pd.NaT], {"missing values"}),
        ([datetime.date(2020, 1, 1)], {"dates"}),
        ([datetime.timedelta(1)], {"durations"}),
        ([decimal.Decimal("0.5"), fractions.Fraction(1, 3)], {"numbers"}),
        ([1j], {"complex numbers"}),
        ([2**64], {"numbers", "integers of more than 64 bits"}),
        ([np.float32(1), True, 3], {"numbers"}),
        ([{}], {"objects of type dict"}),
    ],
)
def test_an_array_of_objects_holds_what_its_items_are(items, kinds):
    array = np.empty(len(items), dtype=object)
    array[:] = items

    assert kinds_of(array) == kinds


@pytest.mark.parametrize(
    "given",
    [
        lambda table: {"y": table["v"][::-1]},
        lambda table: {"groups": table["v"][::-1]},
        lambda table: {"attributes": {"v": table["v"][::-1]}},
        lambda table: {"x": {"one": table, "other": table[::-1]}},
        lambda table: {"x": table.to_numpy(), "y": table["v"], "groups": table["v"][::-1]},
    ],
)
def test_refuses_tables_with_the_same_index_in_another_order(given):
    table = pd.DataFrame({"v": [0, 1, 2] * 2}, index=list("abcdef"))
    with pytest.raises(InputError, match="have the same index in another order") as caught:
        Dataset(**{"x": table, "y": [0, 1] * 3, "name": "mine"} | given(table))
    assert caught.value.remedy.count(".loc[") == 1


def test_a_path_is_not_taken_for_a_stream():
    with pytest.raises(InputError, match="has to be an array") as caught:
        as_array(pathlib.Path("rows.csv"), "x", of="mine")
    assert (caught.value.received, "pd.read_csv" in caught.value.remedy) == ("the path rows.csv", True)


def test_names_are_numbered_in_their_sorted_order():
    numbers = number_names(np.array(["b", "a", "b", "c"]), "groups", of="mine", missing="Drop them.")

    assert (numbers.tolist(), numbers.dtype) == ([1, 0, 1, 2], np.int32)


@pytest.mark.parametrize(
    ("names", "wrong"),
    [
        (np.array(["a", None], dtype=object), "missing values"),
        (np.array([1.0, np.nan]), "missing values"),
        (np.array(["2020-01-01", "NaT"], dtype="datetime64[D]"), "missing values"),
        (np.array([1, "a"], dtype=object), "mixes values of several kinds"),
        (np.array([{}, {}], dtype=object), "cannot be sorted"),
    ],
)
def test_refuses_names_that_are_missing_or_of_several_kinds(names, wrong):
    with pytest.raises(InputError, match=f"`groups` of data set 'mine' .*{wrong}"):
        number_names(names, "groups", of="mine", missing="Drop them.")
