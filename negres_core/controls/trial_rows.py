"""Weights and samplers in small runs: as in the run itself, as far as few rows allow it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import prepare_rows
from negres_core.dataset import Dataset
from negres_core.errors import InputError
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from negres_core.weighting import weights_of_rows, with_same_shares


def weight_rows(few: Dataset, *, of: Dataset) -> Dataset:
    """Return a few rows of a data set with weights under which classes have the shares that they have in all rows.

    Only weights that a data set has are changed. A small run has as many rows of each class as it can; with weights
    that were made for a rare class, this class would outweigh all others.
    """
    if few.sample_weight is None or few.task != "classification":
        return few
    ones = tuple((label, 1.0) for label in np.unique(few.y).tolist())
    return few.with_weights(weights_of_rows(with_same_shares(ones, few.y, of=of.y), few.y, few.sample_weight))


def weight_classes(recipe: Recipe, few: Dataset, *, of: Dataset) -> Recipe:
    """Return a recipe whose weights of classes are those for a few rows of a data set; see `weight_rows`."""
    if all(stage.class_weight is None for stage in recipe.stages):
        return recipe
    stages = [
        replace(stage, class_weight=with_same_shares(stage.class_weight, few.y, of=of.y)) for stage in recipe.stages
    ]
    return recipe.with_parts(*stages)


def resample_if_possible(small_run: Run) -> Run:
    """Return a small run whose arm is not resampled if its sampler fails on so few rows, as SMOTE may."""
    (arm,) = small_run.arms
    if arm.recipe.resample is None:
        return small_run
    try:
        for cell in small_run.cells:
            prepare_rows(arm.recipe, small_run.data, cell)
    except InputError:
        return replace(small_run, arms=[Arm(arm.role, Recipe(*arm.recipe.stages, preprocess=arm.recipe.preprocess))])
    return small_run
