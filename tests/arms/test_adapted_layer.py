"""A layer of Keras in front of a model: it is adapted to the training fold of each cell, and to nothing else."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
from keras import layers

from negres_core.arms.adapted_layer import transformer_name
from negres_core.arms.fit import Fit
from negres_core.arms.preprocessing import make_transformer, prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.design import Cell, KFolds
from negres_core.engine.description import describe_recipe
from negres_core.errors import InputError

WORDS = ["good", "bad", "long"]
TEXTS = ["good film", "bad film", "film", "long bad", "long film", "rare film"]
REVIEWS = Dataset(x=pd.DataFrame({"text": TEXTS}), y=[0, 1, 0, 1, 0, 1], name="reviews")
CELL = Cell(0, 0, train=np.arange(4), test=np.arange(4, 6))


def words(**options):
    return lambda: layers.TextVectorization(**{"output_sequence_length": 3} | options)


def recipe_of(make):
    return Recipe(Fit(len), preprocess=make)


def prepared_by(make, data=REVIEWS):
    return prepare_inputs(recipe_of(make), data, CELL)


def test_a_vocabulary_is_that_of_the_training_fold():
    # By frequency in the first four texts: film, bad, long and good; "rare" is unknown, 1, and 0 fills up.
    tokens = prepared_by(words())
    assert tokens.dtype == np.float32
    assert tokens[:, 0].tolist() == [5, 3, 2, 4, 4, 1]
    assert tokens[:, 1].tolist() == [2, 2, 0, 3, 2, 2]


def test_a_vocabulary_that_is_given_learns_nothing():
    tokens = prepared_by(words(vocabulary=WORDS))
    assert tokens[:, 0].tolist() == [2, 3, 1, 4, 4, 1]


@pytest.mark.parametrize(
    ("make", "width"),
    [
        (lambda: layers.StringLookup(output_mode="one_hot"), 5),
        (lambda: layers.Hashing(5), 1),
        (lambda: layers.TextVectorization(output_mode="tf_idf"), 5),
    ],
    ids=["StringLookup", "Hashing", "tf-idf"],
)
def test_other_layers_of_text_prepare_it_too(make, width):
    prepared = prepared_by(make)
    assert prepared.shape == (6, width)
    assert np.isfinite(prepared).all()


def test_layers_of_numbers_prepare_arrays():
    codes = Dataset(x=[[7], [7], [9], [7], [9], [11]], y=REVIEWS.y, name="codes")
    assert prepared_by(layers.IntegerLookup, codes)[:, 0].tolist() == [1, 1, 2, 1, 2, 0]
    scaled = prepared_by(layers.Normalization, codes)
    np.testing.assert_allclose(scaled[:4].mean(), 0, atol=1e-6)
    np.testing.assert_allclose(scaled[:4].std(), 1, atol=1e-5)


def test_it_has_the_name_and_the_identity_of_its_layer():
    one, again, other = (recipe_of(words(max_tokens=size)) for size in (5, 5, 6))
    assert transformer_name(make_transformer(one)) == "TextVectorization"
    described = [describe_recipe(recipe, REVIEWS) for recipe in (one, again, other)]
    assert described[0].preprocess.transformer == "TextVectorization"
    assert described[0].digest == described[1].digest != described[2].digest


SHARED = layers.TextVectorization(output_sequence_length=3)
TABLE = Dataset(x=pd.DataFrame({"text": TEXTS, "more": TEXTS}), y=REVIEWS.y, name="table")
GAPS = Dataset(x=pd.DataFrame({"text": [*TEXTS[:5], None]}), y=REVIEWS.y, name="gaps")

REFUSED = {
    "one layer for all cells": (lambda: SHARED, REVIEWS, "a new layer at every call", "the same TextVectorization"),
    "two columns": (words(), TABLE, "takes one column without missing values", "'text', 'more'"),
    "a missing text": (words(), GAPS, "takes one column without missing values", "1 rows lack a value"),
    "rows of different length": (words(ragged=True), REVIEWS, "rows have different lengths", "RaggedTensor"),
    "a sparse tensor": (
        lambda: layers.TextVectorization(output_mode="multi_hot", sparse=True),
        REVIEWS,
        "sparse output",
        "TextVectorization(sparse=True)",
    ),
    "a width that depends on the rows": (
        layers.TextVectorization,
        Dataset(x=pd.DataFrame({"text": [*TEXTS[:5], "a much longer text"]}), y=REVIEWS.y, name="longer"),
        "different widths",
        "2 features for the rows that it is fitted on, 4 for others",
    ),
    "a model": (lambda: keras.Sequential([layers.Dense(2)]), REVIEWS, "scikit-learn transformer", "Sequential"),
}


OF_TENSORFLOW = {"rows of different length", "a sparse tensor"}
"""Layers that Keras makes on TensorFlow alone."""


@pytest.mark.parametrize("name", REFUSED)
def test_what_no_cell_can_use_is_refused(name):
    if name in OF_TENSORFLOW and keras.backend.backend() != "tensorflow":
        pytest.skip("Keras makes such a layer on TensorFlow alone")
    make, data, message, received = REFUSED[name]
    with pytest.raises(InputError, match=message) as error:
        prepared_by(make, data)
    assert received in str(error.value.received)


def test_a_layer_with_weights_is_refused():
    numbers = Dataset(x=np.eye(6), y=REVIEWS.y, name="numbers")
    with pytest.raises(InputError, match="trainable weights"):
        prepared_by(lambda: layers.Dense(2), numbers)


def test_all_cells_have_the_width_that_a_model_is_built_for():
    def reader(input_shape, outputs):
        return keras.Sequential([keras.Input(input_shape), layers.Dense(outputs, "softmax")])

    recipe = Recipe(Stage(reader), preprocess=lambda: layers.TextVectorization(output_mode="multi_hot"))
    widths = {prepare_inputs(recipe, REVIEWS, cell).shape[1] for cell in KFolds(3).split(REVIEWS)}
    assert widths == {6}
