from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core import Recipe, beats, to_reach
from negres_core.controls.budget import check
from negres_core.metrics import metric_of
from tests.fakes import BUDGET


def test_replicates_trained_as_their_recipes_say_pass_and_the_budgets_of_the_arms_are_reported(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found == (
        "0 of 24 replicates were trained longer or shorter than their recipe says; "
        "treatment arm: 4 epochs, 12 steps, 8 trainable weights; control arm: 2 epochs, 6 steps, 8 trainable weights"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"curve": [0.7]},
        {"curve": [0.7, 0.6, 0.5]},
        {"budget": BUDGET | {"steps": 5}},
        {"budget": BUDGET | {"epochs": 3}},
        {"budget": dict.fromkeys(BUDGET, 0)},
    ],
    ids=["short curve", "long curve", "fewer steps", "more epochs", "nothing"],
)
def test_a_replicate_trained_for_longer_or_shorter_fails(new_run, plant, fields):
    finding = check(plant(new_run(), stage=0, position=2, **fields))

    assert not finding.passed
    assert finding.control == "budget"
    assert finding.found.startswith("1 of 24 replicates")


def test_a_replicate_that_diverged_passes(new_run, plant):
    assert check(plant(new_run(), position=2, status="not finite", curve=[None])).passed


class Half:
    """A sampler that keeps half of the rows."""

    def fit_resample(self, x, y):
        return x[::2], y[::2]


def resampled(recipe):
    return Recipe(*recipe.stages, preprocess=recipe.preprocess, resample=Half)


def shared(recipe):
    return recipe.with_parts(*(replace(stage, share=0.5) for stage in recipe.stages))


@pytest.mark.parametrize("halved", [resampled, shared])
def test_steps_are_counted_on_the_rows_that_a_stage_is_trained_on(new_run, plant, halved):
    """Half of a fold of 20 rows has 2 steps an epoch instead of 3."""
    run = new_run()
    (treatment, control) = run.arms
    half = replace(run, arms=[treatment, replace(control, recipe=halved(control.recipe))])
    assert not check(half).passed
    for position in range(8):
        half = plant(half, arm=1, position=position, budget=BUDGET | {"steps": 4})
    assert check(half).passed


def with_callbacks(run, **changes):
    """Let both arms have callbacks."""
    arms = []
    for arm in run.arms:
        stages = [replace(stage, callbacks=list) for stage in arm.recipe.stages]
        arms.append(replace(arm, recipe=arm.recipe.with_parts(*stages)))
    return replace(run, arms=arms, **changes)


ENDED = {"curve": [0.7], "budget": BUDGET | {"epochs": 1, "steps": 3}}
TO_TARGET = metric_of(beats(to_reach("accuracy", 0.9, in_="steps")), task="classification", own=[None, None])


@pytest.mark.parametrize("asked", [{"equal": "steps"}, {"equal": "flops"}, {"equal": "epochs"}, {"metric": TO_TARGET}])
def test_a_callback_that_ends_one_arm_makes_equal_budgets_unequal(new_run, plant, asked):
    run = with_callbacks(new_run(), **asked).scored  # which is what controls are given
    assert check(run).passed

    finding = check(plant(run, arm=1, position=2, **ENDED))

    assert not finding.passed
    counted_in = asked.get("equal", "steps")
    assert f"callbacks ended trainings early, so the arms differ in {counted_in} in 1 of 8 pairs" in finding.found
    assert "Leave out the callback" in finding.remedy


def test_budgets_that_a_callback_cuts_alike_stay_equal(new_run, plant):
    run = with_callbacks(new_run(), equal="steps")
    for arm in (0, 1):
        run = plant(run, arm=arm, position=2, **ENDED)
    assert check(run).passed


def test_a_replicate_that_turned_nan_is_not_cut_by_a_callback(new_run, plant):
    run = with_callbacks(new_run(), equal="steps")
    assert check(plant(run, arm=1, position=2, status="not finite", **ENDED | {"curve": [None]})).passed


def test_a_stage_that_a_callback_ended_was_trained_for_its_curve(new_run, plant):
    run = new_run()
    (treatment, control) = run.arms
    stages = [replace(stage, callbacks=list) for stage in control.recipe.stages]
    called = replace(run, arms=[treatment, replace(control, recipe=control.recipe.with_parts(*stages))])
    ended = plant(called, arm=1, position=2, curve=[0.7], budget=BUDGET | {"epochs": 1, "steps": 3})

    assert check(ended).passed
    assert "control arm: 1.875 of at most 2 epochs, 5.625 steps" in check(ended).found
    assert not check(plant(called, arm=1, position=2, curve=[0.7])).passed
    assert not check(plant(run, arm=1, position=2, curve=[0.7], budget=BUDGET | {"epochs": 1, "steps": 3})).passed
