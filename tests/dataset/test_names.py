"""Labels keep the names that the user gave them, by the numbers that negres gives them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from negres_core import Dataset
from negres_core.dataset.names import label_names, name_of_label, names_of

X = np.zeros((4, 1))
TEXT = ["virginica", "setosa", "virginica", "setosa"]
ONE_HOT = pd.DataFrame({"no": [1, 0, 1, 0], "yes": [0, 1, 0, 1]})


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (TEXT, ("setosa", "virginica")),
        (np.array(TEXT), ("setosa", "virginica")),
        (pd.Series(TEXT), ("setosa", "virginica")),
        (pd.Series(TEXT, dtype="category"), ("setosa", "virginica")),
        (np.array(TEXT)[:, None], ("setosa", "virginica")),
        (pd.DataFrame({"even": [1, 0], "rare": [0, 0]}), ("even", "rare")),
        (pd.DataFrame([[1, 0], [0, 0]]), ()),
        ([0, 1, 1, 0], ()),
        (np.array([0.5, 1.5]), ()),
        (np.zeros((2, 3, 3, 1)), ()),
        (None, ()),
    ],
)
def test_text_and_columns_of_a_table_are_names(given, names):
    assert names_of(given) == names


def test_labels_are_named_by_their_numbers():
    data = Dataset(x=X, y=TEXT, name="irises", attributes={"site": ["b", "a", "a", "b"], "age": [1, 2, 3, 4]})
    assert [name_of_label(data, int(number)) for number in data.y] == TEXT
    assert [name_of_label(data, int(number), of="site") for number in data.attributes["site"]] == ["b", "a", "a", "b"]
    assert name_of_label(data, 3, of="age") == "3"
    assert label_names(data.take(np.array([1, 3]))) == ("setosa", "virginica")


def test_one_hot_columns_name_classes_and_columns_of_values_name_nothing():
    assert label_names(Dataset(x=X, y=ONE_HOT, name="answers")) == ("no", "yes")
    assert label_names(Dataset(x=X, y=ONE_HOT.astype(float), name="values")) == ()
    assert label_names(Dataset(x=X, y=[0, 1, 0, 1], name="numbers")) == ()


def test_each_of_several_outputs_has_its_names():
    data = Dataset(x=X, y={"kind": TEXT, "answer": ONE_HOT}, name="several")
    assert label_names(data.about("kind")) == ("setosa", "virginica")
    assert label_names(data.about("kind").seen_as("answer")) == ("no", "yes")


def test_names_are_not_part_of_the_digest():
    one, other = (Dataset(x=X, y=names, name="it") for names in (TEXT, [0, 1, 0, 1]))
    assert one.digest != other.digest
    assert one.digest == Dataset(x=X, y=[1, 0, 1, 0], name="it").digest
