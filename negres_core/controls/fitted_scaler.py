"""The scaler saw the training fold alone: a transformer fitted anew on it prepares the same inputs, bitwise."""

from __future__ import annotations

import numpy as np

from negres_core.controls.contract import Run
from negres_core.evidence import Finding
from negres_core.inputs import digest_array, make_transformer, sample_rows

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Refit each arm's transformer on the training folds of the first repeat, and compare what it makes of a sample.

    The transformer is cloned first, so that one that arrives already fitted, on all rows say, is found out.
    """
    from sklearn.base import clone

    differ = checked = 0
    recipes: set[object] = set()
    for arm in run.arms:
        if arm.recipe.preprocess is None or arm.recipe.preprocess in recipes:
            continue
        recipes.add(arm.recipe.preprocess)
        digests = {(r.key.repeat, r.key.fold): r.inputs_digest for r in arm.replicates}
        flat = run.data.x.reshape(len(run.data), -1)
        for cell in run.cells[: run.design.folds]:
            transformer = clone(make_transformer(arm.recipe)).fit(flat[cell.train])
            rows = sample_rows(cell)
            prepared = np.ascontiguousarray(transformer.transform(flat[rows]), dtype=np.float32)
            if prepared.shape[1] == flat.shape[1]:
                prepared = prepared.reshape(len(rows), *run.data.input_shape)
            differ += digest_array(prepared) != digests[cell.repeat, cell.fold]
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
