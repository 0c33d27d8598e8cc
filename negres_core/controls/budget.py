"""Every replicate was trained for the epochs and steps of its recipe, or until its patience ended.

And what has to be equal in both arms is so, although a callback may have ended the training of one of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import count_trained
from negres_core.early_stopping import replay
from negres_core.evidence import Finding, Replicate
from negres_core.metrics import monitored_metric
from negres_core.run.arm import Arm
from negres_core.run.run import Run

NAME = "budget"
WHEN = "after"
FITS = True

NEARLY_AN_EPOCH = 0.999
"""Budgets that are equal up to the rounding of epochs differ by less than this part of an epoch."""


class _Cut(NamedTuple):
    """What a callback took from a replicate, in the unit of an equal budget.

    Attributes:
        cut: by how much less than its recipe says it was trained.
        epoch: what an epoch of its last stage takes.
    """

    cut: float
    epoch: float


def check(run: Run) -> Finding | None:
    """Compare each replicate's loss curve and budget with its recipe; report the budgets of the arms side by side.

    A stage with patience is over when its metric on the validation rows says so: neither earlier nor later. One with
    callbacks may be over at any epoch, which is reported. A fit that records its weights may record its epochs and
    steps, too. They are reported, and nothing promises them.

    If the arms were given equal budgets, or the claim is about the way to a target, what was trained is compared too.
    """
    matches = [
        _matches_recipe(run, rows, recipe, replicate)
        for arm in run.by_recipe
        for recipe, replicates in zip(arm.recipe.lineage, arm.stages, strict=True)
        if recipe.fit is None
        for replicate, rows in zip(replicates, _trained_rows(run, recipe, replicates), strict=True)
    ]
    budgets = [_in_words(arm) for arm in run.arms if arm.recipe.stages or arm.replicates[0].budget.trainable_weights]
    if not budgets:
        return None
    unequal = _unequal(run)
    if unequal:
        budgets.append(
            f"callbacks ended trainings early, so the arms differ in {run.equal} in {unequal} of "
            f"{len(run.arms[0].replicates)} pairs of replicates"
        )
    held_out = [arm.recipe.validation for arm in run.arms]
    if len(set(held_out)) > 1:
        shares = " and ".join(_share_in_words(each) for each in held_out)
        budgets.append(f"the arms hold out different validation rows: {shares}")
    return Finding(
        control=NAME,
        passed=all(matches) and not unequal,
        found=f"{matches.count(False)} of {len(matches)} replicates were trained longer or shorter than their recipe "
        f"says; {'; '.join(budgets)}",
        threshold="expected 0: an arm that stopped early did not get the training budget its recipe promises",
        remedy="Leave out the callback that ends training: budgets that have to be equal would differ if it ends one "
        "arm sooner than the other."
        if unequal
        else "Retrain the interrupted replicates; see `curve` and `budget` in their records.",
    )


def _unequal(run: Run) -> int:
    """Return in how many pairs of replicates callbacks made budgets unequal that differ by less than an epoch."""
    if run.equal is None or len(run.arms) != 2:
        return 0
    pairs = zip(
        *([_cut(arm, place, run.equal) for place in range(len(arm.replicates))] for arm in run.arms), strict=True
    )
    return sum(abs(mine.cut - other.cut) > NEARLY_AN_EPOCH * max(mine.epoch, other.epoch) for mine, other in pairs)


def _cut(arm: Arm, place: int, counted_in: str) -> _Cut:
    """Return by how much callbacks cut a replicate; one that turned NaN ends there for another reason."""
    cut, epoch = 0.0, 0.0
    for stage, replicates in zip(arm.recipe.stages, arm.stages, strict=False):
        budget = replicates[place].budget
        steps = budget.steps / max(budget.epochs, 1)
        epoch = {"epochs": 1.0, "steps": steps, "flops": steps * budget.step_flops}[counted_in]
        if stage.callbacks is not None and replicates[place].status == "finished":
            cut += (stage.epochs - budget.epochs) * epoch
    return _Cut(cut, epoch)


def _in_words(arm: Arm) -> str:
    """Return the budget of an arm: what was trained, on average over its replicates, and the most if it could end."""
    epochs, steps = (
        sum(float(np.mean([getattr(each.budget, name) for each in stage])) for stage in arm.stages)
        for name in ("epochs", "steps")
    )
    most, patience = "", ""
    stages = arm.recipe.stages
    if any(stage.patience is not None or stage.callbacks is not None for stage in stages):
        most = f" of at most {sum(stage.epochs for stage in stages)}"
    if any(stage.patience is not None for stage in stages):
        patience = f", patience {' and '.join(str(stage.patience or 'none') for stage in stages)}"
    weights = arm.replicates[0].budget.trainable_weights
    return f"{arm.role} arm: {epochs:.6g}{most} epochs, {steps:.6g} steps, {weights} trainable weights{patience}"


def _share_in_words(held_out: float | bool | None) -> str:
    if held_out is None:
        return "none"
    return "those of the design or a tenth" if held_out is True else f"{held_out:g} of the training fold"


def _trained_rows(run: Run, recipe: Recipe, replicates: Sequence[Replicate]) -> list[int]:
    """Return the rows that each replicate of a stage was trained on, which a sampler draws again."""
    cells = [run.trained_cell(recipe, run.cell_of(replicate)) for replicate in replicates]
    by_cell = {(cell.repeat, cell.fold): cell for cell in cells}
    counts = {place: count_trained(recipe, run.data, cell) for place, cell in by_cell.items()}
    return [counts[cell.repeat, cell.fold] for cell in cells]


def _matches_recipe(run: Run, rows: int, recipe: Recipe, replicate: Replicate) -> bool:
    """Return whether a replicate was trained for the epochs and steps of its stage, or until its patience ended.

    The curve of a replicate that turned NaN or infinite ends there; the control "finite" reports that.
    """
    stage, budget = recipe.last, replicate.budget
    steps_per_epoch = stage.count_batches(rows)
    epochs = stage.epochs
    if stage.patience is not None:
        metric = monitored_metric(stage.monitor, task=run.data.task, targets=run.data.y)
        course = replay(replicate.monitored or (), higher_is_better=metric.higher_is_better, patience=stage.patience)
        if not course.is_over and replicate.status == "finished" and len(replicate.curve) < stage.epochs:
            return False
        epochs = len(course.values)
        if replicate.status != "finished":
            epochs = len(replicate.curve)
    elif stage.callbacks is not None:
        # A callback may end the training, and nothing else tells when it should.
        epochs = min(len(replicate.curve), stage.epochs)
    is_complete = replicate.status != "finished" or len(replicate.curve) == epochs
    return is_complete and (budget.epochs, budget.steps) == (epochs, epochs * steps_per_epoch)
