"""Prediction: predict the test folds of recorded replicates again by their stored weights, and compare the metrics.

The recipe and the data come from the test. Only weights are read from the evidence folder, and nothing is trained.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.claim import Metric
from negres_core.claim.cost import watched_metric
from negres_core.dataset import Dataset
from negres_core.design import Design, cells_of
from negres_core.evidence import ArmRecord, DesignRecord, Evidence, RecipeDescription, Replicate, Store
from negres_core.experiment.comparison import compare
from negres_core.experiment.equal_budget import with_epochs
from negres_core.experiment.replicate_checks import Stages, find_replicates
from negres_core.experiment.search import Recipes
from negres_core.experiment.training import Progress, no_progress
from negres_core.experiment.tuned_arms import first_recipe, tuned_arm
from negres_core.run.arm import Role


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
    recipes: Mapping[Role, Recipe | Tuned],
    data: Dataset,
    design: Design,
    *,
    metric: Metric,
    device: str,
    progress: Progress = no_progress,
) -> Prediction:
    """Predict the test fold of each replicate of a hypothesis again, and compare the metrics with the recorded ones.

    Args:
        evidence: the evidence, whose records are sound.
        store: where its replicates and their models are.
        recipes: the recipe of each arm, or how it is tuned, as the test gives it now.
        data: the data set, as the test gives it now.
        design: the design, as the test gives it now.
        metric: the metric of the claim, as the test gives it now.
        device: the kind of device that predicts, "cpu" or "gpu".
        progress: called after every replicate.
    """
    if evidence.equal is not None:
        epochs = {role: arm.epochs for role, arm in evidence.equal.arms.items()}
        recipes = {
            role: with_epochs(recipe, epochs[role]) if isinstance(recipe, Recipe) else recipe
            for role, recipe in recipes.items()
        }
    if why := _not_at_hand(evidence, recipes, data, design, metric):
        return unpredicted(evidence, why)
    trained, missing = find_replicates(evidence, store)
    if missing:
        return unpredicted(evidence, missing[0])
    from negres_core.engine.fitted_models import models_of

    repeats = max(len(arm.values) for arm in evidence.arms)
    networks = [recipe for recipe in map(first_recipe, recipes.values()) if recipe.stages]
    cells = cells_of(design, data, metric, [recipe.validation for recipe in networks])[
        : repeats * evidence.design.folds
    ]
    models = models_of(map(first_recipe, recipes.values()), data, cells, store.model_path)
    scored = watched_metric(metric) or metric
    places = {(cell.repeat, cell.fold): cell for cell in cells}
    result, done = Prediction(total=len(_ids_of(evidence.arms))), set[str]()
    for arm, stages in trained:
        for own, recipe, replicates in _parts(arm, recipes[arm.role], stages, seeds=evidence.design.seeds):
            if recipe.fit is not None:
                result.gaps.append(f"{arm.role} arm: {len(replicates)} replicates of a fit have no stored model")
                continue
            claimed = {metric.key} if recipe == own else set()
            uncompared = 0
            for replicate in replicates:
                if replicate.id in done:
                    continue  # arms share the stages that they inherit
                done.add(replicate.id)
                cell = places[replicate.key.repeat, replicate.key.fold]
                scores, problems = compare(models, recipe, replicate, cell, data, device=device, also=[scored])
                result.problems += [f"{arm.role} arm, {_name_of(replicate)}: {each}" for each in problems]
                uncompared += not problems and not claimed <= set(scores)
                progress(str(recipe), len(done), result.total)
            if uncompared:
                what = f"{evidence.claim.metric} of {uncompared} replicates"
                result.gaps.append(
                    f"{arm.role} arm: {what} does not follow from predictions, as for an objective or a cost"
                )
            result.uncompared += uncompared
    result.predicted = len(done) - result.uncompared
    return result


def _parts(
    arm: ArmRecord, given: Recipe | Tuned, stages: Stages, *, seeds: int
) -> Iterator[tuple[Recipe, Recipe, list[Replicate]]]:
    """Yield each recipe of an arm, the recipe that ends in one of its stages, and the replicates of that."""
    if isinstance(given, Recipe):
        yield from ((given, *part) for part in zip(given.lineage, stages, strict=True))
        return
    assert arm.tuning is not None
    made, places = Recipes(given), dict[Recipe, list[int]]()
    for cell, search in enumerate(arm.tuning.searches):
        places.setdefault(made.of(search.best.settings), []).extend(range(cell * seeds, (cell + 1) * seeds))
    for own, chosen in places.items():
        for recipe, stage in zip(own.lineage, stages, strict=True):
            yield own, recipe, [stage[place] for place in chosen]


def _not_at_hand(
    evidence: Evidence, recipes: Mapping[Role, Recipe | Tuned], data: Dataset, design: Design, metric: Metric
) -> str | None:
    """Return why the evidence cannot be predicted by these recipes on these data, or None if it can."""
    from negres_core.engine.description import describe_recipe
    from negres_core.engine.device import configured_backend

    if data.digest != evidence.data.digest:
        return f"the data set at hand, {data.name}, is not the recorded one"
    if DesignRecord.of(design) != evidence.design:
        return f"the design at hand, {design.layout()}, is not the recorded one"
    if data.output != evidence.claim.output:
        return (
            f"the claim at hand is about the output {data.output}, and the recorded one about {evidence.claim.output}"
        )
    if (metric.name, metric.code) != (evidence.claim.metric, evidence.claim.code):
        return f"the metric at hand, {metric.name}, is not the recorded one, or its function does something else"
    if evidence.provenance.backend != (backend := configured_backend()):
        return f"it was trained on {evidence.provenance.backend}, and this is {backend}: set KERAS_BACKEND"
    for arm in evidence.arms:
        recipe = recipes.get(arm.role)
        if recipe is None:
            return f"the test has no {arm.role} arm"
        if (arm.tuning is not None) != isinstance(recipe, Tuned):
            return f"the {arm.role} arm at hand is {'not tuned' if arm.tuning else 'tuned'}, unlike the recorded one"
        if isinstance(recipe, Tuned):
            if not _is_same_search(arm, recipe, metric, data):
                return f"the {arm.role} arm at hand searches something else than the recorded one"
            continue
        assert arm.description is not None  # only scores that were given have none, and are not predicted
        recorded = _content(arm.description)
        # Version 0.1.0 digested code by its text.
        if all(_content(describe_recipe(recipe, data, by_text=by_text)) != recorded for by_text in (False, True)):
            return f"the recipe at hand of the {arm.role} arm is not the recorded one"
    return None


def _is_same_search(arm: ArmRecord, tuned: Tuned, metric: Metric, data: Dataset) -> bool:
    """Return whether a tuned arm searches what a record says, and makes the recipes that it describes."""
    from negres_core.engine.description import describe_recipe

    assert arm.tuning is not None
    if tuned_arm(arm.role, tuned, first_recipe(tuned), metric, data).plan.digest != arm.tuning.plan.digest:
        return False
    made, recorded = Recipes(tuned), {name: _content(each) for name, each in arm.tuning.recipes.items()}
    chosen = {name: search.best.settings for name, search in zip(arm.tuning.chosen, arm.tuning.searches, strict=True)}
    return all(
        _content(describe_recipe(made.of(settings), data)) == recorded[name] for name, settings in chosen.items()
    )


def _content(description: RecipeDescription) -> str:
    """Return the digest of a description without its initial weights.

    Stored weights replace them, and their last bits may differ between machines.
    """
    return description.updated(stages=[stage.updated(start=[]) for stage in description.stages]).digest


def _ids_of(arms: Sequence[ArmRecord]) -> set[str]:
    return {id for arm in arms for stage in arm.replicates for id in stage}


def _name_of(replicate: Replicate) -> str:
    key = replicate.key
    return f"repeat {key.repeat}, fold {key.fold}, seed {key.seed}"
