"""The scaler saw only the training fold: a transformer refitted on it prepares the same inputs, bitwise."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np

from negres_core.arrays import digest_array, map_arrays
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.preprocessing import make_transformer, sample_rows
from negres_core.recipe import Recipe
from negres_core.run import Run

NAME = "fitted scaler"
WHEN = "after"
FITS = True


def check(run: Run) -> Finding | None:
    """Refit the transformers on the training folds of the first repeat, and compare the inputs that they prepare.

    A sample of the rows is compared, in all replicates of those cells: of every arm, stage and seed. A layer of the
    model that scales, such as Normalization, must not have the statistics of all rows either.
    """
    differ = checked = 0
    fitted_parts: list[str] = []
    for recipe in {_fitted_on(arm.recipe): arm.recipe for arm in run.by_recipe if arm.recipe.preprocess}.values():
        replicates = [
            r for arm in run.by_recipe if _fitted_on(arm.recipe) == _fitted_on(recipe) for s in arm.stages for r in s
        ]
        fitted_parts += _parts_returned_fitted(recipe)
        for whole in run.cells[: run.design.folds]:
            cell = run.trained_cell(recipe, whole)
            digests = {r.inputs_digest for r in replicates if (r.key.repeat, r.key.fold) == (cell.repeat, cell.fold)}
            if not digests:
                continue  # a tuned arm chose another recipe in this cell
            sample = map_arrays(functools.partial(_refit, recipe=recipe, cell=cell), run.data.x)
            checked += 1
            if digests != {digest_array(sample)}:
                differ += 1
    adapted = _adapted_to_all_rows(run)
    if not checked and not adapted:
        return None
    return Finding(
        control=NAME,
        passed=differ == 0 and not fitted_parts and not adapted,
        found=f"inputs of {differ} of {checked} cells differ from those of a scaler fitted on their training fold"
        f"{'; returned fitted, and not fitted again: ' if fitted_parts else ''}{', '.join(fitted_parts)}"
        f"{'; layers with the statistics of all rows: ' if adapted else ''}{', '.join(adapted)}",
        threshold="expected 0: a scaler that was fitted on test rows leaks information about them",
        remedy="Return an unfitted transformer from `preprocess`, and not a random one; return layers such as "
        "Normalization without adapt(), and each training fold adapts them.",
    )


def _adapted_to_all_rows(run: Run) -> list[str]:
    """Return the layers of any arm that its build functions have adapted to all rows."""
    if run.models is None:
        return []
    recipes = [arm.recipe for arm in run.arms if arm.recipe.stages]
    return list(dict.fromkeys(layer for recipe in recipes for layer in run.models.statistics_of_all_rows(recipe)))


def _fitted_on(recipe: Recipe) -> tuple[Any, Any]:
    """Return the transformer of a recipe, and the share of the training fold that it is not fitted on."""
    return recipe.preprocess, recipe.validation


def _parts_returned_fitted(recipe: Recipe) -> list[str]:
    """Return the class names of parts that are still fitted after cloning, as in a FrozenEstimator.

    By scikit-learn's convention, the names of learned attributes end in an underscore.
    """
    from sklearn.base import clone

    whole = clone(make_transformer(recipe))
    parts = [part for part in (whole, *whole.get_params().values()) if hasattr(part, "fit")]
    return [type(part).__name__ for part in parts if any(_is_learned(name) for name in getattr(part, "__dict__", ()))]


def _is_learned(attribute: str) -> bool:
    return attribute.endswith("_") and not attribute.startswith("_")


def _refit(x: np.ndarray, *, recipe: Recipe, cell: Cell) -> np.ndarray:
    """Return a sample of one input, transformed by a refitted clone, which forgets what the original was fitted on."""
    from sklearn.base import clone

    flat, rows = x.reshape(len(x), -1), sample_rows(cell)
    transformer = clone(make_transformer(recipe)).fit(flat[cell.train])
    prepared = np.ascontiguousarray(transformer.transform(flat[rows]), dtype=np.float32)
    return prepared.reshape(len(rows), *x.shape[1:]) if prepared.shape[1] == flat.shape[1] else prepared
