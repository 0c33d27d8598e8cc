"""The budget that a recipe plans, before anything is trained: epochs, steps and operations of each stage."""

from __future__ import annotations

from dataclasses import dataclass

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.engine.flops import step_flops
from negres_core.engine.inheritance import describe_relation, freeze_layers
from negres_core.engine.model import build_model


@dataclass(frozen=True)
class PlannedBudget:
    """The budget of one stage on a training fold.

    Attributes:
        epochs: passes over the training fold.
        steps: optimizer steps of one epoch.
        step_flops: floating-point operations of one step, those of layers that are not counted left out.
    """

    epochs: int
    steps: int
    step_flops: int


def planned_budgets(recipe: Recipe, data: Dataset, *, rows: int) -> list[PlannedBudget]:
    """Return the budget of each stage of a recipe on a training fold of some rows."""
    data = as_models_see(recipe, data)
    return [
        PlannedBudget(stage.epochs, stage.steps_per_epoch(rows), _step_flops(stage, data)) for stage in recipe.stages
    ]


def _step_flops(stage: Stage, data: Dataset) -> int:
    model = build_model(stage.build, data)
    if stage.freezes is not None:
        freeze_layers(model, build_model(stage.freezes, data), wanted_by=describe_relation(stage, "freezes"))
    return step_flops(model, stage.batch_size)
