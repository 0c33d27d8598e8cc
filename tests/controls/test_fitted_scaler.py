from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MinMaxScaler

from negres_core import Recipe
from negres_core.arms.preprocessing import make_transformer, prepare_inputs, sample_rows
from negres_core.arrays import digest_array, take_rows
from negres_core.controls.fitted_scaler import check


def without_scaler(arm):
    return replace(arm, recipe=Recipe(*arm.recipe.stages))


def test_a_scaler_fitted_on_the_training_fold_passes(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found.startswith("inputs of 0 of 2 cells differ")


def test_a_recipe_without_a_scaler_has_no_finding(new_run):
    run = new_run()

    assert check(replace(run, arms=[without_scaler(arm) for arm in run.arms])) is None


def trained_with(recipe, run, plant):
    """Keep only the second arm, with another recipe, and the digests of the inputs that this recipe prepares."""
    run = replace(run, arms=[replace(run.arms[1], recipe=recipe)])
    for position in range(8):
        cell = run.cells[position // 2]
        prepared = prepare_inputs(recipe, run.data, cell)[sample_rows(cell)]
        run = plant(run, position=position, inputs_digest=digest_array(prepared))
    return run


@pytest.mark.parametrize(
    ("arm", "stage", "position"),
    [(0, -1, 0), (0, -1, 1), (0, 0, 3), (1, -1, 0)],
    ids=["an arm", "its second seed", "its base", "the other arm with the same scaler"],
)
def test_a_scaler_that_saw_all_rows_fails(new_run, plant, arm, stage, position):
    run = new_run()
    leaky = make_transformer(run.arms[arm].recipe).fit(run.data.x)
    prepared = leaky.transform(run.data.x[sample_rows(run.cells[position // 2])])

    finding = check(plant(run, arm=arm, stage=stage, position=position, inputs_digest=digest_array(prepared)))

    assert not finding.passed
    assert finding.control == "fitted scaler"
    assert finding.found.startswith("inputs of 1 of 2 cells differ")


def both():
    rng = np.random.default_rng(6)
    return {"image": rng.uniform(size=(40, 2, 2, 1)), "age": rng.uniform(size=(40, 1))}


def test_the_scalers_of_several_inputs_pass(new_run):
    finding = check(new_run(x=both()))

    assert finding.passed
    assert finding.found.startswith("inputs of 0 of 2 cells differ")


@pytest.mark.parametrize("leaked", ["image", "age"])
def test_a_scaler_that_saw_all_rows_of_one_of_several_inputs_fails(new_run, plant, leaked):
    run = new_run(x=both())
    arm, rows = run.arms[0], sample_rows(run.cells[0])
    prepared = take_rows(prepare_inputs(arm.recipe, run.data, run.cells[0]), rows)
    flat = run.data.x[leaked].reshape(40, -1)
    leaky = make_transformer(arm.recipe).fit(flat).transform(flat[rows]).astype(np.float32)
    planted = prepared | {leaked: leaky.reshape(prepared[leaked].shape)}

    assert not check(plant(run, inputs_digest=digest_array(planted))).passed
    assert check(plant(run, inputs_digest=digest_array(prepared))).passed


def test_each_scaler_is_checked_for_its_own_arm(new_run, plant):
    """Only one of the two arms has a scaler; the inputs of the other are not checked."""
    run = new_run()
    run = plant(replace(run, arms=[run.arms[0], without_scaler(run.arms[1])]), arm=1, inputs_digest="raw")

    assert check(run).passed


class Stubborn:
    """A transformer that ignores all fits but the first."""

    top = None

    def get_params(self, deep=True):
        return {}

    def fit(self, x):
        self.top = x.max(axis=0) if self.top is None else self.top
        return self

    def transform(self, x):
        return x / self.top


def test_a_scaler_that_is_returned_fitted_on_all_rows_fails(new_run, plant):
    run = new_run()
    fitted = Stubborn().fit(run.data.x * 2)
    recipe = Recipe(*run.arms[1].recipe.stages, preprocess=lambda: fitted)

    finding = check(trained_with(recipe, run, plant))

    assert not finding.passed
    assert finding.found.startswith("inputs of 2 of 2 cells differ")


def test_a_scaler_that_cannot_be_refitted_fails(new_run, plant):
    """It prepares the same inputs whatever it is fitted on, so comparing them finds nothing."""
    run = new_run()
    frozen = make_pipeline(FrozenEstimator(MinMaxScaler().fit(run.data.x)))
    recipe = Recipe(*run.arms[1].recipe.stages, preprocess=lambda: frozen)

    finding = check(trained_with(recipe, run, plant))

    assert not finding.passed
    assert finding.found.startswith("inputs of 0 of 2 cells differ")
    assert "returned fitted, and not fitted again: MinMaxScaler" in finding.found


def test_a_layer_with_the_statistics_of_all_rows_fails(new_run, with_models):
    """With a scaler in front of the model, and without."""
    scaled = new_run()
    for run in (scaled, replace(scaled, arms=[without_scaler(arm) for arm in scaled.arms])):
        finding = check(with_models(run, answers={"statistics of all rows": ["scale of base"]}))

        assert not finding.passed
        assert finding.found.endswith("; layers with the statistics of all rows: scale of base")
        assert check(with_models(scaled)).passed
