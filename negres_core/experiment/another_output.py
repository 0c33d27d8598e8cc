"""Claims about several outputs of one network share its training: it predicts again, and another output is judged.

Replicates of different outputs are different records, since metrics and losses are those of the claimed output.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import numpy as np

from negres_core.arms.preprocessing import prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.arrays import map_arrays
from negres_core.dataset import Dataset
from negres_core.evidence import Key, PredictionSummary, Replicate

if TYPE_CHECKING:
    from negres_core.engine.contract import Job
    from negres_core.engine.inspection import SavedModels


def other_outputs(recipe: Recipe, data: Dataset, key: Key) -> list[str]:
    """Return the outputs for which a recipe may have been trained as it would be for the claimed one.

    It is not if a stage has a single output, or if something is measured on validation rows after each epoch: that is
    the targets, or the metric, of the claimed output. A fit is given its targets, too.
    """
    networks = recipe.fit is None and all(stage.losses for stage in recipe.stages)
    if data.output is None or not networks or recipe.validation is not None or key.validation is not None:
        return []
    return [output for output in recipe.last.losses if output != data.output]


def judge_again(
    replicate: Replicate, key: Key, recipe: Recipe, data: Dataset, job: Job, models: SavedModels
) -> Replicate | None:
    """Return what a replicate that was trained for another output is for the claimed one, without its model.

    Its weights, its training curve and its costs are the same; the saved model predicts again for the scores.

    Args:
        replicate: the record of the replicate.
        key: the key of the replicate of the claimed output.
        recipe: the recipe whose last stage was trained.
        data: the data set, as the claimed output sees it.
        job: the replicate to train, if this one is of no use.
        models: the saved models, of the claimed output.

    Returns:
        The replicate; or None if it has to be trained, since its inputs depend on the output that is judged, or not
        everything in it is finite.
    """
    assert replicate.key.output is not None  # it is one of `other_outputs`
    if replicate.status != "finished" or not _has_same_inputs(recipe, data, replicate.key.output, job):
        return None
    from negres_core.engine.replicate import score_outputs

    saved = models.predict_fold(recipe, replicate)
    outputs, loss = saved.predictions.outputs, saved.predictions.loss
    is_finite = saved.finite and loss is not None and bool(np.isfinite(loss) and np.isfinite(outputs).all())
    if not is_finite or saved.weights != [weight.end for weight in replicate.weights]:
        return None
    assert loss is not None  # as checked above
    output_layer = functools.partial(models.output_layer, recipe)
    metrics, predictions = score_outputs(recipe, data, job, outputs, loss=loss, finite=True, output_layer=output_layer)
    # It keeps the time of its training, since when its scores may have been known.
    return replicate.updated(
        id=key.id, key=key, metrics=metrics, predictions=PredictionSummary(**predictions), model=None
    )


def _has_same_inputs(recipe: Recipe, data: Dataset, output: str, job: Job) -> bool:
    """Return whether the inputs of a cell are the same for another output, although a transformer may see targets."""
    if recipe.preprocess is None:
        return True
    mine, other = (prepare_inputs(recipe, seen, job.cell) for seen in (data, data.seen_as(output)))
    same = map_arrays(np.array_equal, mine, other)
    return all(same.values()) if isinstance(same, dict) else same
