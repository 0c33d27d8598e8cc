"""Checks of a recipe's transformer and fit on a data set, before anything is computed; they need no framework."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from negres_core.arms.fit import OFFERED
from negres_core.arms.functions import name_of, takes
from negres_core.arms.preprocessing import try_transformer
from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.dataset.frame import refuse_frame
from negres_core.engine.on_disk import refuse_copies
from negres_core.errors import InputError


def check_besides_stages(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError at the first mistake in what a recipe has besides its stages."""
    refuse_copies(recipe, data)
    _check_inputs(recipe, data)
    if recipe.resample is not None or data.sample_weight is not None:
        from negres_core.engine.weight_checks import check_estimator, check_sampler

        check_sampler(recipe, data)
        check_estimator(recipe, data)
    if recipe.fit is not None:
        for function in filter(None, (recipe.fit.compute, recipe.fit.pictures)):
            _check_function(function, has_model=bool(recipe.stages))


def _check_inputs(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError if a network or a sampler is to take a frame, or a transformer cannot prepare the inputs."""
    if recipe.preprocess is None:
        taker = recipe.stages[0].build if recipe.stages else recipe.resample
        if data.has_frame and taker is not None:
            refuse_frame(data.x, of=data.name, wanted_by=name_of(taker))
        return
    try_transformer(recipe, data)


def _check_function(function: Callable[..., Any], *, has_model: bool) -> None:
    offered = OFFERED if has_model else OFFERED[1:]
    if not takes(function, places=2, offered=offered):
        raise InputError(
            f"{name_of(function)} has to take a training fold and a test fold, and may take "
            f"{', '.join(offered[:-1])} and {offered[-1]}.",
            received=f"a function of {', '.join(inspect.signature(function).parameters) or 'nothing'}",
            remedy="Set other arguments with functools.partial; `model` is only for a fit that inherits a stage.",
        )
