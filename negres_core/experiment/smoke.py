"""Smoke runs: the same experiment, shrunk so far that everything runs but nothing can be concluded."""

from __future__ import annotations

import dataclasses

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.recipe import Recipe
from negres_core.seeds import derive_seed

SMOKE_ROWS = 512
"""Rows to keep; more if there are many classes, because each keeps at least two rows per fold."""


def shrink_design(design: Design) -> Design:
    """Keep two folds, at most two repeats, and one seed."""
    return Design(folds=2, repeats=min(design.repeats, 2), seeds=1, looks=False)


def shrink_recipe(recipe: Recipe) -> Recipe:
    """Train every stage for one epoch."""
    stages = (dataclasses.replace(stage, epochs=1) for stage in recipe.stages)
    return Recipe(*stages, *([recipe.fit] if recipe.fit else []), preprocess=recipe.preprocess)


def shrink_data(data: Dataset, design: Design) -> Dataset:
    """Keep about `SMOKE_ROWS` rows, with at least two rows per class and fold if the class has them."""
    order = np.random.default_rng(derive_seed("smoke")).permutation(len(data))
    if data.task == "classification":
        quota = max(SMOKE_ROWS // data.outputs, 2 * design.folds)
        rows_by_class = [order[data.y[order] == label][:quota] for label in np.unique(data.y)]
        rows = np.sort(np.concatenate(rows_by_class))
    else:
        rows = np.sort(order[:SMOKE_ROWS])
    return data.take(rows)
