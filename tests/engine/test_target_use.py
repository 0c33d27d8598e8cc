"""A stage whose objective has no use for the targets is trained in every engine, and inherited by one that has."""

from __future__ import annotations

import keras
import pytest
from keras import layers, ops

from negres_core.arms.recipe import Recipe
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.target_use import predicts_targets
from negres_core.errors import InputError
from tests.engine import examples as ex


def encoder():
    hidden = [layers.Conv2D(2, 3, activation="relu", name="filters"), layers.Flatten(), layers.Dense(9, name="code")]
    return [keras.Input((8, 8, 1)), *hidden]


def autoencoder():
    return keras.Sequential([*encoder(), layers.Dense(64, name="pixels"), layers.Reshape((8, 8, 1))])


def flat_autoencoder():
    return keras.Sequential([*encoder(), layers.Dense(64, name="pixels")])


def classifier():
    return keras.Sequential([*encoder(), layers.Dense(3, "softmax", name="classes")])


def reconstruction(model, x, y, *, training):
    return ops.mean((ops.reshape(model(x, training=training), ops.shape(x)) - x) ** 2)


@pytest.mark.parametrize("build", [autoencoder, flat_autoencoder])
def test_a_classifier_inherits_the_encoder_of_an_autoencoder(build, tmp_path):
    recipe = Recipe(
        ex.stage(build, objective=reconstruction),
        ex.stage(classifier, inherits=build),
    )
    check_recipe(recipe, ex.IMAGES)
    job = Job(ex.cells(ex.IMAGES)[0], 0)
    parents = {engine: ex.result_of(engine, recipe.parent, ex.IMAGES) for engine in ("reference", "compiled")}
    for parent in parents.values():
        # A loss, and no metric of labels.
        assert list(parent.metrics) == ["loss"]
        assert parent.predictions == {}
        assert parent.outputs is None
        assert parent.curve == pytest.approx(parents["reference"].curve, rel=1e-4)
        decoded = ex.model_of(parent).predict(ex.IMAGES.x[job.cell.test], verbose=0).reshape(-1, 8, 8, 1)
        errors = (decoded - ex.IMAGES.x[job.cell.test]) ** 2
        assert parent.metrics["loss"] == pytest.approx(errors.mean(), rel=1e-4)
    (path := tmp_path / "parent.keras").write_bytes(parents["compiled"].model)
    (result,) = ex.train("compiled", recipe, ex.IMAGES, [Job(job.cell, 0, path)]).values()
    assert "accuracy" in result.metrics
    inherited = {weight.path for weight in result.weights if weight.inherited_from is not None}
    assert inherited == {"filters/kernel", "filters/bias", "code/kernel", "code/bias"}


def test_the_last_stage_of_an_arm_has_to_predict_the_targets():
    with pytest.raises(InputError, match="wrong shape for a classification"):
        check_recipe(Recipe(ex.stage(autoencoder, objective=reconstruction)), ex.IMAGES)


def confident(model, x, y, *, training):
    outputs = model(x, training=training)
    return ops.mean(keras.losses.sparse_categorical_crossentropy(y, outputs))


@pytest.mark.parametrize(
    ("stage", "data", "expected"),
    [
        (ex.stage(ex.plain), ex.CLASSES, True),
        (ex.stage(ex.plain, objective=confident), ex.CLASSES, True),
        (ex.stage(autoencoder, objective=reconstruction), ex.IMAGES, False),
        (ex.stage(flat_autoencoder, objective=reconstruction), ex.IMAGES, False),
        (ex.stage(ex.linear, objective=ex.absolute), ex.VALUES, True),
    ],
    ids=["loss", "more outputs than classes", "images", "pixels", "values"],
)
def test_outputs_predict_targets_by_their_shape_and_by_what_the_objective_uses(stage, data, expected):
    assert predicts_targets(stage, data) is expected
