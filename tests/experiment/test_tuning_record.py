"""Records of tuned arms: what is searched is known before the run, and identified by what the code does."""

from __future__ import annotations

import functools

import pytest
from optuna.distributions import FloatDistribution, IntDistribution

from negres_core import Fit, Recipe, Tuned
from negres_core.evidence import RangeRecord, SearchRecord, TrialRecord
from negres_core.experiment.tuning_record import plan_of, record_tuning
from negres_core.metrics import METRICS
from negres_core.run.arm import Arm
from tests.experiment.simple_arms import SHIFTS, make_shifted, shifted

ACCURACY = METRICS["accuracy"]


def test_the_plan_of_a_tuned_arm():
    space = {"shift": FloatDistribution(1e-3, 1, log=True), "width": IntDistribution(2, 8, step=2), "kind": ["a", None]}

    def make(shift, width, kind):
        return make_shifted(shift)

    plan = plan_of(Tuned(make, space=space, trials=4, sampler="tpe"), METRICS["loss"])

    assert plan.space == {
        "shift": RangeRecord(kind="float", low=0.001, high=1.0, log=True),
        "width": RangeRecord(kind="int", low=2, high=8, step=2),
        "kind": RangeRecord(kind="choice", choices=["a", None]),
    }
    assert (plan.make, plan.trials, plan.sampler, plan.metric, plan.higher_is_better) == (
        "make",
        4,
        "tpe",
        "loss",
        False,
    )
    assert "def make(shift, width, kind):" in plan.source


def test_the_identity_follows_the_code_that_makes_recipes():
    def make(shift):
        return Recipe(Fit(functools.partial(shifted, shift=shift)))

    def other(shift):
        return Recipe(Fit(functools.partial(shifted, shift=2 * shift)))

    first, changed = (plan_of(Tuned(make, space=SHIFTS.space, trials=3), ACCURACY).digest for make in (make, other))

    assert first != changed


def test_the_order_of_a_space_does_not_count():
    def make(shift, width):
        return make_shifted(shift)

    space = {"shift": [1.0, 2.0], "width": [3, 4]}
    one, other = (Tuned(make, space=each, trials=2) for each in (space, dict(reversed(space.items()))))

    assert plan_of(one, ACCURACY).digest == plan_of(other, ACCURACY).digest


def test_a_record_has_each_chosen_recipe_once(new_replicate):
    from negres_core.engine.description import describe_recipe
    from tests.experiment.simple_arms import DATA

    replicate, chosen = new_replicate(), [make_shifted(shift) for shift in (0.0, 1.0, 0.0)]
    trial = TrialRecord(settings={"shift": 0.0}, score=0.75, replicates=[replicate.id])
    searches = [SearchRecord(repeat=0, fold=fold, chosen=0, trials=[trial]) for fold in range(3)]
    arm = Arm("treatment", chosen[0], tuned=SHIFTS, recipes=chosen, searches=searches, trials={replicate.id: replicate})

    record = record_tuning(arm, ACCURACY, lambda recipe: describe_recipe(recipe, DATA))

    assert record.chosen[0] == record.chosen[2] != record.chosen[1]
    assert set(record.recipes) == set(record.chosen)
    assert record.budget.epochs == replicate.budget.epochs
    with pytest.raises(AssertionError, match="not tuned"):
        record_tuning(Arm("control", chosen[0]), ACCURACY, lambda recipe: None)
