"""Comparison: one stored model predicts its test fold again, and its metrics are compared with those of its record."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.claim import Metric
from negres_core.dataset import Dataset
from negres_core.design import Cell, hold_out
from negres_core.evidence import Replicate
from negres_core.evidence.provenance import installed_versions
from negres_core.metrics import floor_of, loss_skill
from negres_core.rescoring import EVERY_VERSION, Scores, agrees, image_tolerances, relative_rounding, rescore

if TYPE_CHECKING:
    from negres_core.engine.inspection import SavedModels, SavedPredictions

DATED = ("keras", "numpy", "scikit-learn", "tensorflow", "jax", "torch")
"""Packages whose versions are named beside a difference."""


def compare(
    models: SavedModels,
    recipe: Recipe,
    replicate: Replicate,
    cell: Cell,
    data: Dataset,
    *,
    device: str,
    also: Sequence[Metric] = (),
) -> tuple[Scores, list[str]]:
    """Predict a test fold by stored weights, and compare the metrics with those of the record.

    Args:
        models: the stored models.
        recipe: the recipe whose last stage was trained.
        replicate: the record.
        cell: its cell, with the whole training fold.
        data: the data set.
        device: the kind of device that predicts, "cpu" or "gpu".
        also: metrics that not every replicate records.

    Returns:
        The metrics that the stored weights give, each with its tolerance; and how the record differs from them, one
        sentence each. A metric that the record lacks does not count as a difference, unless every version records it.
    """
    if cell.digest(len(data)) != replicate.key.rows:
        return {}, [f"it was not tested on the rows of its cell{_versions_since(replicate)}"]
    if not models.predicts_targets(recipe):
        return {}, []
    try:
        saved = models.predict_fold(recipe, replicate)
    except Exception as error:  # whatever Keras raises for weights of another model, or a damaged file
        return {}, [f"its stored weights do not fit the model of its recipe: {type(error).__name__}"]
    if saved.weights != [weight.end for weight in replicate.weights]:
        return {}, ["its stored weights are not those that its record names"]
    predictions = saved.predictions
    loss = 0.0 if predictions.loss is None else predictions.loss
    finite = saved.finite and bool(np.isfinite(predictions.outputs).all() and np.isfinite(loss))
    if replicate.status == "not finite" or not finite:
        # Training that stopped at an infinite loss may leave finite weights; the curve then ends in that loss.
        explained = not finite or (replicate.curve and replicate.curve[-1] is None)
        if replicate.status == "not finite" and explained and set(replicate.metrics.values()) == {None}:
            return dict.fromkeys([*replicate.metrics, *(each.key for each in also)], (np.nan, np.nan)), []
        return {}, ["its record and its stored weights disagree on whether it stayed finite"]
    relative = relative_rounding(devices={replicate.key.device, device}, dtype=saved.dtype)
    scores = rescore(predictions, relative=relative, also=also)
    if data.task == "reconstruction":
        scores |= _score_images(models, recipe, data, cell, saved, relative)
    problems = []
    for name, (value, tolerance) in scores.items():
        if name not in replicate.metrics and name not in EVERY_VERSION:
            continue
        recorded = replicate.metrics.get(name)
        if not agrees(recorded, value, tolerance):
            shown = "missing" if recorded is None else f"{recorded:.6g}"
            problems.append(
                f"{name} is {shown} in the record, and its stored weights give {value:.6g}, "
                f"within {tolerance:.2g}{_versions_since(replicate)}"
            )
    return scores, problems


def _score_images(
    models: SavedModels, recipe: Recipe, data: Dataset, cell: Cell, saved: SavedPredictions, relative: float
) -> Scores:
    from negres_core.engine.scores import score_images

    trained = hold_out(cell, data, recipe.validation)
    predictions, mean = saved.predictions, data.y[trained.train].mean(axis=0)
    values = score_images(predictions.targets, predictions.predicted, mean=mean, span=data.span)
    tolerances = image_tolerances(predictions, mean=mean, span=data.span, relative=relative)
    scores = {name: (value, tolerances[name]) for name, value in values.items() if np.isfinite(value)}
    floor = floor_of(models.output_layer(recipe).loss, predictions.targets)
    loss = rescore(predictions, relative=relative).get("loss")
    if floor is None or predictions.logits or loss is None or predictions.trivial_loss is None:
        return scores
    skill = loss_skill(loss[0], trivial=predictions.trivial_loss, floor=floor)
    width = max(predictions.trivial_loss - floor, float(np.finfo(np.float32).tiny))
    return scores | {"loss_skill": (skill, 1e-5 + 2 * loss[1] / width)}


def _versions_since(replicate: Replicate) -> str:
    """Return the packages whose versions are others than when a replicate was trained, as a clause."""
    now = installed_versions()
    changed = [
        f"{name} {replicate.provenance.packages[name]}, here {now[name]}"
        for name in DATED
        if name in now and replicate.provenance.packages.get(name, now[name]) != now[name]
    ]
    return f" (trained with {'; '.join(changed)})" if changed else ""
