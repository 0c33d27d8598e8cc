"""Arms are inspected beyond their recorded results: fits again, networks row by row, and recipes without training."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Fit
from negres_core.arms.recipe import Recipe
from negres_core.run.arm import Arm
from tests.engine import examples as ex


def test_predictions_of_a_fit_use_the_inherited_model(inspected):
    recipe, data = ex.RECIPES["added loss"]
    _, models, replicate = inspected(recipe, data)
    inspection = models.inspect(recipe, replicate)

    def halved(train, test, model):
        return np.asarray(model(test.x, training=False)).reshape(test.y.shape) / 2

    def share(train, test):
        return {"share": 1.0}

    rows = ex.cells(data)[0].test[2:4]
    arms = [
        Arm("treatment", Recipe(*recipe.stages, Fit(compute, inherits=recipe.last.build)), [[replicate]] * 2)
        for compute in (halved, share)
    ]

    np.testing.assert_allclose(models.predict(arms[0], 0, rows), inspection.predicted[2:4] / 2, rtol=1e-5, atol=1e-6)
    assert models.predict(arms[1], 0, rows) is None


def test_a_fit_is_computed_once_for_the_same_rows(inspected):
    recipe, data = ex.RECIPES["added loss"]
    _, models, replicate = inspected(recipe, data)
    calls = []

    def copied(train, test):
        calls.append(len(test))
        return test.y

    arm, rows = Arm("treatment", Recipe(Fit(copied)), [[replicate]]), ex.cells(data)[0].test
    predicted = [models.predict(arm, 0, rows[:count]) for count in (2, 2, 3)]

    assert calls == [2, 3]
    np.testing.assert_array_equal(predicted[0], predicted[1])


def test_a_fit_is_computed_again_with_other_targets(inspected):
    recipe, data = ex.RECIPES["added loss"]
    _, models, replicate = inspected(recipe, data)
    targets = data.y[ex.cells(data)[0].test] + 1

    def copied(train, test):
        return test.y

    def mean(train, test):
        return {"mean": test.y.mean()}

    arms = [Arm("treatment", Recipe(Fit(compute)), [[replicate]]) for compute in (copied, mean)]

    np.testing.assert_array_equal(models.refit(arms[0], 0, targets), targets)
    assert models.refit(arms[1], 0, targets) == {"mean": pytest.approx(targets.mean())}


def test_a_fit_predicts_other_rows_than_those_of_its_test_fold(inspected):
    recipe, data = ex.RECIPES["added loss"]
    _, models, replicate = inspected(recipe, data)
    rows = ex.cells(data)[0].train[:5]

    def first_feature(train, test):
        return test.y + test.flatten()[:, :1]

    predicted = models.refit(Arm("treatment", Recipe(Fit(first_feature)), [[replicate]]), 0, data.y[rows], rows)

    np.testing.assert_array_equal(predicted, data.y[rows] + data.flatten(rows)[:, :1])


def test_rows_are_predicted_in_the_batches_that_are_given(inspected):
    recipe, data = ex.RECIPES["convolution"]
    _, models, replicate = inspected(recipe, data)
    rows = ex.cells(data)[0].test
    outputs = models.inspect(recipe, replicate).outputs

    predicted = models.predict_batches(recipe, replicate, [rows[3:5], rows[:1]])

    np.testing.assert_allclose(predicted, outputs[[3, 4, 0]], rtol=1e-5, atol=1e-6)


def test_untrained_models_are_probed_by_recipe(inspected):
    recipe, data = ex.RECIPES["added loss"]
    _, models, _ = inspected(recipe, data)

    assert models.draw_outputs(recipe).shape[1:] == data.y.shape[1:]
    assert models.same_training(recipe, recipe)
    assert models.pair_losses(recipe).each.shape == (3, 3)


def test_a_fit_renders_pictures_and_a_network_does_not(inspected):
    recipe, data = ex.RECIPES["added loss"]
    _, models, replicate = inspected(recipe, data)

    def first(train, test, model):
        return {"first": np.asarray(model(test.x[:1], training=False)).reshape(1, -1)}

    with_pictures = Recipe(*recipe.stages, Fit(first, inherits=recipe.last.build, pictures=first))
    images = models.render_fit(Arm("treatment", with_pictures, [[replicate]] * 2), 0)

    expected = models.inspect(recipe, replicate).predicted[:1].reshape(1, -1)
    np.testing.assert_allclose(images["first"], expected, rtol=1e-5, atol=1e-6)
    assert models.render_fit(Arm("treatment", recipe, [[replicate]]), 0) == {}
