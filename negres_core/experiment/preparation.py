"""Preparation: check the arguments of an experiment before anything is trained, and leave out what it may not see."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import prepare_rows
from negres_core.arms.tuning import Tuned
from negres_core.claim import Claim
from negres_core.claim.cost import watched_metric
from negres_core.controls.own import OwnControl, ready_controls
from negres_core.controls.waivers import check_waivers
from negres_core.dataset import Dataset, Task
from negres_core.design import Cell, Design, Seal, apply_seal, cells_of, hold_out
from negres_core.errors import InputError
from negres_core.evidence import EqualBudget, SealRecord, Store
from negres_core.experiment.completion import check_metric, check_monitor
from negres_core.experiment.equal_budget import Equal, plan_budgets
from negres_core.experiment.row_scores import check_row_metric
from negres_core.experiment.smoke import shrink_arm, shrink_split
from negres_core.experiment.tuned_arms import TunedArm, first_recipe, tuned_arms
from negres_core.metrics import OF_A_LOSS, Metric, metric_of
from negres_core.run.arm import Role


class Prepared(NamedTuple):
    """Checked arguments; the data set is what the run sees."""

    recipes: dict[Role, Recipe]
    tuned: dict[Role, TunedArm]
    data: Dataset
    claim: Claim
    metric: Metric
    design: Design
    cells: list[Cell]
    equal: EqualBudget | None
    seal: SealRecord | None
    waived: dict[str, str]
    own_controls: tuple[OwnControl, ...]


def prepare(
    arms: Mapping[Role, Recipe | Tuned],
    data: Dataset,
    claim: Claim,
    design: Any,
    *,
    store: Store,
    equal: Equal | None = None,
    confirm: Any = None,
    waive: Mapping[str, str] | None = None,
    own_controls: Sequence[Any] = (),
    confirming: bool = False,
    smoke: bool = False,
) -> Prepared:
    """Check all arguments, leave out sealed rows, and shrink everything for a smoke run.

    Args:
        arms: the recipe of each arm, or how it is tuned.
        data: the whole data set.
        claim: the claim.
        design: a design or a splitter of scikit-learn.
        store: where records will be kept.
        equal: in what both arms get the smaller one of their budgets; None for their own budgets.
        confirm: rows to seal, their share, or `SealedRows`; None to seal nothing.
        waive: controls whose failure does not count, with the reason for each; None to waive none.
        own_controls: controls of the user's own.
        confirming: whether the sealed rows are opened.
        smoke: whether to shrink everything.

    Raises:
        InputError: an argument is invalid.
        EvidenceError: the store cannot be written.
    """
    from negres_core.engine.fit_checks import check_besides_stages

    ready = ready_controls(own_controls)
    waived = check_waivers(waive, [control.NAME for control in ready])
    for role, arm in arms.items():
        if not isinstance(arm, Recipe | Tuned):
            remedy = "Wrap the parts: Recipe(Stage(build)), or Recipe(Fit(compute))."
            raise InputError(f"The {role} arm has to be a recipe.", received=arm, remedy=remedy)
    if not isinstance(data, Dataset):
        remedy = "Wrap the arrays: Dataset(x=x, y=y, name=...)."
        raise InputError("`on` has to be a data set.", received=type(data).__name__, remedy=remedy)
    # From here on, everything that judges sees the targets of this output alone.
    data = data.about(claim.output)
    recipes = {role: first_recipe(arm) for role, arm in arms.items()}
    own = [recipe.fit.metrics if recipe.fit else None for recipe in recipes.values()]
    metric = metric_of(claim, task=data.task, own=own, targets=data.y)
    seen, planned, seal = apply_seal(data, design, confirm, confirming=confirming)
    record = SealRecord.of(seal, data, confirming=confirming) if seal else None
    if smoke:
        planned, seen = shrink_split(planned, seen)
        arms = {role: shrink_arm(arm) for role, arm in arms.items()}
        recipes = {role: first_recipe(arm) for role, arm in arms.items()}
    store.check_writable()
    for recipe in recipes.values():
        if recipe.stages:  # only networks need Keras
            from negres_core.engine.checks import check_recipe

            check_recipe(recipe, seen)
        else:
            check_besides_stages(recipe, seen)
    scored = watched_metric(metric) or metric
    if scored.name in OF_A_LOSS and scored.code is None:
        from negres_core.engine.common_loss import check_common_loss

        check_common_loss(list(recipes.values()), seen.output)
    check_metric(scored, list(recipes.values()), seen)
    for recipe in recipes.values():
        for stages in (recipe.stages[:end] for end in range(1, len(recipe.stages) + 1)):
            check_monitor(recipe.with_parts(*stages), metric, seen)
    cells = cells_of(planned, seen, metric, [recipe.validation for recipe in recipes.values() if recipe.stages])
    for recipe in (each for each in recipes.values() if each.resample is not None):
        # A sampler that fails on a training fold is found before anything is trained.
        prepare_rows(recipe, seen, hold_out(cells[0], seen, recipe.validation))
    tuned = tuned_arms(arms, recipes, metric, planned, seen, equal=equal)
    planned_recipes, equalized = plan_budgets(dict(recipes), metric, seen, cells, equal=None if smoke else equal)
    check_row_metric(metric, planned, list(planned_recipes.values()), data.task)
    if seal is not None:
        _check_confirmation(metric, seal, list(planned_recipes.values()), data.task)
    return Prepared(planned_recipes, tuned, seen, claim, metric, planned, cells, equalized, record, waived, ready)


def _check_confirmation(metric: Metric, seal: Seal, recipes: Sequence[Recipe], task: Task) -> None:
    """Raise InputError if the claim could be explored, and not be judged on the sealed rows later."""
    try:
        check_row_metric(metric, seal.confirming, recipes, task)
    except InputError as error:
        raise InputError(
            f"The sealed rows could not confirm this claim. {error.wrong}",
            received=error.received,
            remedy="Claim a metric of predictions, such as mse for values and log_loss for classes; or leave `confirm` "
            "out.",
        ) from error
