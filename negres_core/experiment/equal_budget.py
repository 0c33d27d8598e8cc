"""Equal budgets: both arms get the same number of epochs, steps or operations, and a claim about a cost needs that."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal, get_args

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import count_trained
from negres_core.claim import COSTS, CostMetric, Metric
from negres_core.claim.cost import shared_budget
from negres_core.dataset import Dataset
from negres_core.design import Cell, hold_out
from negres_core.errors import InputError
from negres_core.evidence import EqualBudget, EqualizedArm
from negres_core.run.arm import Role

if TYPE_CHECKING:
    from negres_core.engine.planned_budget import PlannedBudget

Equal = Literal["epochs", "steps", "flops"]
"""What the budgets of both arms can be equal in."""

NEARLY_WHOLE = 1e-9
"""A number of epochs that falls short of a whole number by no more than this is whole."""


@dataclasses.dataclass(frozen=True)
class _Plan:
    """What an arm's training takes in one unit."""

    before: float
    """All stages but the last."""
    epoch: float
    """One epoch of the last stage."""
    epochs: int

    @property
    def total(self) -> float:
        return self.before + self.epochs * self.epoch


def plan_budgets(
    recipes: dict[Role, Recipe], metric: Metric, data: Dataset, cells: Sequence[Cell], *, equal: Equal | None
) -> tuple[dict[Role, Recipe], EqualBudget | None]:
    """Return the recipes with the budgets that they are trained with, and how these were made equal, if they were.

    Raises:
        InputError: the budgets cannot be made equal, or they differ and the claim needs the same for both arms.
    """
    largest, record = max(cells, key=lambda cell: len(cell.train)), None
    rows = {role: _trained_rows(recipe, data, largest) for role, recipe in recipes.items()}
    if equal is not None:
        recipes, record = equalize(recipes, data, rows=rows, equal=equal)
    if isinstance(metric, CostMetric):
        check_shared_budget(recipes, metric, data, rows=rows)
    return recipes, record


def _trained_rows(recipe: Recipe, data: Dataset, cell: Cell) -> int:
    """Return the rows of a cell of which the stages of an arm take shares: its training fold, or a sampler's rows."""
    trained = hold_out(cell, data, recipe.validation)
    return len(trained.train) if recipe.resample is None else count_trained(recipe, data, trained)


def equalize(
    recipes: Mapping[Role, Recipe], data: Dataset, *, rows: Mapping[Role, int], equal: Equal
) -> tuple[dict[Role, Recipe], EqualBudget]:
    """Give both arms the smaller one of their two budgets.

    Only the last stage of an arm is shortened. Its epochs are rounded down, so that no arm exceeds the budget.

    Args:
        recipes: the recipe of each arm.
        data: the data set.
        rows: rows that each arm trains on in the largest training fold.
        equal: what the budgets are equal in.

    Returns:
        The recipes, and the record of what was left out.

    Raises:
        InputError: an arm is a fit, or ends by its patience or a callback, its operations cannot be counted, or not
            even one epoch fits into the budget.
    """
    check_equal(equal)
    for role, recipe in recipes.items():
        if any(stage.patience is not None for stage in recipe.stages):
            raise InputError(
                f"The {role} arm stops early by its patience, so its budget is not known before it is trained.",
                received=f'equal="{equal}", and {recipe}',
                remedy="Leave out `equal`: the evidence shows what each arm was trained for. Or leave out "
                "`patience`, and give both arms the same budget.",
            )
    plans = {role: _plan(role, recipe, data, rows[role], equal) for role, recipe in recipes.items()}
    budget = min(plan.total for plan in plans.values())
    shortened: dict[Role, Recipe] = {}
    arms: dict[Role, EqualizedArm] = {}
    unit = COSTS[equal].unit
    for role, plan in plans.items():
        epochs = math.floor((budget - plan.before) / plan.epoch + NEARLY_WHOLE)
        if epochs < 1:
            raise InputError(
                f"Not even one epoch of the {role} arm fits into the budget of the other arm.",
                received=f"a budget of {budget:,.4g} {unit}, of which stages before the last take {plan.before:,.4g} "
                f"and an epoch of the last one {plan.epoch:,.4g}",
                remedy="Train the other arm for more epochs, or this one with smaller batches or stages.",
            )
        recipe = recipes[role]
        shortened[role] = with_epochs(recipe, epochs)
        left_over = max(0.0, budget - plan.before - epochs * plan.epoch)
        arms[role] = EqualizedArm(declared_epochs=recipe.last.epochs, epochs=epochs, left_over=left_over)
    return shortened, EqualBudget(counted_in=equal, budget=budget, arms=arms)


def with_epochs(recipe: Recipe, epochs: int) -> Recipe:
    """Return a recipe whose last stage is trained for another number of epochs."""
    *before, last = recipe.stages
    return recipe.with_parts(*before, dataclasses.replace(last, epochs=epochs))


def check_equal(equal: object) -> None:
    """Raise InputError if budgets cannot be equal in this."""
    if equal == "seconds":
        raise InputError(
            "Budgets cannot be equal in seconds: the number of epochs in a second differs from machine to machine "
            "and from run to run, so nobody could train the same arms again.",
            received='equal="seconds"',
            remedy='Give equal="flops". To compare the time itself, make a claim about it: beats("seconds") or '
            'beats(to_reach("accuracy", 0.9, in_="seconds")).',
        )
    if equal not in get_args(Equal):
        raise InputError(
            "`equal` has to be the unit in which the budgets of both arms are equal.",
            received=f"equal={equal!r}",
            remedy=f"Give one of: {', '.join(get_args(Equal))}; or leave it out to train the recipes as they are.",
        )


def check_shared_budget(
    recipes: Mapping[Role, Recipe], cost: CostMetric, data: Dataset, *, rows: Mapping[Role, int]
) -> None:
    """Raise InputError if a run that never reaches the target would count at another budget in the other arm.

    Budgets may differ by less than an epoch, since epochs are whole; then the smaller one counts for both. In seconds a
    budget is only known when it was spent, and the smaller one of each cell counts.
    """
    shared = shared_budget(cost)
    if shared is None or len(recipes) < 2:
        return
    plans = {role: _plan(role, recipe, data, rows[role], shared) for role, recipe in recipes.items()}
    small, large = sorted(plans.values(), key=lambda plan: plan.total)
    if small.total + small.epoch * (1 - NEARLY_WHOLE) <= large.total:
        budgets = ", ".join(f"{role} arm {plan.total:,.4g} {cost.unit}" for role, plan in plans.items())
        raise InputError(
            "The arms have different budgets. A run that never reaches the target counts at its budget, so the arm "
            "with the smaller budget would look better because it gives up earlier.",
            received=budgets,
            remedy=f'Give both the same budget: experiment.compare(..., equal="{cost.counted_in}"), or other epochs.',
        )


def _plan(role: Role, recipe: Recipe, data: Dataset, rows: int, counted_in: Equal) -> _Plan:
    from negres_core.engine.callbacks import ending_callback
    from negres_core.engine.planned_budget import planned_budgets

    if recipe.fit is not None:
        raise InputError(
            f"The {role} arm ends in a fit, whose budget has no {counted_in}.",
            received=recipe,
            remedy='Leave `equal` out, and claim the seconds of a fit: beats("seconds").',
        )
    if ending := next(filter(None, map(ending_callback, recipe.stages)), None):
        raise InputError(
            f"The {role} arm may be stopped by a callback, so its budget is not known before it is trained.",
            received=f"{ending} among the callbacks of {recipe}",
            remedy="Leave the callback out: `equal`, and a claim about the cost to a target, need arms that train to "
            "the end.",
        )
    budgets = planned_budgets(recipe, data, rows=rows)
    *before, last = [_of_epoch(budget, counted_in) for budget in budgets]
    if last <= 0:
        raise InputError(
            f"The operations of the {role} arm cannot be counted: it has no dense layer and no convolution.",
            received=recipe,
            remedy='Count steps or epochs: "steps", "epochs".',
        )
    spent = sum(budget.epochs * each for budget, each in zip(budgets, before, strict=False))
    return _Plan(float(spent), float(last), budgets[-1].epochs)


def _of_epoch(budget: PlannedBudget, counted_in: Equal) -> int:
    return {"epochs": 1, "steps": budget.steps, "flops": budget.steps * budget.step_flops}[counted_in]
