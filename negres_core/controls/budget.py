"""Every replicate was trained for the epochs and steps of its recipe."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.evidence import Finding, Replicate
from negres_core.recipe import Stage
from negres_core.resampling import prepare_rows
from negres_core.run import Arm, Run

NAME = "budget"
WHEN = "after"


def check(run: Run) -> Finding:
    """Compare each replicate's loss curve and budget with its recipe; report the budgets of the arms side by side."""
    matches = [
        _matches_recipe(rows, stage, replicate)
        for arm in run.by_recipe
        for stage, replicates in zip(arm.recipe.stages, arm.stages, strict=True)
        for replicate, rows in zip(replicates, _trained_rows(run, arm, replicates), strict=True)
    ]
    budgets = []
    for arm in run.arms:
        epochs = sum(stage.epochs for stage in arm.recipe.stages)
        steps = sum(replicates[0].budget.steps for replicates in arm.stages)
        weights = arm.replicates[0].budget.trainable_weights
        budgets.append(f"{arm.role} arm: {epochs} epochs, {steps} steps, {weights} trainable weights")
    return Finding(
        control=NAME,
        passed=all(matches),
        found=f"{matches.count(False)} of {len(matches)} replicates were trained longer or shorter than their recipe "
        f"says; {'; '.join(budgets)}",
        threshold="expected 0: an arm that stopped early did not get the training budget its recipe promises",
        remedy="Retrain the interrupted replicates; see `curve` and `budget` in their records.",
    )


def _trained_rows(run: Run, arm: Arm, replicates: Sequence[Replicate]) -> list[int]:
    """Return the rows that each replicate of an arm was trained on, which a sampler draws again."""
    cells = [run.cell_of(replicate) for replicate in replicates]
    if arm.recipe.resample is None:
        return [len(cell.train) for cell in cells]
    by_cell = {(cell.repeat, cell.fold): cell for cell in cells}
    drawn = {place: len(prepare_rows(arm.recipe, run.data, cell).train) for place, cell in by_cell.items()}
    return [drawn[cell.repeat, cell.fold] for cell in cells]


def _matches_recipe(rows: int, stage: Stage, replicate: Replicate) -> bool:
    """Return whether a replicate was trained for the epochs and steps of its stage.

    The curve of a replicate that turned NaN or infinite ends there; the control "finite" reports that.
    """
    steps_per_epoch = -(-rows // stage.batch_size)
    budget = replicate.budget
    is_complete = replicate.status != "finished" or len(replicate.curve) == stage.epochs
    return is_complete and (budget.epochs, budget.steps) == (stage.epochs, stage.epochs * steps_per_epoch)
