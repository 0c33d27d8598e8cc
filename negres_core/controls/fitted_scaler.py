"""The scaler saw the training fold alone: a transformer fitted anew on it prepares the same inputs, bitwise."""

from __future__ import annotations

import numpy as np

from negres_core.controls.contract import Run
from negres_core.evidence import Finding
from negres_core.inputs import digest_array, make_transformer, sample_rows

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Refit the transformers on the training folds of the first repeat, and compare what they make of a sample.

    Compared are all replicates of those cells: of every arm, stage and seed.

    The transformer is cloned first, so that one that arrives already fitted, on all rows say, is found out.
    """
    from sklearn.base import clone

    differ = checked = 0
    flat = run.data.x.reshape(len(run.data), -1)
    for recipe in {arm.recipe.preprocess: arm.recipe for arm in run.arms if arm.recipe.preprocess}.values():
        replicates = [
            r for arm in run.arms if arm.recipe.preprocess == recipe.preprocess for s in arm.stages for r in s
        ]
        for cell in run.cells[: run.design.folds]:
            transformer = clone(make_transformer(recipe)).fit(flat[cell.train])
            rows = sample_rows(cell)
            prepared = np.ascontiguousarray(transformer.transform(flat[rows]), dtype=np.float32)
            if prepared.shape[1] == flat.shape[1]:
                prepared = prepared.reshape(len(rows), *run.data.input_shape)
            here = [r for r in replicates if (r.key.repeat, r.key.fold) == (cell.repeat, cell.fold)]
            differ += {r.inputs_digest for r in here} != {digest_array(prepared)}
            checked += 1
    if not checked:
        return None
    return Finding(
        control="fitted scaler",
        passed=differ == 0,
        found=f"inputs of {differ} of {checked} cells differ from those of a scaler fitted on their training fold",
        threshold="0 may: a scaler that has seen the test fold leaks it",
        remedy="Return an unfitted transformer from `preprocess`, one that is not random.",
    )
