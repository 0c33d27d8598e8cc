"""The scaler saw the training fold alone: a transformer fitted anew on it prepares the same inputs, bitwise."""

from __future__ import annotations

import functools

import numpy as np

from negres_core.arrays import map_arrays
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.preprocessing import digest_array, make_transformer, sample_rows
from negres_core.recipe import Recipe
from negres_core.run import Run

WHEN = "after"
FITS = True


def check(run: Run) -> Finding | None:
    """Refit the transformers on the training folds of the first repeat, and compare what they make of a sample.

    Compared are all replicates of those cells: of every arm, stage and seed.
    """
    differ = checked = 0
    arrived: list[str] = []
    for recipe in {arm.recipe.preprocess: arm.recipe for arm in run.arms if arm.recipe.preprocess}.values():
        replicates = [
            r for arm in run.arms if arm.recipe.preprocess == recipe.preprocess for s in arm.stages for r in s
        ]
        arrived += _arrives_fitted(recipe)
        for cell in run.cells[: run.design.folds]:
            sample = map_arrays(functools.partial(_refit, recipe=recipe, cell=cell), run.data.x)
            here = [r for r in replicates if (r.key.repeat, r.key.fold) == (cell.repeat, cell.fold)]
            differ += {r.inputs_digest for r in here} != {digest_array(sample)}
            checked += 1
    if not checked:
        return None
    return Finding(
        control="fitted scaler",
        passed=differ == 0 and not arrived,
        found=f"inputs of {differ} of {checked} cells differ from those of a scaler fitted on their training fold"
        f"{'; it arrives fitted, and fits no more: ' if arrived else ''}{', '.join(arrived)}",
        threshold="0 may: a scaler that has seen the test fold leaks it",
        remedy="Return an unfitted transformer from `preprocess`, one that is not random.",
    )


def _arrives_fitted(recipe: Recipe) -> list[str]:
    """Name the parts that a clone brings along fitted, as a FrozenEstimator does.

    By scikit-learn's convention the names of what is learned end in an underscore.
    """
    from sklearn.base import clone

    whole = clone(make_transformer(recipe))
    parts = [part for part in (whole, *whole.get_params().values()) if hasattr(part, "fit")]
    return [type(part).__name__ for part in parts if any(_is_learned(name) for name in getattr(part, "__dict__", ()))]


def _is_learned(attribute: str) -> bool:
    return attribute.endswith("_") and not attribute.startswith("_")


def _refit(x: np.ndarray, *, recipe: Recipe, cell: Cell) -> np.ndarray:
    """Return a sample of one input, transformed by a clone: one that arrives fitted, on all rows say, is found out."""
    from sklearn.base import clone

    flat, rows = x.reshape(len(x), -1), sample_rows(cell)
    transformer = clone(make_transformer(recipe)).fit(flat[cell.train])
    prepared = np.ascontiguousarray(transformer.transform(flat[rows]), dtype=np.float32)
    return prepared.reshape(len(rows), *x.shape[1:]) if prepared.shape[1] == flat.shape[1] else prepared
