"""Overfits 16: an arm that can learn anything can learn 16 rows by heart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from negres_core.controls.small_runs import shorten, skills
from negres_core.design import Cell, Design
from negres_core.evidence import Finding, Replicate
from negres_core.recipe import Recipe
from negres_core.run import Arm, Run
from negres_core.seeds import derive_seed

WHEN = "trials"

ROWS = 16
SKILL = 0.5
"""The share of the way from the best constant to perfection that an arm has to go."""

TWICE = Design(folds=2, repeats=1, looks=False)
"""Two cells of the same rows: one start may be unlucky."""


def trials(run: Run) -> dict[str, Run]:
    """Return, for each arm, its first stage on 16 distinct rows, which are both folds of a cell.

    The stages after it were tuned to go on from there, and not to begin. A stage that freezes layers need not be able
    to, and what an objective asks of values may be something else than these values.
    """
    drawn = run.data.shuffle_rows(derive_seed("overfitted rows"))[: 8 * ROWS]
    _, first = np.unique(run.data.flatten(drawn), axis=0, return_index=True)
    data = replace(run.data.take(drawn[np.sort(first)][:ROWS]), groups=None)
    if len(data) < ROWS or len(np.unique(data.y, axis=0)) < 2:
        return {}
    every = np.arange(ROWS, dtype=np.int32)
    cells = [Cell(0, fold, every, every) for fold in range(TWICE.folds)]
    steps = min(2000, max(500, 2_000_000 // data.width))
    planned: dict[Recipe, Run] = {}
    for arm in run.arms:
        stage = arm.recipe.stages[0]
        if stage.freezes is None and (stage.objective is None or data.task == "classification"):
            recipe = shorten(Recipe(stage, preprocess=arm.recipe.preprocess), steps=steps, rows=ROWS)
            trial = replace(run, data=data, design=TWICE, cells=cells, arms=[Arm(arm.role, recipe)])
            planned.setdefault(recipe, trial)
    return {f"{ROWS} rows, {trial.arms[0].role}": trial for trial in planned.values()}


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare, for each arm with 16 trainable weights an output or more, its better try with the best constant.

    An arm that is merely slow, and was still learning when its steps were over, is not judged.
    """
    found, passed = [], True
    for name in trials(run):
        trial = trained[name]
        arm = trial.arms[0]
        if arm.replicates[0].budget.trainable_weights < ROWS * trial.data.outputs:
            continue  # it lacks the capacity
        skill = float(np.nan_to_num(skills(trial), nan=-np.inf).max())
        if skill < SKILL and any(_is_slow(replicate) for replicate in arm.replicates):
            continue
        passed &= skill >= SKILL
        found.append(f"{arm.role} {skill:.0%} of the way from the best constant to perfection")
    if not found:
        return None
    return Finding(
        control="overfits 16",
        passed=passed,
        found="; ".join(found),
        threshold=f"{SKILL:.0%}, in the better of two tries: what cannot learn {ROWS} rows by heart is broken",
        remedy="Train that stage alone on a few rows: look at the learning rate, dead units, cut gradients, and "
        "whether inputs and targets belong together.",
    )


def _is_slow(replicate: Replicate) -> bool:
    """Tell whether the training loss was still falling in the second half, on the rows that were tested indeed."""
    curve = np.array(replicate.curve, dtype=float)
    few, half = max(1, len(curve) // 20), len(curve) // 2
    middle, end = curve[half - few : half].mean(), curve[-few:].mean()
    loss = replicate.metrics["loss"]
    return loss is not None and bool(middle - end > 0.02 * abs(middle) and loss - end < 0.25 * abs(end))
