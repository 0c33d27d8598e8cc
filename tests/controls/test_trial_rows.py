"""Small runs weight and resample rows as the run itself does, as far as few rows allow it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from imblearn.over_sampling import SMOTE

from negres_core import Dataset, Recipe, Stage
from negres_core.controls.overfit import small_runs as overfit_runs
from negres_core.controls.small_runs import permuted_targets, true_targets
from negres_core.controls.trial_rows import resample_if_possible, weight_classes, weight_rows
from negres_core.design import KFolds
from negres_core.run.arm import Arm
from negres_core.run.run import Run

RARE = (np.arange(1000) % 20 == 0).astype(int)
DATA = Dataset(
    x=np.random.default_rng(0).normal(size=(1000, 4)),
    y=RARE,
    name="rare",
    sample_weight=np.where(RARE == 1, 19.0, 1.0),
)


def build():
    """Never called here."""


def run_of(recipe, data=DATA):
    design = KFolds(folds=5, repeats=1)
    return Run(data=data, design=design, cells=list(design.split(data)), arms=[Arm("treatment", recipe)])


def share_of_rare(weights, y):
    return float(weights[y == 1].sum() / weights.sum())


def test_the_rare_class_weighs_as_much_in_few_rows_as_in_all():
    few = DATA.take(DATA.shuffle_rows(0)[:150])
    assert few.y.mean() == pytest.approx(1 / 3)
    assert share_of_rare(DATA.sample_weight, DATA.y) == pytest.approx(0.5)
    assert share_of_rare(few.sample_weight, few.y) > 0.9
    assert share_of_rare(weight_rows(few, of=DATA).sample_weight, few.y) == pytest.approx(0.5, abs=1e-4)


def test_so_do_weights_of_classes():
    few, recipe = DATA.take(DATA.shuffle_rows(0)[:150]), Recipe(Stage(build, class_weight={1: 19.0}))
    weights = dict(weight_classes(recipe, few, of=DATA).last.class_weight)
    assert weights[1] * 50 == pytest.approx(weights[0] * 100)
    balanced, plain = Recipe(Stage(build, class_weight="balanced")), Recipe(Stage(build))
    assert weight_classes(balanced, few, of=DATA).last.class_weight == "balanced"
    assert weight_classes(plain, few, of=DATA) is plain


def test_every_small_run_has_such_weights():
    recipe = Recipe(Stage(build, class_weight={1: 19.0}))
    for runs in (true_targets(run_of(recipe)), permuted_targets(run_of(recipe))):
        (small_run,) = runs.values()
        weights = dict(small_run.arms[0].recipe.last.class_weight)
        assert weights[1] / weights[0] == pytest.approx(2)


def test_rows_to_memorize_have_no_weights_and_are_not_resampled():
    recipe = Recipe(Stage(build, class_weight={1: 19.0}), resample=SMOTE)
    (small_run,) = overfit_runs(run_of(recipe)).values()
    assert small_run.data.sample_weight is None
    assert small_run.arms[0].recipe.resample is None
    assert small_run.arms[0].recipe.last.class_weight is None


@pytest.mark.parametrize(("neighbours", "is_resampled"), [(5, True), (60, False)])
def test_a_sampler_that_fails_on_few_rows_is_left_out(neighbours, is_resampled):
    def make():
        return SMOTE(k_neighbors=neighbours)

    data = DATA.with_weights(None)
    few = data.take(data.shuffle_rows(0)[:150])
    small_run = replace(run_of(Recipe(Stage(build), resample=make), few))
    recipe = resample_if_possible(small_run).arms[0].recipe
    assert recipe.resample is (make if is_resampled else None)
    assert recipe.stages == small_run.arms[0].recipe.stages
