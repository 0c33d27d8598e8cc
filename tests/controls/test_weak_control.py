from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core import Dataset
from negres_core.controls.weak_control import AS_IT_IS, check, small_runs
from negres_core.run.models import MatchedTraining

OPTIMIZER = "control arm with other optimizer"


@pytest.fixture
def new_comparison(new_problem, with_models):
    """Make a comparison whose control arm has another optimizer than the treatment arm; 700 steps are planned."""

    def make(seed=0, *, matched=None, epochs=100, **options):
        run = new_problem(seed, arms=2, signal=3, epochs=epochs, **options)

        def match(control, treatment):
            recipes = {"optimizer": replace(control.last, optimizer="sgd")}
            recipes = {name: replace_stage(control, stage) for name, stage in recipes.items()}
            return MatchedTraining(("optimizer SGD at 0.01 against Adam at 0.01",), recipes=recipes)

        return with_models(run, answers={"matched": matched or match})

    return make


def replace_stage(recipe, stage):
    return type(recipe)(stage, preprocess=recipe.preprocess)


def train(run, train_small_runs, *, fault=None, seed=0):
    """Train the small runs; the fault is in the control arm as it is."""
    untrained = small_runs(run)
    [held_back] = train_small_runs({AS_IT_IS: untrained[AS_IT_IS]}, fault=fault, seed=seed).values()
    others = {name: small_run for name, small_run in untrained.items() if name != AS_IT_IS}
    return {AS_IT_IS: held_back} | train_small_runs(others, seed=seed)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_control_arm_that_is_no_worse_as_it_is_passes(new_comparison, train_small_runs, task):
    for seed in range(10):
        run = new_comparison(seed, task=task)

        finding = check(run, train(run, train_small_runs, seed=seed))

        assert finding.passed, (seed, finding.found)
        assert "optimizer SGD at 0.01 against Adam at 0.01; control arm with other optimizer" in finding.found


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("fault", ["idle", "slow", "dead"])
def test_a_control_arm_that_is_far_better_with_the_treatments_settings_fails(
    new_comparison, train_small_runs, task, fault
):
    run = new_comparison(task=task)

    finding = check(run, train(run, train_small_runs, fault=fault))

    assert not finding.passed
    assert finding.control == "weak control arm"


def test_small_runs_take_the_steps_that_the_arm_takes_and_no_more(new_comparison):
    few, many = (
        {name: each.arms[0].recipe.last for name, each in small_runs(new_comparison(epochs=epochs)).items()}
        for epochs in (2, 5000)
    )

    assert set(few) == {AS_IT_IS, OPTIMIZER}
    assert {stage.optimizer for stage in few.values()} == {"adam", "sgd"}
    # 360 rows are 23 steps per epoch: 2 epochs of 7 steps are planned, and 800 steps are the most.
    assert [few[AS_IT_IS].epochs, many[AS_IT_IS].epochs] == [1, 35]


@pytest.mark.parametrize(("epochs", "passes"), [(100, False), (5000, True)])
def test_an_arm_that_still_learns_is_not_judged_if_it_is_given_more_steps(
    new_comparison, train_small_runs, plant, epochs, passes
):
    run = new_comparison(epochs=epochs)
    trained = train(run, train_small_runs, fault="idle")
    falling = [1 - 0.01 * epoch for epoch in range(40)]

    finding = check(run, trained | {AS_IT_IS: plant(trained[AS_IT_IS], curve=falling)})

    assert finding.passed is passes
    assert ("still learns" in finding.found) is passes


@pytest.mark.parametrize("diverging", [AS_IT_IS, OPTIMIZER])
def test_an_arm_that_diverges_is_not_compared(new_comparison, train_small_runs, diverging):
    run = new_comparison(task="regression")
    trained = train(run, train_small_runs, fault="idle")
    diverged = train_small_runs({diverging: small_runs(run)[diverging]}, fault="explode")

    finding = check(run, trained | diverged)

    assert finding.passed
    assert "control arm with other optimizer not compared" in finding.found


@pytest.mark.parametrize(("gain", "passes"), [(0.05, True), (0.3, False)])
def test_gains_that_are_equal_in_all_cells_are_judged_by_their_size(
    new_comparison, train_small_runs, plant, gain, passes
):
    run = new_comparison()
    trained = train(run, train_small_runs)
    for name, accuracy in ((AS_IT_IS, 0.5), (OPTIMIZER, 0.5 + gain)):
        for position in range(10):
            trained[name] = plant(trained[name], position=position, metrics={"accuracy": accuracy})

    assert check(run, trained).passed is passes


def test_a_difference_that_the_claim_is_about_is_only_reported(new_comparison):
    run = new_comparison(matched=lambda *arms: MatchedTraining(("dropout or noise 0.9 against 0",), is_claim=True))

    assert small_runs(run) == {}
    finding = check(run, {})
    assert finding.passed
    assert "dropout or noise 0.9 against 0; nothing else differs, so the claim is about it" in finding.found


def test_arms_that_are_trained_alike_need_no_small_run(new_comparison):
    run = new_comparison(matched=lambda *arms: MatchedTraining())

    assert small_runs(run) == {}
    assert check(run, {}).found == "control arm against treatment arm: trained alike"


def test_a_network_whose_opponent_is_none_is_compared_with_the_defaults_of_keras(new_comparison):
    run = new_comparison(matched=lambda control, treatment: MatchedTraining((f"treatment {treatment}",)))

    finding = check(replace(run, arms=run.arms[1:]), {})

    assert finding.found == "control arm against Keras' defaults: treatment None"


def test_without_a_control_arm_or_models_there_is_no_finding(new_comparison, new_problem):
    run = new_comparison()
    alone = replace(run, arms=run.arms[:1])

    assert check(alone, {}) is check(new_problem(arms=2), {}) is None
    assert small_runs(alone) == small_runs(new_problem(arms=2)) == {}


def test_too_few_rows_are_not_tried(new_comparison):
    run = new_comparison()
    few = Dataset(x=run.data.x[:40], y=run.data.y[:40], name="few")

    assert small_runs(replace(run, data=few)) == {}
