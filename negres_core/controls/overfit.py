"""Overfits 16: an arm that can learn anything can memorize 16 rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.controls.small_runs import shorten, skills
from negres_core.design import Cell, KFolds
from negres_core.evidence import Finding, Replicate
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from negres_core.seeds import derive_seed

NAME = "overfits 16"
WHEN = "small runs"

OVERFIT_ROWS = 16
"""Rows to memorize."""
MIN_SKILL = 0.5
"""How far an arm has to come from the best constant (0) to perfection (1)."""
TWO_STARTS = KFolds(folds=2, repeats=1, looks=False)
"""Two cells with the same rows, because one start may be unlucky."""


def small_runs(run: Run) -> dict[str, Run]:
    """Return, for each arm, its first stage on 16 distinct rows, which are both folds of each cell.

    Later stages were tuned to continue from the first, not to start from scratch. Left out are stages that freeze
    layers, which may be unable to memorize, objectives that have no use for the targets, and, in a regression, all
    objectives, which may ask for other values than the targets; and labels of steps or pixels, since a model that sees
    little of a row at each cannot memorize the rows. All rows count alike, without weights and samplers, which may
    leave some of them out.
    """
    if run.data.task == "segmentation":
        return {}
    rows = run.data.shuffle_rows(derive_seed("overfitted rows"))[: 8 * OVERFIT_ROWS]
    _, first = np.unique(run.data.flatten(rows), axis=0, return_index=True)
    data = run.data.take(rows[np.sort(first)][:OVERFIT_ROWS]).without_groups().with_weights(None)
    if len(data) < OVERFIT_ROWS or len(np.unique(data.y, axis=0)) < 2:
        return {}
    every = np.arange(OVERFIT_ROWS, dtype=np.int32)
    cells = [Cell(0, fold, every, every) for fold in range(TWO_STARTS.folds)]
    steps = min(2000, max(500, 2_000_000 // data.width))
    runs: dict[Recipe, Run] = {}
    for arm in run.arms:
        stage = arm.recipe.stages[0]
        if run.models is not None and not run.models.predicts_targets(Recipe(stage)):
            continue
        if stage.freezes is None and (stage.objective is None or data.has_labels):
            unweighted = Recipe(replace(stage, class_weight=None, share=None), preprocess=arm.recipe.preprocess)
            recipe = shorten(unweighted, steps=steps, rows=OVERFIT_ROWS)
            small_run = replace(run, data=data, design=TWO_STARTS, cells=cells, arms=[Arm(arm.role, recipe)])
            runs.setdefault(recipe, small_run)
    return {f"{OVERFIT_ROWS} rows, {small_run.arms[0].role}": small_run for small_run in runs.values()}


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare the better start of each arm with 16 trainable weights per output or more with the best constant.

    An arm that is merely slow, and still learning after its last step, is not judged.
    """
    results, passed = [], True
    for name in small_runs(run):
        small_run = trained[name]
        arm = small_run.arms[0]
        if arm.replicates[0].budget.trainable_weights < OVERFIT_ROWS * small_run.data.outputs:
            continue  # too small to memorize the rows
        skill = float(np.nan_to_num(skills(small_run), nan=-np.inf).max())
        if skill < MIN_SKILL and any(_is_slow(replicate) for replicate in arm.replicates):
            continue
        passed &= skill >= MIN_SKILL
        results.append(f"{arm.role} arm {skill:.0%} of the way from the best constant to perfection")
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold=f"expected {MIN_SKILL:.0%} or more from the better of two starts: an arm that cannot memorize "
        f"{OVERFIT_ROWS} rows is broken",
        remedy="Train that stage alone on a few rows: check the learning rate, dead units, interrupted gradients, and "
        "whether inputs and targets belong together.",
    )


def _is_slow(replicate: Replicate) -> bool:
    """Return whether the training loss still fell in the second half, and agrees with the loss on the tested rows."""
    curve = np.array(replicate.curve, dtype=float)
    few, half = max(1, len(curve) // 20), len(curve) // 2
    middle, end = curve[half - few : half].mean(), curve[-few:].mean()
    loss = replicate.metrics["loss"]
    return loss is not None and bool(middle - end > 0.02 * abs(middle) and loss - end < 0.25 * abs(end))
