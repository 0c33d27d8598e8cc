"""Smoke runs: the same experiment, shrunk so far that everything runs but nothing can be concluded."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.dataset import Dataset
from negres_core.design import Design, FixedSplit, GivenSplits, KFolds
from negres_core.seeds import derive_seed

SMOKE_ROWS = 512
"""Rows to keep; more if there are many classes, because each keeps at least two rows per fold."""


def shrink_split(design: Design, data: Dataset) -> tuple[Design, Dataset]:
    """Keep two folds, one repeat, one seed, and few rows; or a split like the given one.

    The second cell calls the user's code again, with other rows. A further repeat would call it no differently.
    """
    like = design.like if isinstance(design, GivenSplits) else design
    if isinstance(like, FixedSplit):
        return _shrink_fixed(like, data)
    if design.kind == "time series":
        few = data.take(np.arange(max(0, len(data) - SMOKE_ROWS), len(data)))
        return KFolds(folds=2, repeats=1, looks=False), few
    shrunk = KFolds(folds=2, repeats=1, seeds=1, looks=False)
    return shrunk, shrink_data(data, shrunk)


def _shrink_fixed(design: FixedSplit, data: Dataset) -> tuple[Design, Dataset]:
    kept, places, begin = [], {}, 0
    for name in ("train", "test", "validation"):
        rows = getattr(design, name)
        if rows is not None:
            few = _few_rows(data, rows.within(len(data), name), folds=1)
            kept.append(few)
            places[name] = range(begin, begin := begin + len(few))
    return FixedSplit(**places, seeds=min(design.seeds, 2)), data.take(np.concatenate(kept))


def shrink_recipe(recipe: Recipe) -> Recipe:
    """Train every stage for one epoch."""
    stages = (dataclasses.replace(stage, epochs=1) for stage in recipe.stages)
    return recipe.with_parts(*stages, *([recipe.fit] if recipe.fit else []))


@dataclasses.dataclass(frozen=True)
class ShrunkMake:
    """The function of a tuned arm, whose recipes are shrunk."""

    make: Callable[..., Recipe]

    def __call__(self, **settings: Any) -> Recipe:
        """Return the recipe of some settings, shrunk."""
        return shrink_recipe(self.make(**settings))


def shrink_arm(arm: Recipe | Tuned) -> Recipe | Tuned:
    """Train every stage for one epoch; of a tuned arm, in two trials."""
    if isinstance(arm, Recipe):
        return shrink_recipe(arm)
    return dataclasses.replace(arm, make=ShrunkMake(arm.make), trials=2)


def shrink_data(data: Dataset, design: Design) -> Dataset:
    """Keep about `SMOKE_ROWS` rows, with at least two rows per class and fold if the class has them."""
    return data.take(_few_rows(data, np.arange(len(data)), folds=design.folds))


def _few_rows(data: Dataset, rows: np.ndarray, *, folds: int) -> np.ndarray:
    order = rows[np.random.default_rng(derive_seed("smoke")).permutation(len(rows))]
    if data.task != "classification":
        return np.sort(order[:SMOKE_ROWS])
    quota = max(SMOKE_ROWS // data.outputs, 2 * folds)
    return np.sort(np.concatenate([order[data.y[order] == label][:quota] for label in np.unique(data.y[rows])]))
