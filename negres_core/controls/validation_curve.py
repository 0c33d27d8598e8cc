"""The watched metric was measured on the validation rows: the saved model gives the last value of its curve there."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding, Replicate
from negres_core.metrics import Predicted
from negres_core.recipe import Recipe
from negres_core.rescoring import Predictions, agrees, relative_rounding, rescore
from negres_core.run import Models, Run

NAME = "validation curve"
WHEN = "after"
BATCH_ROWS = 256
"""Validation rows that a model is given at once."""


def check(run: Run) -> Finding | None:
    """Predict the validation rows by the saved models of the first repeat of each arm, and score them.

    A metric that was measured on other rows, such as test rows, may agree by chance in one cell, but not in all.
    """
    differ: list[str] = []
    compared = 0
    for arm in run.arms:
        for replicate in arm.replicates[: run.design.folds * run.design.seeds_per_cell]:
            if run.models is None or not replicate.validation or replicate.status != "finished":
                continue
            recorded = replicate.validation[-1]
            score = _score(run, run.models, arm.recipe, replicate)
            if score is None:
                continue
            compared += 1
            if not agrees(recorded, *score):
                shown = "not finite" if recorded is None else f"{recorded:.6g}"
                differ.append(f"{run.metric.name} of the {arm.role} arm is {shown}, and {score[0]:.6g} for its model")
    if not compared:
        return None
    return Finding(
        control=NAME,
        passed=not differ,
        found=f"{len(differ)} of {compared} curves do not end at what the saved model gives on the validation rows"
        f"{': ' if differ else ''}{'; '.join(differ[:2])}",
        threshold="expected 0: the target is measured on rows that are neither trained nor tested on",
        remedy="Report this as a bug of negres, unless a layer handles `training` wrongly.",
    )


def _score(run: Run, models: Models, recipe: Recipe, replicate: Replicate) -> tuple[float, float] | None:
    """Return the watched metric of a saved model on the validation rows, and its tolerance; None if it is unknown."""
    rows = run.cell_of(replicate).validation
    if rows is None:
        return None
    batches = [rows[begin : begin + BATCH_ROWS] for begin in range(0, len(rows), BATCH_ROWS)]
    outputs = models.predict_batches(recipe, replicate, batches)
    targets, task = run.data.y[rows], run.data.task
    logits = models.output_layer(recipe).logits
    if not np.isfinite(outputs).all():
        return None
    predicted = Predicted.of_network(outputs, targets, logits=logits, task=task)
    predictions = Predictions(
        targets=targets,
        outputs=outputs,
        predicted=predicted.shown,
        logits=logits,
        loss=None,
        trivial_loss=None,
        task=task,
    )
    relative = relative_rounding(devices=[replicate.key.device])
    return rescore(predictions, relative=relative, also=[run.metric]).get(run.metric.key)
