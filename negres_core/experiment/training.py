"""Training what the store lacks: stage by stage, each parent once, each replicate recorded as soon as it is there."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from negres_core.controls.inherited_weights import differing_weights
from negres_core.design import Cell
from negres_core.evidence import Key, Replicate, Store, TrainedWeight
from negres_core.preprocessing import digest_array
from negres_core.recipe import Recipe
from negres_core.run import Arm, Run

if TYPE_CHECKING:
    from negres_core.engine.contract import Result
    from negres_core.engine.device import Device

ENGINE_VERSION = 2
"""Raised whenever an engine would give other numbers for the same recipe; what is stored is then trained anew."""

Progress = Callable[[str, int, int], None]
"""Told what is being trained, how many replicates of it are there, and how many there will be."""


class Trainer:
    """Trains the arms of one run.

    Attributes:
        trained: replicates trained so far.
        reused: replicates found in the store so far.
    """

    def __init__(self, store: Store, run: Run, device: Device, provenance: dict[str, Any], progress: Progress) -> None:
        self.trained = self.reused = 0
        self._store, self._run, self._device = store, run, device
        self._provenance, self._progress = provenance, progress
        self._descriptions: dict[Recipe, dict[str, Any]] = {}
        self._done: dict[Recipe, dict[Key, Replicate]] = {}

    def description(self, recipe: Recipe) -> dict[str, Any]:
        """Return the description of a recipe on the run's data."""
        from negres_core.engine.description import describe_recipe

        if recipe not in self._descriptions:
            self._descriptions[recipe] = describe_recipe(recipe, self._run.data)
        return self._descriptions[recipe]

    def train(self, arm: Arm, cells: Sequence[Cell] | None = None) -> Arm:
        """Return an arm with the replicates of all its stages, on some of the run's cells or on all."""
        cells = self._run.cells if cells is None else cells
        lineage = [arm.recipe]
        while lineage[0].parent is not None:
            lineage.insert(0, lineage[0].parent)
        stages: list[list[Replicate]] = []
        for recipe in lineage:
            stages.append(self._train_stage(recipe, cells, stages[-1] if stages else None))
        return dataclasses.replace(arm, stages=stages)

    def _train_stage(
        self, recipe: Recipe, cells: Sequence[Cell], parents: Sequence[Replicate] | None
    ) -> list[Replicate]:
        from negres_core.engine.contract import Job
        from negres_core.engine.selection import train

        # Arms that inherit the same stage share its replicates, and a look those of the looks before.
        done = self._done.setdefault(recipe, {})
        keys = [self._key(recipe, cell, seed) for cell in cells for seed in range(self._run.design.seeds)]
        if all(key in done for key in keys):
            return [done[key] for key in keys]
        jobs = {}
        for position, key in enumerate(keys):
            if key in done:
                continue
            stored = self._store.find(key.id)
            # The parent may have been trained anew since, elsewhere and with other bits.
            if stored and not (parents and differing_weights(stored, parents[position])):
                done[key] = stored
                self.reused += 1
                continue
            cell = cells[position // self._run.design.seeds]
            parent = self._store.model_path(parents[position]) if parents else None
            jobs[Job(cell, key.seed, parent)] = key
        planned = len(self._run.cells) * self._run.design.seeds
        self._progress(str(recipe), len(done), planned)
        for job, result in train(recipe, self._run.data, list(jobs), device=self._device):
            done[jobs[job]] = self._record(jobs[job], result, recipe)
            self.trained += 1
            self._progress(str(recipe), len(done), planned)
        if left_out := [key for key in keys if key not in done]:
            raise RuntimeError(f"The engine left out {len(left_out)} of {len(jobs)} replicates it was given.")
        return [done[key] for key in keys]

    def _key(self, recipe: Recipe, cell: Cell, seed: int) -> Key:
        from negres_core.engine.description import digest_recipe

        return Key(
            contract=ENGINE_VERSION,
            recipe=digest_recipe(self.description(recipe)),
            data=self._run.data.digest,
            folds=self._run.design.folds,
            repeat=cell.repeat,
            fold=cell.fold,
            rows=digest_array(cell.test),
            seed=seed,
            backend=self._provenance["backend"],
            device=self._device.kind,
        )

    def _record(self, key: Key, result: Result, recipe: Recipe) -> Replicate:
        saved_as = "" if recipe.fit else recipe.last.saved_as
        replicate = Replicate(
            id=key.id,
            key=key,
            status="finished" if result.finite else "not finite",
            metrics=dict(result.metrics),
            curve=list(result.curve),
            predictions=result.predictions,
            weights=[TrainedWeight(**dataclasses.asdict(weight)) for weight in result.weights],
            inputs_digest=result.inputs_digest,
            budget=result.budget,
            cost=dict(result.cost),
            model=self._store.model_file(key.id, result.model, saved_as=saved_as),
            provenance=self._provenance,
            recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
        )
        return self._store.record(replicate, result.model)
