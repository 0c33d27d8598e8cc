"""No classifier knows the answer before it is trained: an untrained first stage is not better than a constant."""

from __future__ import annotations

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.dataset.segmentation import counted, is_segmentation
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.metrics.of_segmentation import class_shares
from negres_core.run.arm import Arm
from negres_core.run.models import Models
from negres_core.run.run import Run

NAME = "fresh start"
WHEN = "before"

MOST_ROWS = 512
"""Most rows of a test fold that are predicted, or most steps or pixels of rows."""
LEAST_ROWS = 16
"""Rows that are predicted of however many steps or pixels."""
ALPHA = 1e-4
"""Level of the test whether an untrained model is right more often than the most frequent class is."""
SHUFFLES = 100
"""Models with shuffled weights to compare with: where classes are far apart, a random model may tell them apart."""
MIN_LEAD = 0.02
"""By how much an untrained model has to be right more often than the best of these."""
MOST_CELLS = 3
"""Cells in all of which it has to be: each draws other weights, and one random model in a hundred beats a hundred."""


def check(run: Run) -> Finding | None:
    """Predict a test fold by each arm's first stage before training.

    A build function that loads weights, or trains a model by itself, may have used the rows of the test folds. Its
    model is then right more often than the most frequent class, and more often than the same model with the numbers of
    each weight in random order; in several cells, since a random model may be so in one. A later stage inherits from
    the recipe, and may know the answer. A first stage whose objective has no use for the targets predicts none. Models
    of values are left out: many are built to begin with a good guess, such as the last value of a series.
    """
    if run.models is None or not run.data.classes:
        return None
    rows = _rows_of(run, run.cells[0])
    y = run.data.y[rows]
    told, passed = [], True
    for arm in run.arms:
        if not run.models.predicts_targets(Recipe(arm.recipe.stages[0])):
            continue
        right, best = _compare(run, run.models, arm, run.cells[0])
        note = ""
        if best is not None:
            others = (_compare(run, run.models, arm, cell) for cell in run.cells[1:MOST_CELLS])
            is_lucky = _leads(right, best) and not all(_leads(*other) for other in others)
            passed &= is_lucky or not _leads(right, best)
            note = f" (with its weights shuffled: at most {best:.1%}{'; not so in another cell' if is_lucky else ''})"
        told.append(f"{arm.role} arm {right:.1%}{note}")
    if not told:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found=f"share of {counted(y).sum()} labels of a test fold that the untrained first stage predicts correctly: "
        f"{', '.join(told)}; the most frequent class has {_majority(y):.1%}",
        threshold=f"expected no more than the most frequent class has (p < {ALPHA:g}), or no more than with shuffled "
        "weights: a model that knows labels before it is trained has seen them, possibly those of test rows",
        remedy="If the build function loads trained weights, train them in a first stage of the recipe instead, so "
        "that they see only the training fold.",
    )


def _rows_of(run: Run, cell: Cell) -> np.ndarray:
    """Return the rows of a test fold that are predicted."""
    return cell.test[: max(LEAST_ROWS, MOST_ROWS // run.data.y[0].size)]


def _compare(run: Run, models: Models, arm: Arm, cell: Cell) -> tuple[float, float | None]:
    """Return how much of a test fold an arm's untrained first stage has right, and the best with shuffled weights.

    The latter is None if the former is not more than the most frequent class has.
    """
    rows = _rows_of(run, cell)
    y = run.data.y[rows]
    counts = counted(y)
    right = float((models.predict_untrained(arm.recipe, cell, rows)[0] == y)[counts].mean())
    if _p_of(right, _majority(y), len(y)) >= ALPHA:
        return right, None
    shuffled = models.predict_untrained(arm.recipe, cell, rows, shuffles=SHUFFLES)[1:]
    return right, float((shuffled == y)[:, counts].mean(axis=1).max())


def _leads(right: float, best: float | None) -> bool:
    """Return whether a model is right more often than all with shuffled weights."""
    return best is not None and right >= best + MIN_LEAD


def _majority(y: np.ndarray) -> float:
    """Return the share of the most frequent class; of labels of steps or pixels, that of the most frequent at each."""
    if not is_segmentation(y):
        return float(np.bincount(y).max() / len(y))
    most_frequent = class_shares(y, 1 + int(y.max())).argmax(axis=-1)[..., None]
    return float((most_frequent == y)[counted(y)].mean())


def _p_of(right: float, majority: float, count: int) -> float:
    """Return the chance that as many labels are right if each is with the probability of the most frequent class."""
    from scipy.stats import binom

    return float(binom.sf(round(right * count) - 1, count, majority))
