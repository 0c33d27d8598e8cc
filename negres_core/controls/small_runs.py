"""Trials: runs so small that every hypothesis can afford them, on which a pipeline shows whether it can be trusted.

All of them train one arm, the control of a comparison, since they ask about the pipeline and not about the arms.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core.design import Cell, Design
from negres_core.recipe import Recipe
from negres_core.run import Arm, Run
from negres_core.seeds import derive_seed
from negres_core.statistics import corrected_resampled_t

TARGETS, PERMUTED = "true targets", "permuted targets"
"""Names of the two trials that differ in nothing but the order of the targets."""

SURELY = 1e-4
"""A control of the pipeline looks at every run: at 5% it would void one clean run in twenty."""

ROWS, FOLD, BATCH = 150, 5, 16
"""Rows of a trial, rows of a test fold, and the most rows a step: few, so that a pipeline that leaks can memorize."""

CELLS = 10
"""PreparedInputs of the trial on true targets. On permuted ones all folds are tested, since a leak may be small."""


def true_targets(run: Run) -> dict[str, Run]:
    """Return the trial on the data as they are, of a few cells with two seeds; nothing where there are too few rows."""
    planned = {}
    for trial in _trials(run):
        cells = trial.cells[:CELLS]
        planned[TARGETS] = replace(trial, cells=cells, design=_design(len(cells), seeds=2))
    return planned


def permuted_targets(run: Run) -> dict[str, Run]:
    """Return the trial on the same rows, cut the same way, with targets that have nothing to do with them."""
    planned = {}
    for trial in _trials(run):
        y = np.random.default_rng(derive_seed(PERMUTED)).permutation(trial.data.y)
        planned[PERMUTED] = replace(trial, data=replace(trial.data, y=y))
    return planned


def _trials(run: Run) -> list[Run]:
    """Return the one run on few rows that the trials are made of, or none."""
    wide = run.data.width
    rows = run.data.shuffle_rows(derive_seed("trial rows"))[: min(ROWS, max(10 * FOLD, 750_000 // wide))]
    folds = len(rows) // FOLD
    if folds < 2:
        return []
    # PreparedInputs that look at no targets are the same whatever becomes of these. Groups are about how well an arm
    # generalizes, which is no question here.
    data = replace(run.data.take(rows), groups=None)
    every = np.arange(len(rows), dtype=np.int32)
    tested = np.array_split(every, folds)
    cells = [Cell(0, fold, np.setdiff1d(every, test), test) for fold, test in enumerate(tested)]
    steps = min(800, max(40, 250_000 // wide))
    recipe = shorten(run.arms[-1].recipe, steps=steps, rows=len(cells[0].train))
    return [replace(run, data=data, design=_design(folds), cells=cells, arms=[Arm("control", recipe)])]


def _design(folds: int, *, seeds: int = 1) -> Design:
    return Design(folds=folds, repeats=1, seeds=seeds, looks=False)


def shorten(recipe: Recipe, *, steps: int, rows: int) -> Recipe:
    """Return a recipe whose stages make about so many steps, of small batches, on so many rows."""
    stages = []
    for stage in recipe.stages:
        batch = min(stage.batch_size, BATCH)
        stages.append(replace(stage, epochs=-(-steps // -(-rows // batch)), batch_size=batch))
    return Recipe(*stages, preprocess=recipe.preprocess)


def skills(trial: Run) -> np.ndarray:
    """Return how much of the way from the best constant to perfection a trained trial has gone: (1, folds, seeds).

    By accuracy, or mean squared error, of each replicate. The constant is the best on the whole of the trial's data, so
    that nothing that does not know the targets of a test fold is expected to be above 0. NaN where an arm diverged.
    """
    labels = trial.data.task == "classification"
    y = trial.data.y
    if labels:
        constant = np.full(len(trial.cells), np.bincount(y).max() / len(y))
    else:
        constant = np.array([np.mean((y[cell.test] - y.mean(axis=0)) ** 2) for cell in trial.cells])
    reached = trial.values(trial.arms[0], "accuracy" if labels else "mse")
    gone: np.ndarray = (reached - constant[:, None]) / (float(labels) - constant[:, None])
    return gone


def p_better(differences: np.ndarray, trial: Run) -> float:
    """Return the one-sided p-value of the null hypothesis that differences, (1, folds), are not positive.

    By the corrected resampled t-test. Differences that are all equal are surely positive, or surely not.
    """
    if np.ptp(differences) < 1e-12:
        return float(differences.mean() < 1e-12)
    cell = trial.cells[0]
    return corrected_resampled_t(differences, test_train_ratio=len(cell.test) / len(cell.train)).p_greater
