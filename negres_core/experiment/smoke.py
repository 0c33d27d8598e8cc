"""Smoke runs: the same experiment at a size at which everything runs and nothing can be concluded."""

from __future__ import annotations

import dataclasses

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.recipe import Recipe
from negres_core.seeds import derive_seed

ROWS = 512
"""Rows that are kept, a few more where there are many classes."""


def shrink_design(design: Design) -> Design:
    """Keep two folds and at most two repeats and one seed."""
    return Design(folds=2, repeats=min(design.repeats, 2), seeds=1, looks=False)


def shrink_recipe(recipe: Recipe) -> Recipe:
    """Train every stage for one epoch."""
    stages = (dataclasses.replace(stage, epochs=1) for stage in recipe.stages)
    return Recipe(*stages, *([recipe.fit] if recipe.fit else []), preprocess=recipe.preprocess)


def shrink_data(data: Dataset, design: Design) -> Dataset:
    """Keep about `ROWS` rows, and at least two a fold of every class."""
    order = np.random.default_rng(derive_seed("smoke")).permutation(len(data))
    if data.task == "classification":
        quota = max(ROWS // data.outputs, 2 * design.folds)
        labels = [order[data.y[order] == label][:quota] for label in np.unique(data.y)]
        rows = np.sort(np.concatenate(labels))
    else:
        rows = np.sort(order[:ROWS])
    return data.take(rows)
