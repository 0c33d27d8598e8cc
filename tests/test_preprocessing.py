"""Inputs are prepared by a transformer that is fitted on the training fold only."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, QuantileTransformer, StandardScaler

from negres_core.arrays import digest_array
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.preprocessing import DIGESTED_ROWS, make_transformer, prepare_inputs, sample_rows
from negres_core.recipe import Recipe, Stage


def build():
    """Never called here."""


DRAW = np.random.default_rng(3)
DATA = Dataset(x=DRAW.normal(size=(30, 4)), y=np.arange(30) % 2, name="rows")
IMAGES = Dataset(x=DRAW.normal(size=(12, 2, 3, 1)), y=np.arange(12) % 2, name="images")
AGES = DRAW.uniform(1, 99, size=(12, 1))
BOTH = Dataset(x={"image": IMAGES.x, "age": AGES}, y=IMAGES.y, name="both")


def recipe(preprocess):
    return Recipe(Stage(build), preprocess=preprocess)


def cell(data=DATA):
    return next(iter(KFolds(folds=3, repeats=1).split(data)))


def test_without_a_transformer_the_inputs_are_unchanged():
    np.testing.assert_array_equal(prepare_inputs(recipe(None), DATA, cell()), DATA.x)


def test_the_transformer_is_fitted_on_the_training_fold_only():
    here = cell()
    prepared = prepare_inputs(recipe(MinMaxScaler), DATA, here)
    low, high = DATA.x[here.train].min(axis=0), DATA.x[here.train].max(axis=0)
    np.testing.assert_allclose(prepared, (DATA.x - low) / (high - low), rtol=1e-5, atol=1e-6)
    assert prepared.dtype == np.float32


def test_rows_of_the_test_fold_do_not_affect_the_training_fold():
    here = cell()
    x = np.array(DATA.x)
    x[here.test] *= 1000
    shifted = Dataset(x=x, y=DATA.y, name="shifted")
    one, other = (prepare_inputs(recipe(StandardScaler), data, here) for data in (DATA, shifted))
    np.testing.assert_array_equal(one[here.train], other[here.train])
    assert (one[here.test] != other[here.test]).all()


def test_images_are_flattened_for_the_transformer_and_reshaped_afterwards():
    here = cell(IMAGES)
    prepared = prepare_inputs(recipe(StandardScaler), IMAGES, here)
    assert prepared.shape == IMAGES.x.shape
    assert prepared.flags.c_contiguous
    train = IMAGES.x[here.train]
    np.testing.assert_allclose(prepared, (IMAGES.x - train.mean(axis=0)) / train.std(axis=0), rtol=1e-4, atol=1e-5)


def test_without_a_transformer_several_inputs_are_unchanged():
    prepared = prepare_inputs(recipe(None), BOTH, cell(BOTH))
    assert list(prepared) == ["age", "image"]
    for name, array in prepared.items():
        np.testing.assert_array_equal(array, BOTH.x[name])


def test_each_of_several_inputs_has_its_own_transformer():
    transformers = []

    def make():
        transformers.append(MinMaxScaler())
        return transformers[-1]

    here = cell(BOTH)
    prepared = prepare_inputs(recipe(make), BOTH, here)
    alone = prepare_inputs(recipe(MinMaxScaler), IMAGES, here)
    np.testing.assert_array_equal(prepared["image"], alone)
    low, high = AGES[here.train].min(), AGES[here.train].max()
    np.testing.assert_allclose(prepared["age"], (AGES - low) / (high - low), rtol=1e-5, atol=1e-6)
    assert sorted(each.n_features_in_ for each in transformers) == [1, 6]


@pytest.mark.parametrize("data", [DATA, IMAGES], ids=["rows", "images"])
def test_a_transformer_may_change_the_number_of_features(data):
    here = cell(data)
    prepared = prepare_inputs(recipe(lambda: PCA(2)), data, here)
    assert prepared.shape == (len(data), 2)
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared[here.train].mean(axis=0), 0, atol=1e-6)


def test_every_call_makes_a_new_transformer():
    assert make_transformer(recipe(StandardScaler)) is not make_transformer(recipe(StandardScaler))


def random_quantiles():
    return QuantileTransformer(n_quantiles=5, subsample=10)


@pytest.mark.parametrize("make", [random_quantiles, lambda: make_pipeline(MinMaxScaler(), random_quantiles())])
def test_a_random_transformer_gives_the_same_inputs_whatever_was_drawn_before(make):
    first = prepare_inputs(recipe(make), DATA, cell())
    np.random.seed(1)  # noqa: NPY002 # it is the global generator that is disturbed here
    np.testing.assert_array_equal(prepare_inputs(recipe(make), DATA, cell()), first)


def test_a_transformer_with_a_seed_keeps_it():
    def make(seed=None):
        return QuantileTransformer(n_quantiles=5, subsample=10, random_state=seed)

    assert make_transformer(recipe(lambda: make(7))).random_state == 7
    assert make_transformer(recipe(make)).random_state == 0


@pytest.mark.parametrize("result", [None, 3, StandardScaler, object()])
def test_refuses_a_preprocess_that_does_not_return_a_transformer(result):
    with pytest.raises(InputError, match="unfitted scikit-learn transformer") as error:
        make_transformer(recipe(lambda: result))
    assert error.value.received is result


def test_the_sampled_rows_come_from_both_folds():
    big = Dataset(x=np.zeros((300, 1)), y=np.arange(300) % 2, name="big")
    for data, expected in ((DATA, 30), (big, 2 * DIGESTED_ROWS)):
        here = cell(data)
        rows = sample_rows(here)
        assert len(rows) == len(set(rows)) == expected
        assert set(rows) & set(here.train)
        assert set(rows) & set(here.test)


@pytest.mark.parametrize(
    "other",
    [
        np.arange(6, dtype=np.float32).reshape(3, 2),
        np.arange(6, dtype=np.float64).reshape(2, 3),
        np.arange(6, dtype=np.int32).reshape(2, 3),
        np.arange(1, 7, dtype=np.float32).reshape(2, 3),
        np.nextafter(np.arange(6, dtype=np.float32), np.float32(9)).reshape(2, 3),
        np.arange(6, dtype=np.float32).reshape(2, 3)[::-1],
    ],
    ids=["shape", "precision", "dtype", "values", "the last bit", "order"],
)
def test_arrays_that_differ_have_different_digests(other):
    assert digest_array(np.arange(6, dtype=np.float32).reshape(2, 3)) != digest_array(other)


def test_the_digest_of_one_array_is_the_one_in_stored_evidence():
    assert digest_array(np.arange(12, dtype=np.float32).reshape(4, 3)) == "8e830c57c596e676db8006e11d27b06c"


def test_the_digest_of_several_inputs_depends_on_names_and_values_and_not_on_their_order():
    one, other = np.arange(6, dtype=np.float32).reshape(2, 3), np.ones((2, 1), np.float32)
    digest = digest_array({"a": one, "b": other})
    assert digest_array({"b": other, "a": one}) == digest
    for changed in ({"a": one, "c": other}, {"b": one, "a": other}, {"a": one, "b": other * 2}, {"a": one}):
        assert digest_array(changed) != digest
    assert digest_array({"a": one}) != digest_array(one)


def test_a_digest_does_not_depend_on_the_layout_in_memory():
    array = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert digest_array(np.asfortranarray(array)) == digest_array(array) == digest_array(array.copy())
