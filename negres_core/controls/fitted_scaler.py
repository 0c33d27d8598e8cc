"""The scaler saw only the training fold: a transformer refitted on it prepares the same inputs, bitwise."""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.arms.preprocessing import make_transformer, prepare_inputs_of, sample_rows
from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array, label_arrays, take_rows
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run.run import Run

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
    for key, recipe in {_key(arm.recipe): arm.recipe for arm in run.by_recipe if arm.recipe.preprocess}.items():
        replicates = [r for arm in run.by_recipe if _key(arm.recipe) == key for s in arm.stages for r in s]
        fitted_parts += _parts_returned_fitted(recipe)
        for whole in run.cells[: run.design.folds]:
            cell = run.trained_cell(recipe, whole)
            digests = {r.inputs_digest for r in replicates if (r.key.repeat, r.key.fold) == (cell.repeat, cell.fold)}
            if not digests:
                continue  # a tuned arm chose another recipe in this cell
            checked += 1
            differ += len(digests) != 1 or not _prepares(recipe, run, cell, *digests)
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
        remedy="Return an unfitted transformer without unseeded randomness from `preprocess`, and layers such as "
        "Normalization without calling adapt(): negres adapts them to each training fold.",
    )


def _adapted_to_all_rows(run: Run) -> list[str]:
    """Return the layers of any arm that its build functions have adapted to all rows."""
    if run.models is None:
        return []
    recipes = [arm.recipe for arm in run.arms if arm.recipe.stages]
    return list(dict.fromkeys(layer for recipe in recipes for layer in run.models.statistics_of_all_rows(recipe)))


def _key(recipe: Recipe) -> tuple[Any, Any, bool]:
    """Return by what prepared inputs are known.

    The transformer, the share of the training fold that it is not fitted on, and whether they are those of models,
    which have one shape in all cells.
    """
    return recipe.preprocess, recipe.validation, bool(recipe.stages)


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


def _prepares(recipe: Recipe, run: Run, cell: Cell, digest: str) -> bool:
    """Return whether refitted clones, which forget what the originals were fitted on, prepare a sample of this digest.

    They are given the rows of the sample alone: one that looks at all the rows that it transforms would prepare others.
    Matrix products of few rows are rounded in another way than those of many, so that the last digits may differ.
    """
    from sklearn.base import clone

    def make(recipe: Recipe) -> Any:
        return clone(make_transformer(recipe))

    rows = sample_rows(cell)
    sample = prepare_inputs_of(recipe, run.data, cell, rows, make=make)
    if digest_array(sample) == digest:
        return True
    every = take_rows(prepare_inputs_of(recipe, run.data, cell, np.arange(len(run.data)), make=make), rows)
    pairs = zip(label_arrays(sample, "").values(), label_arrays(every, "").values(), strict=True)
    return digest_array(every) == digest and all(
        np.allclose(one, other, rtol=1e-4, atol=1e-5 * np.abs(other).max()) for one, other in pairs
    )
