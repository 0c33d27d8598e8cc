"""Checks of a recipe's transformer and fit on a data set, before anything is computed; they need no framework."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from negres_core.arrays import label_arrays, spread_rows
from negres_core.dataset import Dataset
from negres_core.errors import InputError
from negres_core.fit import OFFERED
from negres_core.preprocessing import make_transformer
from negres_core.recipe import Recipe, name_of

TRANSFORMER_CHECK_ROWS = 2000
"""Number of rows that a transformer is fitted on to check it."""


def check_besides_stages(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError at the first mistake in what a recipe has besides its stages."""
    if recipe.preprocess is not None:
        _check_transformer(recipe, data)
    if recipe.resample is not None:
        from negres_core.engine.weight_checks import check_sampler

        check_sampler(recipe, data)
    if recipe.fit is not None:
        for function in filter(None, (recipe.fit.compute, recipe.fit.pictures)):
            _check_function(function, has_model=bool(recipe.stages))


def _check_transformer(recipe: Recipe, data: Dataset) -> None:
    """Raise InputError if a transformer does not return rows of the same width, as a dense array."""
    for label, array in label_arrays(data.x, "x").items():
        flat = array.reshape(len(data), -1)
        sample = flat[spread_rows(len(flat), most=TRANSFORMER_CHECK_ROWS)]
        try:
            shape = np.asarray(make_transformer(recipe).fit(sample).transform(sample)).shape
        except InputError:
            raise
        except Exception as error:
            raise InputError(
                f"`preprocess` cannot be fitted on `{label}` of {data.name!r}.",
                received=f"rows of {flat.shape[1]} values, and from the transformer: {error}",
                remedy="Return a transformer of numbers that needs no targets, such as "
                "sklearn.preprocessing.MinMaxScaler(). Rows are plain arrays, whose columns have numbers, not names.",
            ) from error
        if shape != sample.shape:
            raise InputError(
                "`preprocess` has to return a dense array and "
                f"keep the number of features of `{label}` of {data.name!r}.",
                received=f"an array of shape {shape} for rows of {flat.shape[1]} values",
                remedy="Use a scaler. To change the width, put a layer into the model; to encode categories, give the "
                "data set their columns, x=pd.get_dummies(x, columns=[...]), which learns nothing from other rows.",
            )


def _check_function(function: Callable[..., Any], *, has_model: bool) -> None:
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    required = [
        p.name for p in parameters if p.default is p.empty and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
    ]
    offered = OFFERED if has_model else OFFERED[1:]
    unknown = [name for name in required if name not in offered and name not in [p.name for p in positional[:2]]]
    if len(positional) < 2 or unknown:
        raise InputError(
            f"{name_of(function)} has to take a training fold and a test fold, and may take "
            f"{', '.join(offered[:-1])} and {offered[-1]}.",
            received=f"a function of {', '.join(p.name for p in parameters) or 'nothing'}",
            remedy="Set other arguments with functools.partial; `model` is only for a fit that inherits a stage.",
        )
