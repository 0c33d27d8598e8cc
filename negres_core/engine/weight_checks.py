"""Checks that the weights and samplers of an arm are used by it, and fit the data."""

from __future__ import annotations

import numpy as np

from negres_core.arms.estimator import Estimator, make_estimator, weights_for
from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import make_sampler
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.engine.objective import asks_for_weights
from negres_core.errors import InputError


def check_weights(stage: Stage, data: Dataset) -> None:
    """Raise InputError if a stage cannot use its weights of classes, or the weights of the rows of a data set."""
    name = name_of(stage.build)
    if stage.class_weight is not None and data.task != "classification":
        raise InputError(
            f"{name} has class weights, but the targets of {data.name!r} are not one class label per row.",
            received=f"class_weight={_shown(stage)} for a {data.task}",
            remedy="Leave `class_weight` out; sample weights belong to the data set: Dataset(sample_weight=weights).",
        )
    if isinstance(stage.class_weight, tuple):
        unknown = [label for label, _ in stage.class_weight if label >= data.outputs]
        if unknown:
            raise InputError(
                f"{name} has a weight for a class that {data.name!r} does not have.",
                received=f"class {', '.join(map(str, unknown))}; the classes of the data are 0 to {data.outputs - 1}",
                remedy="Give weights by the numbers of classes, from 0; names of classes are numbered in sorted order.",
            )
        given = dict(stage.class_weight)
        if not any(given.get(int(label), 1.0) for label in np.unique(data.y)):
            raise InputError(
                f"{name} does not give any class of {data.name!r} a weight above 0.",
                received=f"class_weight={_shown(stage)}",
                remedy="Give at least one class a weight above 0.",
            )
    has_weights = stage.class_weight is not None or data.sample_weight is not None
    if stage.objective is not None and has_weights and not asks_for_weights(stage.objective):
        which = "class_weight" if stage.class_weight is not None else "sample_weight of the data set"
        raise InputError(
            f"The objective {name_of(stage.objective)} would ignore the sample weights.",
            received=f"{which}, and an objective without a parameter named `sample_weight`",
            remedy="Take (model, x, y, *, training, sample_weight) and multiply each row's loss by its weight, "
            "(rows,), which is None where rows are tested; or leave the weights out.",
        )


def check_estimator(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError if an estimator takes no weights of rows, and those of a data set have some."""
    if isinstance(recipe.fit, Estimator) and data.sample_weight is not None:
        make = recipe.fit.function
        weights_for(make, make_estimator(make, seed=0), data.sample_weight)


def check_sampler(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError if a recipe cannot be resampled on a data set."""
    if recipe.resample is None:
        return
    name, sampler = name_of(recipe.resample), make_sampler(recipe)
    if data.task == "reconstruction":
        raise InputError(
            f"{name} resamples rows by their targets, but those of {data.name!r} are images.",
            received="a reconstruction",
            remedy="Leave `resample` out.",
        )
    if data.sample_weight is not None:
        raise InputError(
            f"{name} returns rows without weights, but {data.name!r} has sample weights.",
            received="`resample`, and a data set with `sample_weight`",
            remedy="Use one of the two; class weights, Stage(class_weight=), can be combined with `resample`.",
        )
    if make_sampler(recipe) is sampler:
        raise InputError(
            f"{name} has to return a new sampler at every call, so that folds stay independent.",
            received=f"the same {type(sampler).__name__} twice",
            remedy="Create it inside the function: resample=lambda: SMOTE(k_neighbors=3).",
        )


def _shown(stage: Stage) -> str:
    return str(dict(stage.class_weight)) if isinstance(stage.class_weight, tuple) else repr(stage.class_weight)
