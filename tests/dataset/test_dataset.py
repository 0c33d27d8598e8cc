from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset
from negres_core.arrays import is_same
from negres_core.errors import InputError

X = np.arange(12, dtype=np.float32).reshape(4, 3)
LABELS = np.array([0, 1, 2, 1])
AGES = np.array([[30], [20], [50], [40]], dtype=np.uint8)
BOTH = {"image": X, "age": AGES}
TABLE = pd.DataFrame({"v": [1.0, 2.0, 3.0, 4.0]}, index=list("abcd"))


def make(**fields):
    return Dataset(**{"x": X, "y": LABELS, "name": "mine"} | fields)


def test_integer_targets_make_a_classification():
    data = make()

    assert (len(data), data.task, data.outputs, data.input_shape) == (4, "classification", 3, (3,))
    assert (data.x.dtype, data.y.dtype, data.groups) == (np.float32, np.int32, None)
    assert repr(data) == "Dataset('mine', 4 rows of (3,), classification, 3 outputs)"
    np.testing.assert_array_equal(data.x, X)
    np.testing.assert_array_equal(data.y, LABELS)


@pytest.mark.parametrize(("columns", "outputs"), [((), 1), ((1,), 1), ((2,), 2)])
def test_float_targets_make_a_regression(columns, outputs):
    data = make(y=np.ones((4, *columns)))

    assert (data.task, data.outputs, data.y.dtype) == ("regression", outputs, np.float32)
    assert data.y.shape == ((4, 2) if outputs == 2 else (4,))


@pytest.mark.parametrize(
    "y", [LABELS.tolist(), LABELS.astype(np.uint8), LABELS.reshape(4, 1), np.array([True, False, True, True])]
)
def test_labels_may_be_lists_small_integers_booleans_or_a_column(y):
    data = make(y=y)

    assert data.task == "classification"
    assert data.y.tolist() == np.ravel(y).astype(int).tolist()


def test_images_keep_their_shape():
    assert make(x=np.zeros((4, 5, 6, 1), dtype=np.uint8)).input_shape == (5, 6, 1)


def test_groups_are_numbered_whatever_their_labels():
    assert make(groups=["b", "a", "b", "c"]).groups.tolist() == [1, 0, 1, 2]


def test_the_arrays_are_read_only_and_the_callers_stay_writable():
    arrays = {"x": X.copy(), "y": LABELS.astype(np.int32), "groups": np.arange(4, dtype=np.int32)}
    data = make(**arrays)

    for name, array in arrays.items():
        with pytest.raises(ValueError, match="read-only"):
            getattr(data, name)[0] = 1
        array[0] = 2
        assert array.flags.writeable


def test_the_same_arrays_have_the_same_digest_whatever_their_name_and_layout():
    assert make().digest == make(name="other", source="elsewhere", x=np.asfortranarray(X, dtype=np.float64)).digest


def test_the_digest_is_the_one_in_stored_evidence():
    """Stored replicates are found by this digest: a change here makes all of them worthless."""
    assert make().digest == "185c4a46eac8d072faee92f0b4d84800f194e3f620979f170d8031fb7f704681"
    grouped = make(groups=["b", "a", "b", "c"])
    assert grouped.digest == "cf3ae28bcb77485d1be2c6433cd1551803edb56f887ee721e79afe74022892da"


def test_several_inputs_have_names():
    data = make(x=BOTH)

    assert (len(data), data.task, data.outputs) == (4, "classification", 3)
    assert data.input_shape == {"age": (1,), "image": (3,)}
    assert repr(data) == "Dataset('mine', 4 rows of {'age': (1,), 'image': (3,)}, classification, 3 outputs)"
    for name, array in BOTH.items():
        np.testing.assert_array_equal(data.x[name], array)
        assert data.x[name].dtype == np.float32
        with pytest.raises(ValueError, match="read-only"):
            data.x[name][0] = 1
    assert X.flags.writeable
    assert type(data.x) is dict
    assert data.x is not BOTH


def test_the_digest_of_several_inputs_depends_on_their_names_and_not_on_their_order():
    digest = make(x=BOTH).digest

    assert make(x=dict(reversed(BOTH.items()))).digest == digest
    for other in (
        {"image": X, "ages": AGES},
        {"image": X, "age": AGES + 1},
        {"image": X},
        {"image": X, "age": AGES, "more": AGES},
    ):
        assert make(x=other).digest != digest
    assert make(x={"image": X}).digest != make(x=X).digest
    assert make(x={"a": X, "b": X + 1}).digest != make(x={"a": X + 1, "b": X}).digest


@pytest.mark.parametrize(
    "fields",
    [
        {"x": X + 1},
        {"x": X.reshape(4, 3, 1)},
        {"x": X.reshape(4, 1, 3)},
        {"y": [0, 1, 2, 2]},
        {"groups": [0, 1, 2, 3]},
        {"groups": [0, 0, 1, 1]},
    ],
    ids=str,
)
def test_the_digest_depends_on_values_shape_and_groups(fields):
    assert make(**fields).digest != make().digest


def test_the_digest_depends_on_the_dtype():
    """Labels of 0 and values of 0 have the same bytes."""
    assert make(y=np.zeros(4, dtype=int)).digest != make(y=np.zeros(4)).digest


def test_the_digest_tells_targets_from_groups():
    one, other = make(groups=[0, 1, 0, 1], y=[0, 0, 0, 1]), make(groups=[0, 0, 0, 1], y=[0, 1, 0, 1])

    assert one.digest != other.digest


def broken(value, *, at=(2, 1)):
    x = X.copy()
    x[at] = value
    return x


@pytest.mark.parametrize(
    ("fields", "wrong", "received", "remedy"),
    [
        ({"name": ""}, "needs a name", "Received: \n", 'name="mine"'),
        ({"name": 3}, "needs a name", "Received: 3", 'name="mine"'),
        ({"source": None}, "`source` .* has to be text", "Received: None", "leave it out"),
        ({"attributes": [LABELS]}, "Each attribute of data set .* needs a name", "a list", 'attributes={"age": ages}'),
        ({"attributes": {3: LABELS}}, "Each attribute of data set .* needs a name", "names [3]", "a dictionary"),
        ({"attributes": {"age": None}}, r"`attributes\['age'\]` .* is missing", "=None", "Leave it out"),
        ({"x": X[:, 0]}, "needs a row axis and at least one feature axis", "x of shape (4,)", "x.reshape(-1, 1)"),
        ({"x": X[:, :0]}, "at least one feature axis", "x of shape (4, 0)", "how the columns were selected"),
        ({"y": [0, 1, 2]}, "differ in length", "x of shape (4, 3) and y of shape (3,)", "one target for each row"),
        ({"y": 1}, "differ in length", "y of shape ()", "one target for each row"),
        ({"x": X[:0], "y": LABELS[:0]}, "is empty", "x of shape (0, 3)", "2 rows or more"),
        ({"x": [X, X]}, "several inputs in a list", "shapes (4, 3), (4, 3)", 'x={"image": x[0], "age": x[1]}'),
        ({"x": [X, AGES]}, "several inputs in a list", "shapes (4, 3), (4, 1)", 'x={"image": x[0], "age": x[1]}'),
        ({"x": {}}, "Each input of data set .* needs a name", "names []", 'x={"image": images, "age": ages}'),
        ({"x": {"": X}}, "Each input of data set .* needs a name", "names ['']", "the names of the model's inputs"),
        (
            {"x": {"image": X, 3: AGES}},
            "Each input of data set .* needs a name",
            "names ['image', 3]",
            "the model's inputs",
        ),
        ({"x": BOTH | {"age": [["a"]] * 4}}, r"`x\['age'\]` .* array of numbers", "text in column 0", "get_dummies"),
        (
            {"x": BOTH | {"age": BOTH}},
            r"`x\['age'\]` .* one array",
            "with image, age",
            "dictionary of arrays",
        ),
        (
            {"x": BOTH | {"age": AGES[:, 0]}},
            r"`x\['age'\]` .* feature axis",
            "x['age'] of shape (4,)",
            "reshape(-1, 1)",
        ),
        (
            {"x": BOTH | {"age": AGES[1:]}},
            r"`x\['age'\]` and `y` .* differ",
            "x['age'] of shape (3, 1) and",
            "each row",
        ),
        ({"x": {"image": X[:0], "age": AGES[:0]}, "y": LABELS[:0]}, "is empty", "x['age'] of shape (0, 1)", "2 rows"),
        ({"x": BOTH | {"image": broken(np.nan)}}, r"`x\['image'\]` .* missing", "the first in row 2", "np.isnan(x["),
        ({"x": TABLE, "y": TABLE["v"][::-1]}, "the same index in another order", "from row 'a'", "y=y.loc[x.index]"),
        ({"groups": pd.Series(["a", None, "b", "a"])}, "`groups` .* missing", "text", 'fillna("unknown")'),
        ({"groups": [0, np.nan, 1, 1]}, "`groups` .* missing", "numbers", 'fillna("unknown")'),
        ({"groups": np.array([0, "a", 1, 1], object)}, "mixes values", "numbers and text", "str(each)"),
        ({"groups": [0, 1]}, "one label per row", "groups of shape (2,) for 4 rows", "as long as x"),
        ({"groups": [[0], [1], [2], [3]]}, "one label per row", "groups of shape (4, 1)", "one-dimensional"),
    ],
)
def test_refuses_arrays_that_cannot_be_a_data_set(fields, wrong, received, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        make(**fields)
    assert received in str(caught.value)
    assert remedy in caught.value.remedy
    assert fields.get("name", "mine") != "mine" or "'mine'" in str(caught.value)


def test_flattened_inputs_lie_side_by_side_sorted_by_name():
    image, age = np.arange(12.0).reshape(3, 2, 2), np.array([[7.0], [8.0], [9.0]])
    both = Dataset(x={"image": image, "age": age}, y=[0, 1, 0], name="two")

    assert both.width == 5
    assert both.flatten([2, 0]).tolist() == [[9, 8, 9, 10, 11], [7, 0, 1, 2, 3]]
    assert Dataset(x=image, y=[0, 1, 0], name="one").flatten().tolist() == image.reshape(3, 4).tolist()


def test_classes_take_turns_in_shuffled_rows_and_the_last_class_comes_first():
    data = Dataset(x=np.zeros((9, 1)), y=[0, 0, 0, 0, 0, 1, 3, 3, 3], name="mine")

    order = data.shuffle_rows(seed=0)

    assert data.y[order].tolist() == [3, 1, 0, 3, 0, 3, 0, 0, 0]
    assert sorted(order) == list(range(9))
    assert order.tolist() == data.shuffle_rows(seed=0).tolist() != data.shuffle_rows(seed=1).tolist()


def test_values_are_shuffled_whatever_they_are():
    data = Dataset(x=np.zeros((9, 1)), y=np.linspace(0, 1, 9), name="mine")

    assert data.shuffle_rows(seed=2).tolist() == np.random.default_rng(2).permutation(9).tolist()


FACES = np.random.default_rng(0).uniform(size=(6, 4, 4, 3)).astype(np.float32)


def test_images_as_targets_make_a_reconstruction():
    data = Dataset(x=FACES, y=FACES, name="faces")

    assert (data.task, data.span) == ("reconstruction", float(np.ptp(FACES)))
    assert repr(data) == "Dataset('faces', 6 rows of (4, 4, 3), reconstruction of (4, 4, 3))"
    assert Dataset(x=FACES, y=np.ones_like(FACES), name="white").span == 1.0


def test_images_that_are_their_own_targets_stay_one_array():
    data = Dataset(x=FACES, y=FACES, name="faces").take(np.array([1, 3]))

    assert is_same(data.x, data.y)
    assert not is_same(data.x, Dataset(x=FACES, y=FACES, name="faces").y)


def test_images_are_shown_in_8_bits_over_the_range_of_the_targets():
    data = Dataset(x=FACES, y=FACES * 4 - 2, name="faces")
    low, high = float(data.y.min()), float(data.y.max())

    shown = data.as_shown(np.array([low - 1, low, low + data.span / 255, high, high + 1]))

    assert (shown.tolist(), shown.dtype) == ([0, 0, 1, 255, 255], np.uint8)


def test_attributes_stay_with_their_rows():
    data = Dataset(x=FACES, y=FACES, name="faces", attributes={"age": np.arange(6.0), "gender": np.arange(6) % 2})

    few = data.take(np.array([5, 0]))

    assert few.attributes["age"].tolist() == [5.0, 0.0]
    assert few.attributes["gender"].tolist() == [1, 0]
    assert (few.attributes["age"].dtype, few.attributes["gender"].dtype) == (np.float32, np.int32)
    assert not few.attributes["age"].flags.writeable


def test_attributes_are_part_of_the_digest():
    plain = Dataset(x=FACES, y=FACES, name="faces")
    aged = [Dataset(x=FACES, y=FACES, name="faces", attributes={"age": np.full(6, age)}) for age in (1.0, 2.0)]

    assert len({plain.digest, *(data.digest for data in aged)}) == 3


@pytest.mark.parametrize(
    ("values", "wrong", "remedy"),
    [
        (np.arange(5), "needs one number or one name per row", "as long as x"),
        (np.zeros((6, 2)), "needs one number or one name per row", "an attribute of its own"),
        (np.array([0.0, np.nan, 0, 0, 0, 0]), "missing values", "np.isfinite"),
        (np.array([-1, 0, 0, 0, 0, 0]), "negative integers", "values.astype(float)"),
        (np.arange(6) + 2**40, "does not fit into int32", "np.unique(labels, return_inverse=True)[1]"),
        (np.arange(6) + 1.7e9, "would lose digits", "Subtract or divide by a constant"),
        (np.array([None, "a", "b", "a", "a", "a"], dtype=object), "missing values", "unknown"),
        (pd.date_range("2020", periods=6), "has to be an array of numbers", "days since a fixed day"),
    ],
)
def test_refuses_attributes_that_are_not_labels_or_finite_values(values, wrong, remedy):
    with pytest.raises(InputError, match=f"'?age'?.* of data set 'faces' .*{wrong}") as caught:
        Dataset(x=FACES, y=FACES, name="faces", attributes={"age": values})
    assert remedy in caught.value.remedy


def test_an_attribute_may_be_text():
    data = Dataset(x=FACES, y=FACES, name="faces", attributes={"island": ["b", "a", "b", "c", "a", "b"]})

    assert data.attributes["island"].tolist() == [1, 0, 1, 2, 0, 1]


def test_some_rows_of_a_data_set_may_lack_classes():
    data = Dataset(x=np.arange(30.0)[:, None], y=np.arange(30) % 15, name="many", groups=np.arange(30) // 2)

    few = data.take(np.array([27, 28, 26]))

    assert (few.y.tolist(), few.outputs, few.groups.tolist()) == ([12, 13, 11], 14, [0, 1, 0])
    first = data.take(np.array([3, 4, 2]))
    assert first.digest == Dataset(x=[[3], [4], [2]], y=[3, 4, 2], name="first", groups=[0, 1, 0]).digest
    for array in (few.x, few.y, few.groups):
        assert not array.flags.writeable
