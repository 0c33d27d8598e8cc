from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.controls.fresh_start import check
from negres_core.design import KFolds
from negres_core.run.arm import Arm
from negres_core.run.run import Run


class Untrained:
    """Predicts without training: a share of the labels of the treatment arm's first stage are right."""

    def __init__(self, run, right, shuffled=0.5):
        self.run, self.right, self.shuffled = run, right, shuffled

    def predicts_targets(self, recipe):
        return True

    def predict_untrained(self, recipe, cell, rows, *, shuffles=0):
        y = self.run.data.y[rows]
        is_treatment = recipe is self.run.arms[0].recipe
        shares = [self.right if is_treatment else 0.5] + [self.shuffled] * shuffles
        return np.stack([np.where(np.arange(len(y)) < share * len(y), y, 1 - y) for share in shares])


@pytest.fixture
def run(new_run):
    rng = np.random.default_rng(0)
    data = Dataset(x=rng.normal(size=(200, 3)), y=np.arange(200) % 2, name="noise")
    design = KFolds(folds=2, repeats=1)
    return replace(new_run(), data=data, design=design, cells=list(design.split(data)))


def test_a_model_that_knows_the_labels_before_training_fails(run):
    finding = check(replace(run, models=Untrained(run, 0.9)))

    assert not finding.passed
    assert finding.control == "fresh start"
    assert "treatment arm 90.0% (with its weights shuffled: at most 50.0%), control arm 50.0%" in finding.found


@pytest.mark.parametrize("right", [0.0, 0.5, 0.6])
def test_a_model_that_is_hardly_better_than_a_constant_passes(run, right):
    assert check(replace(run, models=Untrained(run, right))).passed


class Lucky(Untrained):
    """Knows labels in some cells alone, as a random model may: one in a hundred is the best of a hundred."""

    def __init__(self, run, lucky):
        super().__init__(run, 0.9)
        self.lucky = lucky

    def predict_untrained(self, recipe, cell, rows, *, shuffles=0):
        self.right = 0.9 if cell.fold in self.lucky else 0.5
        return super().predict_untrained(recipe, cell, rows, shuffles=shuffles)


@pytest.mark.parametrize(("lucky", "passes"), [([0], True), ([0, 1], True), ([1, 2, 3], True), ([0, 1, 2], False)])
def test_a_model_that_leads_in_some_cells_alone_was_lucky(run, lucky, passes):
    design = KFolds(folds=4, repeats=1)
    run = replace(run, design=design, cells=list(design.split(run.data)))
    finding = check(replace(run, models=Lucky(run, lucky)))

    assert finding.passed == passes


def linear(input_shape, outputs):
    import keras

    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


def test_a_random_model_of_classes_that_are_far_apart_passes():
    """Half of all random models tell two distant clouds apart, the right way round."""
    from negres_core.engine.inspection import SavedModels

    rng = np.random.default_rng(1)
    y = np.arange(200) % 2
    data = Dataset(x=rng.normal(size=(200, 6)) + 8 * y[:, None] * np.array([1, -1, 1, -1, 1, -1]), y=y, name="clouds")
    design = KFolds(folds=2, repeats=5)
    cells = list(design.split(data))
    models = SavedModels(data, cells, lambda replicate: None)
    arms = [Arm("treatment", Recipe(Stage(linear)))]
    found = [check(Run(data, design, [cell], arms, models=models)) for cell in cells]

    assert any("shuffled" in finding.found for finding in found), "no random model told the clouds apart"
    assert all(finding.passed for finding in found)


def test_values_and_runs_without_models_have_no_finding(run, new_run):
    assert check(run) is None
    values = new_run(y=np.linspace(0, 1, 40))
    assert check(replace(values, models=Untrained(values, 0.9))) is None


def test_a_first_stage_that_predicts_no_targets_is_left_out(new_run, with_models):
    assert check(with_models(new_run(), answers={"predicts targets": False})) is None
    assert check(with_models(new_run())).passed


class UntrainedOfSteps(Untrained):
    """Is right about a share of the steps, whatever counts."""

    def predict_untrained(self, recipe, cell, rows, *, shuffles=0):
        y = np.maximum(self.run.data.y[rows], 0)
        shares = [self.right] + [self.shuffled] * shuffles
        right = np.arange(y[0].size).reshape(y.shape[1:]) / y[0].size
        return np.stack([np.where(right < share, y, 1 - y) for share in shares])


@pytest.mark.parametrize(("right", "passes"), [(0.5, True), (0.9, False)])
def test_labels_of_steps_are_known_before_training_if_they_are_right_more_often_than_the_class_at_each(right, passes):
    rng = np.random.default_rng(0)
    y = rng.integers(0, 2, size=(200, 10))
    y[:, 0] = 255
    data = Dataset(x=rng.normal(size=(200, 3)), y=y, name="steps", ignore_class=255)
    design = KFolds(folds=2, repeats=1)
    run = Run(data, design, list(design.split(data)), [Arm("treatment", Recipe(Stage(linear)))])
    finding = check(replace(run, models=UntrainedOfSteps(run, right)))

    assert finding.passed == passes
    assert "share of 459 labels of a test fold" in finding.found
