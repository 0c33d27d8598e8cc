"""The training fold of a cell, and nothing else, is resampled after preprocessing."""

from __future__ import annotations

import random
import re

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from imblearn.under_sampling import RandomUnderSampler
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.preprocessing import prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import make_sampler, prepare_rows
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.errors import InputError

DRAW = np.random.default_rng(3)
Y = np.repeat([0, 1], [48, 12])
DATA = Dataset(x=DRAW.normal(size=(60, 4)) + Y[:, None], y=Y, name="rare")
BOTH = Dataset(x={"image": DRAW.normal(size=(60, 2, 3, 1)), "age": DRAW.uniform(1, 99, size=(60, 1))}, y=Y, name="both")
CELL = next(iter(KFolds(folds=3, repeats=1).split(DATA)))


def build():
    """Never called here."""


def recipe(resample, preprocess=None):
    return Recipe(Stage(build), preprocess=preprocess, resample=resample)


def sampler_of(function):
    """Return a sampler of the user's own, which resamples by a function of x and y."""
    made = type("Own", (), {"fit_resample": lambda self, x, y: function(x, y)})
    return recipe(made)


def test_without_a_sampler_the_training_fold_is_trained_on():
    rows = prepare_rows(recipe(None), DATA, CELL)
    assert rows.x is DATA.x
    assert rows.y is DATA.y
    assert rows.train is CELL.train


def test_new_rows_follow_those_of_the_data_set():
    """SMOTE returns the fold itself, and then rows between two rows of the rare class."""
    rows = prepare_rows(recipe(SMOTE, MinMaxScaler), DATA, CELL)
    prepared = prepare_inputs(recipe(None, MinMaxScaler), DATA, CELL)
    np.testing.assert_array_equal(rows.x[:60], prepared)
    np.testing.assert_array_equal(rows.y[:60], Y)
    np.testing.assert_array_equal(rows.x[rows.train][:40], prepared[CELL.train])
    new = rows.train[40:]
    assert set(rows.y[new]) == {1}
    assert np.bincount(rows.y[rows.train]).tolist() == [32, 32]
    few = prepared[CELL.train][Y[CELL.train] == 1]
    for row in rows.x[new]:
        gaps = few - row
        lengths = np.linalg.norm(gaps, axis=1)
        between = np.linalg.norm(few[:, None] - few, axis=2) - lengths[:, None] - lengths
        np.fill_diagonal(between, 1)
        assert np.abs(between).min() < 1e-5
    assert (rows.x.dtype, rows.y.dtype, rows.train.dtype) == (np.float32, np.int32, np.int32)


def test_rows_of_the_test_fold_are_neither_resampled_nor_seen():
    seen = []

    def remember(x, y):
        seen.append(x)
        return x, y

    prepare_rows(sampler_of(remember), DATA, CELL)
    np.testing.assert_array_equal(seen[0], DATA.x[CELL.train])
    changed = np.array(DATA.x)
    changed[CELL.test] += 7
    one, other = (prepare_rows(recipe(SMOTE), data, CELL) for data in (DATA, Dataset(x=changed, y=Y, name="changed")))
    np.testing.assert_array_equal(one.x[one.train], other.x[other.train])


@pytest.mark.parametrize("sampler", [SMOTE, RandomOverSampler, RandomUnderSampler])
def test_a_cell_is_resampled_alike_every_time(sampler):
    first, second = (prepare_rows(recipe(sampler), DATA, CELL) for _ in range(2))
    np.testing.assert_array_equal(first.x, second.x)


def test_a_sampler_that_draws_from_the_global_generators_is_seeded_and_leaves_them_alone():
    def draw(x, y):
        kept = np.random.permutation(len(x))[: random.randrange(10, 20)]  # noqa: NPY002
        return x[kept], y[kept]

    np.random.seed(1)  # noqa: NPY002
    first = prepare_rows(sampler_of(draw), DATA, CELL)
    after = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    assert after == np.random.random()  # noqa: NPY002
    np.testing.assert_array_equal(first.x, prepare_rows(sampler_of(draw), DATA, CELL).x)


def test_several_inputs_stay_together():
    rows = prepare_rows(recipe(RandomOverSampler), BOTH, CELL)
    assert {name: each.shape[1:] for name, each in rows.x.items()} == {"age": (1,), "image": (2, 3, 1)}
    known = {(image.tobytes(), age.tobytes()) for image, age in zip(BOTH.x["image"], BOTH.x["age"], strict=True)}
    new = rows.train
    assert {
        (image.tobytes(), age.tobytes()) for image, age in zip(rows.x["image"][new], rows.x["age"][new], strict=True)
    } <= known


def test_what_fails_says_which_rows_it_was_given():
    with pytest.raises(InputError, match="32 of class 0, 8 of class 1") as caught:
        prepare_rows(recipe(lambda: SMOTE(k_neighbors=20)), DATA, CELL)
    assert "k_neighbors" in caught.value.remedy


@pytest.mark.parametrize(
    ("function", "wrong"),
    [
        (lambda x, y: (x[:, :2], y), "inputs of the same width"),
        (lambda x, y: (x, y[:-1]), "one target for each row"),
        (lambda x, y: (x[:0], y[:0]), "finite inputs"),
        (lambda x, y: (x * np.nan, y), "finite inputs"),
        (lambda x, y: (x, y + 1), "labels that the training fold does not have"),
        (lambda x, y: x, "cannot resample"),
    ],
)
def test_rows_of_another_kind_are_refused(function, wrong):
    with pytest.raises(InputError, match=re.escape(wrong)):
        prepare_rows(sampler_of(function), DATA, CELL)


@pytest.mark.parametrize("made", [lambda: 3, lambda: SMOTE, MinMaxScaler])
def test_only_samplers_are_made(made):
    with pytest.raises(InputError, match="fit_resample"):
        make_sampler(recipe(made))


@pytest.mark.parametrize("given", [SMOTE(), "smote", lambda x: x, 3])
def test_a_recipe_takes_a_function_that_makes_a_sampler(given):
    with pytest.raises(InputError, match="`resample` has to be a function"):
        recipe(given)
