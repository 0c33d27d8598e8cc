"""Prediction: predict the test folds of recorded replicates again by their stored weights, and compare the metrics.

The recipe and the data come from the test. Only weights are read from the evidence folder, and nothing is trained.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design import Cell, Design
from negres_core.evidence import ArmRecord, DesignRecord, Evidence, RecipeDescription, Replicate, Store
from negres_core.evidence.provenance import installed_versions
from negres_core.experiment.replicate_checks import find_replicates
from negres_core.experiment.training import Progress, no_progress
from negres_core.metrics import floor_of, loss_skill
from negres_core.recipe import Recipe
from negres_core.rescoring import Scores, image_tolerances, relative_rounding, rescore
from negres_core.run import Role

if TYPE_CHECKING:
    from negres_core.engine.inspection import SavedModels, SavedPredictions

DATED = ("keras", "numpy", "scikit-learn", "tensorflow", "jax")
"""Packages whose versions are named beside a difference."""


@dataclass
class Prediction:
    """What came of predicting the replicates of a hypothesis again.

    Attributes:
        total: replicates that the evidence names, each counted once.
        predicted: those of which the metrics were compared, the claim's included.
        uncompared: those that were predicted, but whose claimed metric does not follow from predictions.
        problems: what differs, one sentence each.
        gaps: why replicates were not predicted, one sentence each.
    """

    total: int = 0
    predicted: int = 0
    uncompared: int = 0
    problems: list[str] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether the metric of every replicate was compared."""
        return self.predicted == self.total and not self.gaps


def unpredicted(evidence: Evidence, why: str) -> Prediction:
    """Return the prediction of a hypothesis of which nothing could be predicted."""
    return Prediction(total=len(_ids_of(evidence.arms)), gaps=[why])


def predict_again(
    evidence: Evidence,
    store: Store,
    recipes: Mapping[Role, Recipe],
    data: Dataset,
    design: Design,
    *,
    device: str,
    progress: Progress = no_progress,
) -> Prediction:
    """Predict the test fold of each replicate of a hypothesis again, and compare the metrics with the recorded ones.

    Args:
        evidence: the evidence, whose records are sound.
        store: where its replicates and their models are.
        recipes: the recipe of each arm, as the test gives it now.
        data: the data set, as the test gives it now.
        design: the design, as the test gives it now.
        device: the kind of device that predicts, "cpu" or "gpu".
        progress: called after every replicate.
    """
    if why := _not_at_hand(evidence, recipes, data, design):
        return unpredicted(evidence, why)
    trained, missing = find_replicates(evidence, store)
    if missing:
        return unpredicted(evidence, missing[0])
    from negres_core.engine.inspection import SavedModels

    repeats = max(len(arm.values) for arm in evidence.arms)
    cells = list(itertools.islice(design.split(data), repeats * evidence.design.folds))
    models = SavedModels(data, cells, store.model_path)
    places = {(cell.repeat, cell.fold): cell for cell in cells}
    result, done = Prediction(total=len(_ids_of(evidence.arms))), set[str]()
    for arm, stages in trained:
        for recipe, replicates in zip(recipes[arm.role].lineage, stages, strict=True):
            if recipe.fit is not None:
                result.gaps.append(f"{arm.role} arm: {len(replicates)} replicates of a fit have no stored model")
                continue
            claimed = {evidence.claim.metric} if recipe == recipes[arm.role] else set()
            uncompared = 0
            for replicate in replicates:
                if replicate.id in done:
                    continue  # arms share the stages that they inherit
                done.add(replicate.id)
                scores, problems = _compare(models, recipe, replicate, places, data, device=device)
                result.problems += [f"{arm.role} arm, {_name_of(replicate)}: {each}" for each in problems]
                uncompared += not problems and not claimed <= set(scores)
                progress(str(recipe), len(done), result.total)
            if uncompared:
                what = f"{evidence.claim.metric} of {uncompared} replicates"
                result.gaps.append(f"{arm.role} arm: {what} does not follow from predictions, as for an objective")
            result.uncompared += uncompared
    result.predicted = len(done) - result.uncompared
    return result


def _not_at_hand(evidence: Evidence, recipes: Mapping[Role, Recipe], data: Dataset, design: Design) -> str | None:
    """Return why the evidence cannot be predicted by these recipes on these data, or None if it can."""
    from negres_core.engine.description import describe_recipe
    from negres_core.engine.device import keras_backend

    if data.digest != evidence.data.digest:
        return f"the data set at hand, {data.name}, is not the recorded one"
    if DesignRecord.of(design) != evidence.design:
        return f"the design at hand, {design.layout()}, is not the recorded one"
    if evidence.provenance.backend != keras_backend():
        return f"it was trained on {evidence.provenance.backend}, and this is {keras_backend()}: set KERAS_BACKEND"
    for arm in evidence.arms:
        recipe = recipes.get(arm.role)
        if recipe is None:
            return f"the test has no {arm.role} arm"
        assert arm.description is not None  # only scores that were given have none, and are not predicted
        recorded = _content(arm.description)
        # Version 0.1.0 digested code by its text.
        if all(_content(describe_recipe(recipe, data, by_text=by_text)) != recorded for by_text in (False, True)):
            return f"the recipe at hand of the {arm.role} arm is not the recorded one"
    return None


def _content(description: RecipeDescription) -> str:
    """Return the digest of a description without its initial weights.

    Stored weights replace them, and their last bits may differ between machines.
    """
    return description.updated(stages=[stage.updated(start=[]) for stage in description.stages]).digest


def _compare(
    models: SavedModels,
    recipe: Recipe,
    replicate: Replicate,
    cells: Mapping[tuple[int, int], Cell],
    data: Dataset,
    *,
    device: str,
) -> tuple[Scores, list[str]]:
    """Return the metrics that a replicate's stored weights give, and how the record differs from them."""
    cell = cells[replicate.key.repeat, replicate.key.fold]
    if cell.digest(len(data)) != replicate.key.rows:
        return {}, [f"it was tested on other rows than those of its cell{_versions_since(replicate)}"]
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
            return dict.fromkeys(replicate.metrics, (np.nan, np.nan)), []
        return {}, ["its record says that it stayed finite, or the reverse, and its stored weights say otherwise"]
    relative = relative_rounding(devices={replicate.key.device, device}, dtype=saved.dtype)
    scores = rescore(predictions, relative=relative)
    if data.task == "reconstruction":
        scores |= _score_images(models, recipe, data, cell, saved, relative)
    problems = []
    for name, (value, tolerance) in scores.items():
        recorded = replicate.metrics.get(name)
        if recorded is None or not abs(recorded - value) <= tolerance:
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

    predictions, mean = saved.predictions, data.y[cell.train].mean(axis=0)
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


def _ids_of(arms: Sequence[ArmRecord]) -> set[str]:
    return {id for arm in arms for stage in arm.replicates for id in stage}


def _name_of(replicate: Replicate) -> str:
    key = replicate.key
    return f"repeat {key.repeat}, fold {key.fold}, seed {key.seed}"


def _versions_since(replicate: Replicate) -> str:
    """Return the packages whose versions are others than when a replicate was trained, as a clause."""
    now = installed_versions()
    changed = [
        f"{name} {replicate.provenance.packages[name]}, here {now[name]}"
        for name in DATED
        if name in now and replicate.provenance.packages.get(name, now[name]) != now[name]
    ]
    return f" (trained with {'; '.join(changed)})" if changed else ""
