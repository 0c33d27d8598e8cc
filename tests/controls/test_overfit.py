from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.controls.overfit import check, small_runs
from negres_core.design import KFolds
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from tests.fakes import BUDGET


def first():
    """Stand for a network."""


def second():
    """Stand for another network."""


def small_runs_for(new_problem, *recipes, **fields):
    run = new_problem(**fields)
    roles = ("treatment", "control")
    return small_runs(replace(run, arms=[Arm(*arm) for arm in zip(roles, recipes, strict=False)]))


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_clean_arms_pass(new_problem, train_small_runs, task):
    for seed in range(10):
        run = new_problem(seed, task=task)

        finding = check(run, train_small_runs(small_runs(run), seed=seed))

        assert finding.passed, (seed, finding.found)
        assert finding.found == "treatment arm 100% of the way from the best constant to perfection"


@pytest.mark.parametrize("fault", ["mismatch", "idle", "dead", "explode"])
@pytest.mark.parametrize("task", ["classification", "regression"])
def test_a_fault_fails(new_problem, train_small_runs, task, fault):
    run = new_problem(task=task)

    finding = check(run, train_small_runs(small_runs(run), fault=fault))

    assert not finding.passed
    assert finding.control == "overfits 16"
    assert finding.found.startswith("treatment arm ")


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_an_arm_that_is_merely_slow_is_not_judged(new_problem, train_small_runs, task):
    run = new_problem(task=task)

    assert check(run, train_small_runs(small_runs(run), fault="slow")) is None


def test_an_arm_that_lacks_the_capacity_is_not_judged(new_problem, train_small_runs, plant):
    run = new_problem()
    [(name, trained)] = train_small_runs(small_runs(run), fault="dead").items()
    for weights, judged in ((3 * 16 - 1, False), (3 * 16, True)):
        small = plant(trained, position=0, budget=BUDGET | {"trainable_weights": weights})
        assert (check(run, {name: small}) is not None) == judged


def test_one_lucky_start_of_two_is_enough(new_problem, train_small_runs, plant):
    run = new_problem()
    [(name, trained)] = train_small_runs(small_runs(run), fault="dead").items()

    assert check(run, {name: plant(trained, position=1, metrics={"accuracy": 1.0, "loss": 0.0})}).passed


def test_both_folds_are_the_same_16_distinct_rows(new_problem):
    [small_run] = small_runs(new_problem()).values()

    assert len(np.unique(small_run.data.x, axis=0)) == len(small_run.data) == 16
    assert sorted(np.bincount(small_run.data.y)) == [5, 5, 6]
    for cell in small_run.cells:
        assert cell.train.tolist() == cell.test.tolist() == list(range(16))


def test_each_distinct_first_stage_is_trained_once(new_problem):
    grown = Recipe(Stage(first), Stage(second, inherits=first, freezes=first))

    assert list(small_runs_for(new_problem, grown, Recipe(Stage(second)))) == ["16 rows, treatment", "16 rows, control"]
    assert list(small_runs_for(new_problem, grown, Recipe(Stage(first)))) == ["16 rows, treatment"]
    assert list(small_runs_for(new_problem, grown, Recipe(Stage(first, epochs=99)))) == ["16 rows, treatment"]


def test_stages_that_need_not_fit_their_targets_are_left_out(new_problem):
    frozen = Recipe(Stage(second, freezes=first))
    objective = Recipe(Stage(first, objective=lambda model, x, y, training: 0.0))

    assert small_runs_for(new_problem, frozen) == {}
    assert small_runs_for(new_problem, objective, task="regression") == {}
    assert list(small_runs_for(new_problem, objective)) == ["16 rows, treatment"]


@pytest.mark.parametrize(
    "data",
    [
        Dataset(x=np.arange(15.0).reshape(-1, 1), y=np.arange(15) % 2, name="15 rows"),
        Dataset(x=np.arange(60.0).reshape(-1, 1) % 15, y=np.arange(60) % 2, name="15 distinct rows"),
        Dataset(x=np.arange(60.0).reshape(-1, 1), y=np.ones(60), name="one target"),
    ],
    ids=lambda data: data.name,
)
def test_fewer_than_16_distinct_rows_or_one_target_make_no_small_run(new_problem, data):
    run = replace(new_problem(), data=data)

    assert small_runs(run) == {}
    assert check(run, {}) is None


def test_labels_of_steps_are_left_out():
    rng = np.random.default_rng(0)
    data = Dataset(x=rng.normal(size=(40, 6, 2)), y=rng.integers(0, 3, size=(40, 6)), name="steps")
    arm = Arm("treatment", Recipe(Stage(lambda: None)))

    assert small_runs(Run(data, KFolds(2), [], [arm])) == {}
