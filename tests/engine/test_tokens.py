"""Tokens that an Embedding has no row for, or that are not whole numbers, are refused before anything is trained."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.checks import check_recipe
from negres_core.engine.tokens import extreme_rows
from negres_core.errors import InputError
from tests.engine import examples as ex

TOKENS = np.random.default_rng(3).integers(1, 20, size=(61, 4))


def data(**changed):
    tokens = TOKENS.astype(float)
    for row, token in changed.items():
        tokens[int(row[1:]), 2] = token
    return Dataset(x=tokens, y=np.arange(61) % 3, name="texts")


def looked_up():
    ends = [layers.Flatten(), layers.Dense(3, "softmax")]
    return keras.Sequential([keras.Input((4,)), layers.Embedding(20, 3, name="words"), *ends])


def shifted():
    x = keras.Input((4,))
    h = layers.Flatten()(layers.Embedding(19, 3, name="words")(x - 1))
    return keras.Model(x, layers.Dense(3, "softmax")(h))


def test_tokens_in_range_are_taken():
    check_recipe(Recipe(ex.stage(looked_up)), data())
    check_recipe(Recipe(ex.stage(shifted)), data())


@pytest.mark.parametrize(
    ("build", "texts", "wrong", "received"),
    [
        (looked_up, data(r40=20), "out of the range", "to 20, and a table of 20 in 'words'"),
        (looked_up, data(r7=-1), "out of the range", "from -1 to"),
        (shifted, data(r9=0), "out of the range", "from -1 to"),
        (looked_up, data(r30=2.5), "not whole numbers", "2.5 in 'words'"),
    ],
    ids=["one too many", "negative", "negative after a layer", "a fraction"],
)
def test_other_tokens_are_refused(build, texts, wrong, received):
    with pytest.raises(InputError, match=wrong) as error:
        check_recipe(Recipe(ex.stage(build)), texts)
    assert received in error.value.received


def test_scaled_tokens_are_refused():
    with pytest.raises(InputError, match="not whole numbers") as error:
        check_recipe(Recipe(ex.stage(looked_up), preprocess=MinMaxScaler), data())
    assert "no scaler" in error.value.remedy


def test_the_extremes_of_each_feature_are_looked_at():
    rows = extreme_rows(data(r50=30, r51=-3, r52=0.5))
    assert {50, 51, 52} <= set(rows.tolist())
    assert set(data().x[rows].max(axis=0)) <= set(range(21))
