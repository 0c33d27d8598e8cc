from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.controls.overfit import check, trials
from negres_core.run import Arm


def first():
    """Stand for a network."""


def second():
    """Stand for another."""


def tried(new_problem, *recipes, **fields):
    run = new_problem(**fields)
    roles = ("treatment", "control")
    return trials(replace(run, arms=[Arm(*arm) for arm in zip(roles, recipes, strict=False)]))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_clean_arms_pass(new_problem, train_trial, task):
    for seed in range(10):
        run = new_problem(seed, task=task)

        finding = check(run, train_trial(trials(run), seed=seed))

        assert finding.passed, (seed, finding.found)
        assert finding.found == "treatment 100% of the way from the best constant to perfection"


@pytest.mark.parametrize("fault", ["mismatch", "idle", "dead", "explode"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_fault_is_found(new_problem, train_trial, task, fault):
    run = new_problem(task=task)

    finding = check(run, train_trial(trials(run), fault=fault))

    assert not finding.passed
    assert finding.control == "overfits 16"
    assert finding.found.startswith("treatment ")


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_an_arm_that_is_merely_slow_is_not_judged(new_problem, train_trial, task):
    run = new_problem(task=task)

    assert check(run, train_trial(trials(run), fault="slow")) is None


def test_an_arm_that_lacks_the_capacity_is_not_judged(new_problem, train_trial, plant):
    run = new_problem()
    [(name, trained)] = train_trial(trials(run), fault="dead").items()
    for weights, judged in ((3 * 16 - 1, False), (3 * 16, True)):
        small = plant(trained, position=0, budget={"trainable_weights": weights})
        assert (check(run, {name: small}) is not None) == judged


def test_one_lucky_start_of_two_is_enough(new_problem, train_trial, plant):
    run = new_problem()
    [(name, trained)] = train_trial(trials(run), fault="dead").items()

    assert check(run, {name: plant(trained, position=1, metrics={"accuracy": 1.0, "loss": 0.0})}).passed


def test_both_folds_are_the_same_16_distinct_rows(new_problem):
    [trial] = trials(new_problem()).values()

    assert len(np.unique(trial.data.x, axis=0)) == len(trial.data) == 16
    assert sorted(np.bincount(trial.data.y)) == [5, 5, 6]
    for cell in trial.cells:
        assert cell.train.tolist() == cell.test.tolist() == list(range(16))


def test_each_distinct_first_stage_is_tried_once(new_problem):
    grown = Recipe(Stage(first), Stage(second, inherits=first, freezes=first))

    assert list(tried(new_problem, grown, Recipe(Stage(second)))) == ["16 rows, treatment", "16 rows, control"]
    assert list(tried(new_problem, grown, Recipe(Stage(first)))) == ["16 rows, treatment"]
    assert list(tried(new_problem, grown, Recipe(Stage(first, epochs=99)))) == ["16 rows, treatment"]


def test_what_need_not_fit_its_targets_is_not_tried(new_problem):
    frozen = Recipe(Stage(second, freezes=first))
    objective = Recipe(Stage(first, objective=lambda model, x, y, training: 0.0))

    assert tried(new_problem, frozen) == {}
    assert tried(new_problem, objective, task="regression") == {}
    assert list(tried(new_problem, objective)) == ["16 rows, treatment"]


@pytest.mark.parametrize(
    "data",
    [
        Dataset(x=np.arange(15.0).reshape(-1, 1), y=np.arange(15) % 2, name="15 rows"),
        Dataset(x=np.arange(60.0).reshape(-1, 1) % 15, y=np.arange(60) % 2, name="15 distinct rows"),
        Dataset(x=np.arange(60.0).reshape(-1, 1), y=np.ones(60), name="one target"),
    ],
    ids=lambda data: data.name,
)
def test_there_have_to_be_16_rows_with_something_to_tell_them_apart_by(new_problem, data):
    run = replace(new_problem(), data=data)

    assert trials(run) == {}
    assert check(run, {}) is None
