"""Training: train the replicates that the store lacks, each parent once, and record each as soon as it is ready."""

from __future__ import annotations

import contextlib
import dataclasses
import uuid
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array
from negres_core.claim import CostMetric, Metric
from negres_core.design import Cell, TrainedCells
from negres_core.evidence import (
    Budget,
    Cost,
    Key,
    PredictionSummary,
    ProvenanceRecord,
    RecipeDescription,
    Replicate,
    Store,
)
from negres_core.experiment.another_output import judge_again, other_outputs
from negres_core.experiment.completion import add_metrics, claimed_metric, predict_again
from negres_core.metrics import Predicted
from negres_core.run.arm import Arm
from negres_core.run.run import Run

if TYPE_CHECKING:
    from negres_core.engine.contract import Job, Result
    from negres_core.engine.device import Device
    from negres_core.engine.inspection import SavedModels

ENGINE_VERSION = 2
"""Increased when an engine gives different numbers for every recipe; stored replicates are then retrained. If only some
recipes are concerned, raise `negres_core.engine.revision.REVISION` for them."""

Progress = Callable[[str, int, int], None]
"""Called with the name of the recipe being trained, the number of replicates ready, and the planned number."""


def validation_key(metric: str, cell: Cell) -> str:
    """Return what a replicate's key says of the metric that is watched, and of the validation rows of its cell."""
    assert cell.validation is not None, "its cell has no validation rows"
    return f"{metric} on {digest_array(cell.validation)}"


def no_progress(what: str, done: int, total: int) -> None:
    """Report nothing."""


class Trainer:
    """Trains the arms of one run.

    Attributes:
        trained: replicates trained so far.
        reused: replicates found in the store so far.
    """

    def __init__(
        self, store: Store, run: Run, device: Device, provenance: ProvenanceRecord, progress: Progress = no_progress
    ) -> None:
        self.trained = self.reused = 0
        self._store, self._run, self._device = store, run, device
        self._provenance, self._progress = provenance, progress
        self._descriptions: dict[Recipe, RecipeDescription] = {}
        self._older_digests: dict[Recipe, str | None] = {}
        self._packages: dict[Recipe, tuple[str, ...]] = {}
        self._done: dict[Recipe, dict[Key, Replicate]] = {}
        self._outputs: dict[Key, np.ndarray] = {}
        self._models: SavedModels | None = None
        self._trained_cells = TrainedCells(run.data)
        self._watched, self._mark = None, None
        if isinstance(run.metric, CostMetric):
            self._watched = run.metric.watched if isinstance(run.metric.watched, Metric) else None
            self._mark = uuid.uuid4().hex if run.metric.counted_in == "seconds" else None

    def description(self, recipe: Recipe) -> RecipeDescription:
        """Return the description of a recipe on the run's data."""
        from negres_core.engine.description import describe_recipe

        if recipe not in self._descriptions:
            self._descriptions[recipe] = describe_recipe(recipe, self._run.data)
        return self._descriptions[recipe]

    def train(self, arm: Arm, cells: Sequence[Cell] | None = None) -> Arm:
        """Return an arm with the replicates of all its stages, on some cells of the run (by default all)."""
        cells = self._run.cells if cells is None else cells
        if arm.recipes:
            return self._train_tuned(arm, cells)
        stages: list[list[Replicate]] = []
        for recipe in arm.recipe.lineage:
            stages.append(self._train_stage(recipe, cells, stages[-1] if stages else None, own=recipe == arm.recipe))
        return dataclasses.replace(arm, stages=stages)

    def _train_tuned(self, arm: Arm, cells: Sequence[Cell]) -> Arm:
        """Return a tuned arm with the replicates of the recipe that was chosen in each cell, in the order of cells."""
        places: dict[Recipe, list[int]] = {}
        for place, recipe in enumerate(arm.recipes):
            places.setdefault(recipe, []).append(place)
        seeds = self._run.design.seeds_per_cell
        stages: list[list[Any]] = [[None] * (len(cells) * seeds) for _ in arm.recipe.lineage]
        for recipe, chosen in places.items():
            part = self.train(Arm(arm.role, recipe), [cells[place] for place in chosen])
            for whole, replicates in zip(stages, part.stages, strict=True):
                for index, place in enumerate(chosen):
                    whole[place * seeds : (place + 1) * seeds] = replicates[index * seeds : (index + 1) * seeds]
        return dataclasses.replace(arm, stages=stages)

    def _train_stage(
        self, recipe: Recipe, cells: Sequence[Cell], parents: Sequence[Replicate] | None, *, own: bool
    ) -> list[Replicate]:
        """Return the replicates of a recipe's last stage; those of an arm's own stage have the metric of the claim."""
        from negres_core.engine.contract import Job
        from negres_core.engine.interruption import deferred_interruption
        from negres_core.engine.selection import train

        # Arms that inherit the same stage share its replicates, and a look reuses those of earlier looks.
        done = self._done.setdefault(recipe, {})
        seeds = range(self._run.design.seeds_per_cell)
        watched = self._watched if own else None
        trained = [self._trained_cells.of(cell, recipe.validation) for cell in cells]
        keys = [
            self._key(recipe, cell, held, seed, watched)
            for cell, held in zip(cells, trained, strict=True)
            for seed in seeds
        ]
        is_known, jobs = all(key in done for key in keys), {}
        for position, key in enumerate(keys):
            parent = self._store.model_path(parents[position]) if parents else None
            job = Job(trained[position // len(seeds)], key.seed, parent, watched, alone=self._mark is not None)
            if key not in done:
                stored = self._find(key, recipe) or self._find_of_another_output(key, recipe, job)
                # The parent may have been retrained since, on another machine and with different bits.
                if not stored or (parents and stored.differing_weights(parents[position])):
                    jobs[job] = key
                    continue
                done[key] = stored
                self.reused += 1
            if own:
                done[key] = self._completed(done[key], recipe, job)
        if is_known:
            return [done[key] for key in keys]
        planned = len(self._run.cells) * len(seeds)
        self._progress(str(recipe), len(done), planned)
        results = train(recipe, self._run.data, list(jobs), device=self._device)
        # Closed at once after an error, so that its threads do not train on beside the next hypothesis.
        with deferred_interruption(), contextlib.closing(results):
            for job, result in results:
                added = claimed_metric(recipe, self._run.scored, job, result) if own else {}
                done[jobs[job]] = self._record(jobs[job], result, recipe, added)
                if own and self._run.design.scores_rows and result.outputs is not None:
                    self._outputs[jobs[job]] = result.outputs
                self.trained += 1
                self._progress(str(recipe), len(done), planned)
        if missing := [key for key in keys if key not in done]:
            raise RuntimeError(f"The engine left out {len(missing)} of {len(jobs)} replicates.")
        return [done[key] for key in keys]

    def predict(self, arm: Arm) -> list[Predicted]:
        """Return what each replicate of a trained arm predicts for its test rows.

        A stored model predicts again, and a stored fit is computed again.

        Raises:
            InputError: a fit returns numbers in place of predictions.
        """
        from negres_core.engine.contract import Job

        seeds = self._run.design.seeds_per_cell
        predicted = []
        for position, replicate in enumerate(arm.replicates):
            outputs = self._outputs.get(replicate.key)
            if outputs is None:
                parent = self._store.model_path(arm.stages[-2][position]) if len(arm.stages) > 1 else None
                recipe = arm.recipe_of(position)
                cell = self._trained_cells.of(self._run.cells[position // seeds], recipe.validation)
                job = Job(cell, replicate.key.seed, parent)
                outputs = predict_again(recipe, replicate, self._run.data, job, self._saved_models(), self._device)
                self._outputs[replicate.key] = outputs
            predicted.append(Predicted.of(outputs, task=self._run.data.task))
        return predicted

    def _saved_models(self) -> SavedModels:
        from negres_core.engine.fitted_models import models_of

        if self._models is None:
            recipes = [arm.recipe for arm in self._run.arms]
            self._models = models_of(recipes, self._run.data, self._run.cells, self._store.model_path)
        return self._models

    def _find(self, key: Key, recipe: Recipe) -> Replicate | None:
        """Return a stored replicate, or an older one of the same recipe, trained with the same packages."""
        from negres_core.engine.description import digest_recipe_by_text

        if (stored := self._store.find(key.id)) is not None:
            return stored
        # Version 0.1.0 digested the text of a recipe. Before packages were in the key, records named their versions.
        if recipe not in self._older_digests:
            self._older_digests[recipe] = digest_recipe_by_text(recipe, self._run.data)
        for digest in filter(None, (key.recipe, self._older_digests[recipe])):
            older = self._store.find(key.updated(packages=None, recipe=digest).id)
            if older is not None and older.was_trained_with(key.packages or ()):
                return older
        return None

    def _find_of_another_output(self, key: Key, recipe: Recipe, job: Job) -> Replicate | None:
        """Return a stored replicate of another output that was trained alike, recorded for the claimed one."""
        for output in other_outputs(recipe, self._run.data, key):
            stored = self._find(key.updated(output=output), recipe)
            judged = stored and judge_again(stored, key, recipe, self._run.data, job, self._saved_models())
            if stored and judged:
                model = self._store.model_path(stored).read_bytes()
                return self._store.record(judged, model, saved_as=recipe.last.saved_as)
        return None

    def _key(self, recipe: Recipe, cell: Cell, trained: Cell, seed: int, watched: Metric | None) -> Key:
        """Return the key of a replicate of a cell that is trained on the rows in `trained`."""
        from negres_core.engine.description import packages_of_recipe

        if recipe not in self._packages:
            self._packages[recipe] = packages_of_recipe(recipe)
        metric = None if watched is None else watched.key
        if metric is None and recipe.validation is not None:
            monitor = self.description(recipe).stages[-1].monitor
            metric = None if monitor is None else monitor.metric
        return Key(
            contract=ENGINE_VERSION,
            recipe=self.description(recipe).digest,
            data=self._run.data.digest,
            folds=self._run.design.folds,
            repeat=cell.repeat,
            fold=cell.fold,
            rows=cell.digest(len(self._run.data)),
            seed=seed,
            backend=self._provenance.backend,
            device=self._device.kind,
            packages=self._packages[recipe],
            validation=None if metric is None else validation_key(metric, trained),
            timed=self._mark,
            output=self._run.data.output,
        )

    def _completed(self, replicate: Replicate, recipe: Recipe, job: Job) -> Replicate:
        """Return a replicate with the metric of the claim, if that follows from predictions, recorded with the others.

        Its model predicts again, or its fit is computed again.
        """
        metric = self._run.scored.metric
        if metric.key in replicate.metrics or metric.compute is None:
            return replicate
        added = add_metrics(replicate, recipe, self._run.scored, job, self._saved_models(), self._device)
        return self._store.add_metrics(replicate, added)

    def _record(self, key: Key, result: Result, recipe: Recipe, added: Mapping[str, float]) -> Replicate:
        replicate = Replicate(
            id=key.id,
            key=key,
            status="finished" if result.finite else "not finite",
            metrics={**result.metrics, **added},
            curve=list(result.curve),
            validation=None if result.validation is None else list(result.validation),
            monitored=None if result.monitored is None else list(result.monitored),
            best_epoch=result.best_epoch,
            predictions=PredictionSummary(**result.predictions),
            weights=result.weights,
            inputs_digest=result.inputs_digest,
            budget=Budget(**result.budget),
            cost=Cost(**result.cost),
            model=None,
            provenance=result.provenance or self._provenance,
            recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        return self._store.record(replicate, result.model, saved_as="keras" if recipe.fit else recipe.last.saved_as)
