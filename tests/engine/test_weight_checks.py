"""Weights and samplers that an arm would ignore, or that do not fit the data, are refused."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier

from negres_core.arms.estimator import Estimator
from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine import reference
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.weight_checks import check_sampler, check_weights
from negres_core.errors import InputError
from tests.engine import examples as ex

WEIGHTED = Dataset(x=ex.CLASSES.x, y=ex.CLASSES.y, name="weighted", sample_weight=np.ones(61))
SAMPLER = SMOTE()


def silent(model, x, y, *, training):
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, model(x, training=training)))


def asking(model, x, y, *, training, sample_weight):
    losses = keras.losses.sparse_categorical_crossentropy(y, model(x, training=training))
    return keras.ops.mean(losses if sample_weight is None else losses * sample_weight)


def in_training_only(model, x, y, *, training, sample_weight):
    return asking(model, x, y, training=training, sample_weight=sample_weight) + 0 * sample_weight[0]


@pytest.mark.parametrize(
    ("fields", "data", "wrong"),
    [
        ({"class_weight": "balanced"}, ex.VALUES, "not one class label per row"),
        ({"class_weight": {0: 2.0}}, ex.SEVERAL, "not one class label per row"),
        ({"class_weight": {7: 2.0}}, ex.CLASSES, "a weight for a class that 'classes' does not have"),
        ({"class_weight": dict.fromkeys(range(7), 0.0) | {6: 0.0, 5: 1e-9}}, ex.BINARY, "class that 'binary'"),
        ({"objective": silent}, WEIGHTED, "would ignore the sample weights"),
        ({"objective": silent, "class_weight": "balanced"}, ex.CLASSES, "would ignore the sample weights"),
    ],
)
def test_weights_that_cannot_be_used_are_refused(fields, data, wrong):
    with pytest.raises(InputError, match=wrong):
        check_weights(ex.stage(ex.plain, **fields), data)


@pytest.mark.parametrize(
    ("fields", "data"),
    [
        ({"class_weight": "balanced"}, ex.CLASSES),
        ({"class_weight": {6: 2.0}}, WEIGHTED),
        ({"objective": asking}, WEIGHTED),
        ({"objective": asking, "class_weight": "balanced"}, WEIGHTED),
        ({"objective": silent}, ex.CLASSES),
    ],
)
def test_weights_that_are_used_are_accepted(fields, data):
    check_recipe(Recipe(ex.stage(ex.plain, **fields)), data)


def test_an_objective_has_to_run_without_weights_too():
    with pytest.raises(InputError, match="does not run on a batch"):
        check_recipe(Recipe(ex.stage(ex.plain, objective=in_training_only)), WEIGHTED)


@pytest.mark.parametrize(
    ("resample", "data", "wrong"),
    [
        (SMOTE, WEIGHTED, "rows without weights"),
        (SMOTE, Dataset(x=ex.IMAGES.x, y=ex.IMAGES.x, name="images"), "images"),
        (lambda: SAMPLER, ex.CLASSES, "a new sampler at every call"),
        (lambda: 3, ex.CLASSES, "fit_resample"),
    ],
)
def test_samplers_that_cannot_be_used_are_refused(resample, data, wrong):
    with pytest.raises(InputError, match=wrong):
        check_sampler(Recipe(ex.stage(ex.plain), resample=resample), data)


def test_an_estimator_that_takes_no_weights_is_refused_before_anything_is_trained():
    recipe = Recipe(Estimator(neighbours))
    check_recipe(recipe, ex.CLASSES)
    check_recipe(Recipe(Estimator(logistic)), WEIGHTED)
    with pytest.raises(InputError, match="neighbours does not take sample weights"):
        check_recipe(recipe, WEIGHTED)


def neighbours():
    return KNeighborsClassifier()


def logistic():
    return LogisticRegression()


def test_samplers_go_with_weights_of_classes():
    recipe = Recipe(ex.stage(ex.plain, class_weight="balanced"), resample=SMOTE)
    check_sampler(recipe, ex.CLASSES)
    check_weights(recipe.last, ex.CLASSES)


class OfTwo(keras.Sequential):
    """A model whose own training step unpacks inputs and targets, and nothing else."""

    def train_step(self, *arguments):
        x, y = arguments[-1]
        return {"loss": keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, self(x)))}


def of_two():
    return OfTwo([keras.Input((6,)), keras.layers.Dense(8, "softmax")])


def test_a_training_step_that_takes_no_weights_is_refused_if_there_are_some():
    job = Job(ex.cells(WEIGHTED)[0], 0)
    with pytest.raises(InputError, match="custom training step of of_two does not take sample weights") as caught:
        list(reference.train(Recipe(ex.stage(of_two)), WEIGHTED, [job], device=ex.device()))
    assert "unpack_x_y_sample_weight" in caught.value.remedy
