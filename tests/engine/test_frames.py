"""Frames, and transformers that change the width of inputs: in the checks, and in all engines alike."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
from imblearn.over_sampling import RandomOverSampler
from keras import layers
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler, TargetEncoder

from negres_core.arms.estimator import Estimator
from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine import fits
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.description import describe_recipe
from negres_core.errors import InputError
from tests.engine import examples as ex
from tests.engine.test_compiled import assert_same_numbers

RANDOM = np.random.default_rng(5)
JOBS = np.array(["cook", "clerk", None, "smith"])[np.r_[RANDOM.integers(0, 3, 59), 3]]
WAGES = np.where(np.arange(60) % 5, RANDOM.normal(size=60), np.nan)
FRAME = Dataset(
    x=pd.DataFrame({"job": JOBS, "wage": WAGES, "town": pd.Categorical(RANDOM.choice(list("abc"), 60))}),
    y=RANDOM.permutation(np.arange(60) % 2),
    name="frame",
)
ENGINES = ex.ENGINES | {"fits": fits.train}
WITHOUT_THE_SMITH = Cell(0, 0, np.arange(40, dtype=np.int32), np.arange(40, 60, dtype=np.int32))


def wide(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), layers.Dense(outputs, "softmax", name="classes")])


def grown(input_shape, outputs):
    hidden = layers.Dense(4, "relu", name="hidden")
    return keras.Sequential([keras.Input(input_shape), hidden, layers.Dense(outputs, "softmax", name="top")])


def by_columns():
    return ColumnTransformer(
        [
            ("job", OneHotEncoder(handle_unknown="ignore"), ["job"]),
            ("wage", make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["wage"]),
            ("town", TargetEncoder(), ["town"]),
        ]
    )


class WidthOfAge(MinMaxScaler):
    """A transformer that changes the width of single columns only."""

    def transform(self, x):
        scaled = super().transform(x)
        return np.hstack([scaled, scaled]) if scaled.shape[1] == 1 else scaled


def pipeline():
    return make_pipeline(by_columns(), LogisticRegression())


GOOD = {
    "a transformer that changes the width": (Recipe(ex.stage(wide), preprocess=lambda: PCA(2)), ex.CLASSES),
    "a transformer that changes the width of one input": (
        Recipe(ex.stage(ex.joined), preprocess=WidthOfAge),
        ex.PORTRAITS,
    ),
    "a transformer that returns a sparse array": (Recipe(ex.stage(wide), preprocess=OneHotEncoder), ex.CLASSES),
    "a transformer that needs targets": (Recipe(ex.stage(wide), preprocess=lambda: SelectKBest(k=3)), ex.CLASSES),
    "a frame, made numbers of": (Recipe(ex.stage(wide), preprocess=by_columns), FRAME),
    "two stages": (Recipe(ex.stage(wide), ex.stage(wide, inherits=wide), preprocess=by_columns), FRAME),
    "a fit to a frame": (Recipe(Fit(lambda train, test: test.y)), FRAME),
    "an estimator of a frame": (Recipe(Estimator(pipeline)), FRAME),
    "a sampler after a transformer": (Recipe(ex.stage(wide), preprocess=by_columns, resample=RandomOverSampler), FRAME),
}


@pytest.mark.parametrize(("recipe", "data"), GOOD.values(), ids=GOOD)
def test_a_valid_recipe_passes(recipe, data):
    check_recipe(recipe, data)


BAD = {
    "a model that does not take the width that a transformer gives": (
        Recipe(ex.stage(ex.dense), preprocess=lambda: PCA(2)),
        ex.CLASSES,
        "cannot take the rows of 'classes'",
        "rows of shape (2,)",
    ),
    "a transformer that cannot be fitted": (
        Recipe(ex.stage(wide), preprocess=lambda: PCA(7)),
        ex.CLASSES,
        "cannot prepare the inputs of 'classes'.",
        "from the PCA: n_components=7",
    ),
    "a transformer that cannot be fitted for a fit": (
        Recipe(Fit(lambda train, test: test.y), preprocess=lambda: PCA(7)),
        ex.CLASSES,
        "cannot prepare the inputs of 'classes'.",
        "from the PCA: n_components=7",
    ),
    "a frame without a transformer": (
        Recipe(ex.stage(wide)),
        FRAME,
        "wide takes numbers, but `x` of data set 'frame' is a DataFrame",
        "text in column",
    ),
    "a sampler of a frame": (
        Recipe(Estimator(pipeline), resample=RandomOverSampler),
        FRAME,
        "RandomOverSampler takes numbers, but `x` of data set 'frame' is a DataFrame",
        "text in column",
    ),
}


@pytest.mark.parametrize(("recipe", "data", "wrong", "received"), BAD.values(), ids=BAD)
def test_an_invalid_recipe_is_refused(recipe, data, wrong, received):
    with pytest.raises(InputError) as error:
        check_recipe(recipe, data)
    assert wrong in error.value.wrong
    assert received in error.value.received


def results(engine, recipe, data, cells):
    jobs = [Job(cell, 0) for cell in cells]
    return {job.cell.fold: result for job, result in ENGINES[engine](recipe, data, jobs, device=ex.device())}


@pytest.mark.parametrize("engine", ["compiled", "batched"])
@pytest.mark.parametrize(
    ("recipe", "data"),
    [
        (Recipe(ex.stage(wide), preprocess=by_columns), FRAME),
        (Recipe(ex.stage(wide), preprocess=lambda: PCA(2)), ex.CLASSES),
    ],
    ids=["a frame", "fewer features"],
)
def test_all_engines_give_the_numbers_of_the_reference(engine, recipe, data):
    cells = ex.cells(data)[:2]
    slow, fast = (results(name, recipe, data, cells) for name in ("reference", engine))
    for fold in slow:
        assert_same_numbers(slow[fold], fast[fold])


def test_models_of_all_cells_have_one_shape():
    recipe = Recipe(ex.stage(wide), preprocess=by_columns)
    (result,) = results("reference", recipe, FRAME, [WITHOUT_THE_SMITH]).values()
    assert result.weights[0].shape == (7, 2)


def boosting():
    return HistGradientBoostingClassifier(categorical_features="from_dtype", max_iter=3, min_samples_leaf=2)


def test_a_fit_and_an_estimator_are_given_the_frame():
    seen = []

    def look(train, test):
        seen.append((train.x, test.x))
        return test.y

    (cell,) = ex.cells(FRAME)[:1]
    results("fits", Recipe(Fit(look)), FRAME, [cell])
    train, test = seen[0]
    pd.testing.assert_frame_equal(train, FRAME.x.iloc[cell.train].reset_index(drop=True))
    pd.testing.assert_frame_equal(test, FRAME.x.iloc[cell.test].reset_index(drop=True))
    (result,) = results("fits", Recipe(Estimator(pipeline)), FRAME, [cell]).values()
    expected = pipeline()
    expected.fit(train, FRAME.y[cell.train])
    assert result.outputs.shape == (len(cell.test), 2)
    categories = Dataset(x=FRAME.x.astype({"job": "category"}), y=FRAME.y, name="frame")
    (result,) = results("fits", Recipe(Estimator(boosting)), categories, [cell]).values()
    expected = boosting().fit(categories.x.iloc[cell.train], FRAME.y[cell.train])
    np.testing.assert_allclose(result.outputs, expected.predict_proba(categories.x.iloc[cell.test]), atol=1e-12)


def test_an_estimator_that_cannot_take_a_frame_says_what_to_do():
    with pytest.raises(InputError, match="boosting cannot take the frame of 'frame'") as caught:
        results("fits", Recipe(Estimator(boosting)), FRAME, ex.cells(FRAME)[:1])
    assert "ColumnTransformer" in caught.value.remedy


def test_names_of_columns_of_numbers_count_where_they_are_used_alone():
    def data(names):
        return Dataset(x=pd.DataFrame(ex.CLASSES.x[:, :2], columns=names), y=ex.CLASSES.y, name="numbers")

    def by_name():
        return ColumnTransformer([("a", StandardScaler(), ["a"])], remainder="passthrough")

    def named():
        return make_pipeline(by_name(), LogisticRegression())

    one, other = data(["a", "b"]), data(["b", "a"])
    assert one.digest == other.digest
    for recipe, is_used in (
        (Recipe(Estimator(named)), True),
        (Recipe(ex.stage(wide), preprocess=by_name), True),
        (Recipe(Estimator(boosting)), False),
        (Recipe(ex.stage(wide), preprocess=StandardScaler), False),
    ):
        assert (describe_recipe(recipe, one).digest != describe_recipe(recipe, other).digest) == is_used
