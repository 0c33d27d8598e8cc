"""The planned budget is the one that replicates record after their training."""

from __future__ import annotations

import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.engine.planned_budget import planned_budgets
from tests.engine import examples as ex


@pytest.mark.parametrize("name", ["dropout", "convolution", "batch normalization"])
def test_the_plan_is_what_a_replicate_records(name):
    recipe, data = ex.RECIPES[name]
    result = ex.result_of("compiled", recipe, data)
    rows = len(ex.cells(data)[0].train)
    (planned,) = planned_budgets(recipe, data, rows=rows)
    assert planned.epochs == result.budget["epochs"]
    assert planned.epochs * planned.steps == result.budget["steps"]
    assert planned.step_flops == result.budget["step_flops"]


def test_a_frozen_layer_costs_no_gradient_of_its_weights():
    grown = {"inherits": ex.dense, "epochs": 2, "batch_size": 16}
    free = Recipe(ex.stage(ex.dense), Stage(ex.grown, **grown))
    frozen = Recipe(ex.stage(ex.dense), Stage(ex.grown, freezes=ex.dense, **grown))
    plans = [planned_budgets(recipe, ex.CLASSES, rows=40) for recipe in (free, frozen)]
    assert plans[0][0] == plans[1][0]
    assert plans[1][1].step_flops < plans[0][1].step_flops
    assert [plan.steps for plan in plans[0]] == [3, 3]
