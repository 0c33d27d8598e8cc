"""Inputs are prepared by a transformer that is fitted on the training fold only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, make_column_selector
from sklearn.decomposition import PCA
from sklearn.feature_selection import SelectKBest, VarianceThreshold
from sklearn.impute import SimpleImputer
from sklearn.model_selection import StratifiedKFold
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MinMaxScaler,
    OneHotEncoder,
    QuantileTransformer,
    StandardScaler,
    TargetEncoder,
)

from negres_core.arms.fit import Fit
from negres_core.arms.preprocessing import (
    DIGESTED_ROWS,
    as_models_see,
    make_transformer,
    needs_targets,
    prepare_inputs,
    prepare_inputs_of,
    sample_rows,
)
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arrays import digest_array
from negres_core.dataset import Dataset
from negres_core.design import Cell, KFolds
from negres_core.errors import InputError


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
    assert {each.n_features_in_ for each in transformers} == {1, 6}


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


FRAME = pd.DataFrame(
    {
        "wage": np.where(np.arange(60) % 7 == 0, np.nan, DRAW.normal(size=60)),
        "town": DRAW.choice(["a", "b", "c"], 60),
        "job": pd.Categorical(["smith"] + ["cook", "clerk", None] * 19 + ["cook"] * 2),
    }
)
PEOPLE = Dataset(x=FRAME, y=DRAW.permutation(np.arange(60) % 2), name="people")
FITTED = Fit(len)


def encoder(sparse=False, encode="ignore"):
    return ColumnTransformer(
        [
            ("wage", make_pipeline(SimpleImputer(), StandardScaler()), ["wage"]),
            ("job", OneHotEncoder(handle_unknown=encode, sparse_output=sparse), ["job"]),
        ],
        sparse_threshold=1.0,
    )


def by_town():
    return ColumnTransformer([("town", TargetEncoder(cv=3), ["town"])])


def last_job_tested():
    """Return a cell whose test fold alone has a smith."""
    return Cell(0, 0, np.arange(20, 60, dtype=np.int32), np.arange(20, dtype=np.int32))


def test_a_frame_is_given_to_the_transformer_of_the_training_fold():
    here = last_job_tested()
    prepared = prepare_inputs(Recipe(FITTED, preprocess=encoder), PEOPLE, here)
    expected = encoder().fit(FRAME.iloc[here.train]).transform(FRAME)
    assert prepared.dtype == np.float32
    np.testing.assert_allclose(prepared, expected, rtol=1e-6)


@pytest.mark.parametrize(
    "make", [lambda: encoder(sparse=True), lambda: encoder().set_output(transform="pandas")], ids=["sparse", "pandas"]
)
def test_sparse_and_tabular_output_is_held_as_an_array(make):
    prepared = prepare_inputs(Recipe(FITTED, preprocess=make), PEOPLE, cell(PEOPLE))
    np.testing.assert_array_equal(prepared, prepare_inputs(Recipe(FITTED, preprocess=encoder), PEOPLE, cell(PEOPLE)))


def test_models_of_all_cells_have_the_width_of_the_transformer_of_all_rows():
    here = last_job_tested()
    seen = as_models_see(recipe(encoder), PEOPLE)
    narrow = prepare_inputs(Recipe(FITTED, preprocess=encoder), PEOPLE, here)
    filled = prepare_inputs(recipe(encoder), PEOPLE, here)
    assert seen.input_shape == (5,)
    assert narrow.shape == (60, 4)
    np.testing.assert_array_equal(filled, np.column_stack([narrow, np.zeros(60)]))
    assert seen.origin is PEOPLE
    assert as_models_see(recipe(encoder), seen) is seen
    np.testing.assert_array_equal(prepare_inputs(recipe(encoder), seen, here), filled)


def test_models_see_data_of_a_kept_shape_as_they_are():
    for data, make in ((DATA, StandardScaler), (IMAGES, MinMaxScaler), (BOTH, StandardScaler)):
        assert as_models_see(recipe(make), data) is data
    assert as_models_see(recipe(lambda: PCA(2)), IMAGES).input_shape == (2,)
    assert as_models_see(recipe(None), DATA) is DATA
    assert as_models_see(Recipe(FITTED, preprocess=encoder), PEOPLE) is PEOPLE


def test_refuses_a_transformer_that_returns_more_features_of_a_fold_than_of_all_rows():
    def by_share():
        return VarianceThreshold(0.9)

    # The last column is zero in the first half, so that it varies more in the second half than in all rows.
    x = np.column_stack([10 * DATA.x, np.zeros(30), np.where(np.arange(30) < 15, 0, np.arange(30) % 2 * 2)])
    data = Dataset(x=x, y=DATA.y, name="rows")
    train = np.flatnonzero(np.arange(30) >= 15).astype(np.int32)
    with pytest.raises(InputError, match="more features in repeat 0, fold 0") as caught:
        prepare_inputs(recipe(by_share), data, Cell(0, 0, train, np.arange(15, dtype=np.int32)))
    assert "SelectKBest" in caught.value.remedy


def test_a_target_encoder_encodes_the_training_rows_by_other_rows_and_the_test_rows_by_all_of_them():
    here = cell(PEOPLE)
    prepared = prepare_inputs(recipe(by_town), PEOPLE, here)[:, 0]
    encoder = TargetEncoder(cv=StratifiedKFold(3, shuffle=True, random_state=0))
    of_train = encoder.fit_transform(FRAME[["town"]].iloc[here.train], PEOPLE.y[here.train])[:, 0]
    np.testing.assert_allclose(prepared[here.train], of_train, rtol=1e-6)
    np.testing.assert_allclose(prepared[here.test], encoder.transform(FRAME[["town"]].iloc[here.test])[:, 0], rtol=1e-6)
    assert len(np.unique(of_train)) > 3
    np.testing.assert_array_equal(prepared, prepare_inputs(recipe(by_town), PEOPLE, here)[:, 0])


def test_targets_of_the_test_fold_do_not_reach_a_target_encoder():
    here, y = cell(PEOPLE), np.array(PEOPLE.y)
    y[here.test] = 1 - y[here.test]
    changed = PEOPLE.with_targets(y)
    one, other = (prepare_inputs(recipe(by_town), data, here) for data in (PEOPLE, changed))
    np.testing.assert_array_equal(one, other)


def test_a_selection_by_targets_is_fitted_on_those_of_the_training_fold():
    here = cell()
    prepared = prepare_inputs(recipe(lambda: SelectKBest(k=2)), DATA, here)
    np.testing.assert_array_equal(
        prepared, SelectKBest(k=2).fit(DATA.x[here.train], DATA.y[here.train]).transform(DATA.x)
    )
    assert needs_targets(by_town())
    assert not needs_targets(make_pipeline(StandardScaler(), PCA(2)))


def test_a_few_rows_are_split_as_often_as_a_class_has_rows():
    few = PEOPLE.take(np.arange(8))
    every = np.arange(8, dtype=np.int32)
    many = few.with_targets(np.array([0, 0, 1, 1, 2, 2, 3, 3], np.int32))
    assert prepare_inputs(Recipe(FITTED, preprocess=by_town), many, Cell(0, 0, every, every)).shape == (8, 4)


def test_numbers_are_given_as_a_frame_to_what_names_their_columns():
    frame = pd.DataFrame(DATA.x, columns=list("abcd")).assign(e=pd.Categorical([1, 2, 3] * 10))
    data = Dataset(x=frame, y=DATA.y, name="named")
    assert not data.has_frame

    def make():
        columns = make_column_selector(dtype_include="category")
        return ColumnTransformer([("b", StandardScaler(), ["b"]), ("e", OneHotEncoder(), columns)])

    here = cell(data)
    prepared = prepare_inputs(Recipe(FITTED, preprocess=make), data, here)
    np.testing.assert_allclose(prepared, make().fit(frame.iloc[here.train]).transform(frame), rtol=1e-6)
    assert prepared.shape == (30, 4)


@pytest.mark.parametrize(
    ("make", "wrong", "remedy"),
    [
        (lambda: encoder(encode="error"), "cannot prepare the inputs of 'people' in repeat 0", "handle_unknown"),
        (StandardScaler, "cannot prepare", "ColumnTransformer"),
        (lambda: FunctionTransformer(lambda x: x), "leaves values that are not numbers", "passthrough"),
        (lambda: ColumnTransformer([("w", "passthrough", ["wage"])]), "leaves missing or infinite", "SimpleImputer"),
        (lambda: ColumnTransformer([("w", PCA(1), ["wage"])]), "cannot prepare", "SimpleImputer"),
        (lambda: ColumnTransformer([("w", "drop", ["wage"])]), "leaves no feature", "fixed number"),
    ],
)
def test_refuses_what_does_not_become_numbers(make, wrong, remedy):
    with pytest.raises(InputError, match=wrong) as caught:
        prepare_inputs(recipe(make), PEOPLE, last_job_tested())
    assert remedy in caught.value.remedy


def test_some_rows_are_prepared_as_all_are():
    here, rows = cell(PEOPLE), np.array([3, 59, 0])
    for make in (encoder, by_town):
        np.testing.assert_array_equal(
            prepare_inputs_of(recipe(make), PEOPLE, here, rows), prepare_inputs(recipe(make), PEOPLE, here)[rows]
        )
    np.testing.assert_array_equal(prepare_inputs_of(recipe(None), DATA, here, rows[2:]), DATA.x[[0]])


def test_a_frame_without_a_transformer_is_seen_as_numbers():
    np.testing.assert_array_equal(prepare_inputs(Recipe(FITTED), PEOPLE, cell(PEOPLE)), PEOPLE.flatten())
