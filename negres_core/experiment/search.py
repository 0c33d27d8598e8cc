"""The search for the settings of tuned arms: trials inside each training fold, trained and recorded as replicates."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Draws, Identity, Settings, Tuned, identity_of, words_of
from negres_core.claim import Metric
from negres_core.design import Cell, KFolds, nested_cells
from negres_core.errors import InputError
from negres_core.evidence import (
    ArmRecord,
    ProvenanceRecord,
    Replicate,
    SearchRecord,
    Store,
    TrialRecord,
    best_of,
)
from negres_core.experiment.costs import ArmCosts
from negres_core.experiment.decision import record_arm
from negres_core.experiment.training import Progress, Trainer, no_progress
from negres_core.experiment.tuning_record import record_tuning
from negres_core.metrics import Predicted
from negres_core.run.arm import Arm, Role
from negres_core.run.run import Run

if TYPE_CHECKING:
    from negres_core.engine.device import Device

Place = tuple[int, int]
"""A cell, by its repeat and its fold."""


class ArmTrainer:
    """Trains the arms of one run. Settings of tuned arms are searched for first, cell by cell.

    Every trial is a replicate: it is found in the store if it was trained before, so that an interrupted search goes on
    where it ended, and trials of one setting in several cells are trained together.

    Args:
        metrics: the metrics by which the trials of tuned arms are compared, by their roles.
    """

    def __init__(
        self,
        store: Store,
        run: Run,
        metrics: Mapping[Role, Metric],
        device: Device,
        provenance: ProvenanceRecord,
        progress: Progress = no_progress,
    ) -> None:
        self._trainer = Trainer(store, run, device, provenance, progress)
        self._metrics = metrics
        self._searches: dict[Role, _Search] = {}
        tuned = [arm for arm in run.arms if arm.tuned is not None]
        nested = {(cell.repeat, cell.fold): cell for cell in nested_cells(run.design, run.data)} if tuned else {}
        # One seed: the seeds of a design are for the chosen recipe.
        design = KFolds(folds=max(2, run.design.folds), repeats=1, looks=False)
        basis: dict[str, Any] = {"cells": list(nested.values()), "design": design, "claim": None}
        for arm in tuned:
            trials = dataclasses.replace(run, metric=metrics[arm.role], **basis)
            new_trainer = functools.partial(Trainer, store, trials, device, provenance)
            self._searches[arm.role] = _Search(arm, new_trainer, metrics[arm.role], nested, progress)

    @property
    def trained(self) -> int:
        """Replicates trained so far, trials included."""
        return self._trainer.trained + sum(each.trainer.trained for each in self._searches.values())

    @property
    def reused(self) -> int:
        """Replicates found in the store so far, trials included."""
        return self._trainer.reused + sum(each.trainer.reused for each in self._searches.values())

    def choose_first(self, run: Run) -> Run:
        """Return an untrained run; its tuned arms have the recipe that they choose in the first cell."""
        return dataclasses.replace(run, arms=[self._choose(arm, run.cells[:1]).untrained for arm in run.arms])

    def train(self, arm: Arm, cells: Sequence[Cell]) -> Arm:
        """Return an arm with the replicates of all its stages, on some cells of the run."""
        return self._trainer.train(self._choose(arm, cells), cells)

    def predict(self, arm: Arm) -> list[Predicted]:
        """Return what each replicate of a trained arm predicts for its test rows; see `Trainer.predict`."""
        return self._trainer.predict(arm)

    def record(self, arm: Arm, run: Run, costs: ArmCosts | None) -> ArmRecord:
        """Return the record of a trained arm, with its costs if the claim is about them."""
        describe = self._trainer.description
        record = record_arm(arm, run, describe(arm.recipe), costs)
        if arm.tuned is None:
            return record
        return record.updated(tuning=record_tuning(arm, self._metrics[arm.role], describe))

    def _choose(self, arm: Arm, cells: Sequence[Cell]) -> Arm:
        return arm if arm.tuned is None else self._searches[arm.role].choose(arm, cells)


class _Search:
    """The search of one arm."""

    def __init__(
        self,
        arm: Arm,
        new_trainer: Callable[[Progress], Trainer],
        metric: Metric,
        nested: dict[Place, Cell],
        progress: Progress,
    ) -> None:
        assert arm.tuned is not None
        self.trainer = new_trainer(self._report)
        self._role, self._tuned, self._metric = arm.role, arm.tuned, metric
        self._nested, self._progress, self._number = nested, progress, 0
        self._recipes = Recipes(arm.tuned)
        self._found: dict[Place, SearchRecord] = {}
        self._trials: dict[str, Replicate] = {}

    def choose(self, arm: Arm, cells: Sequence[Cell]) -> Arm:
        places = [(cell.repeat, cell.fold) for cell in cells]
        self._search([place for place in places if place not in self._found])
        searches = [self._found[place] for place in places]
        recipes = [self._recipes.of(each.best.settings) for each in searches]
        return dataclasses.replace(arm, recipe=recipes[0], recipes=recipes, searches=searches, trials=self._trials)

    def _search(self, places: Sequence[Place]) -> None:
        """Search in some cells, side by side: each trial in all of them before the next."""
        draws = {place: Draws(self._tuned) for place in places}
        trials: dict[Place, list[TrialRecord]] = {place: [] for place in places}
        for number in range(1, self._tuned.trials + 1 if places else 1):
            self._number = number
            asked = {place: draws[place].ask() for place in places}
            together: dict[Recipe, list[Place]] = {}
            for place, settings in asked.items():
                together.setdefault(self._recipes.of(settings), []).append(place)
            for recipe, same in together.items():
                for place, replicates in zip(same, self._train(recipe, same), strict=True):
                    trial = self._record(asked[place], replicates)
                    trials[place].append(trial)
                    score = float("nan") if trial.score is None else trial.score
                    draws[place].tell(score if self._metric.higher_is_better else -score)
        for place, done in trials.items():
            chosen = best_of((each.score for each in done), higher_is_better=self._metric.higher_is_better)
            self._found[place] = SearchRecord(repeat=place[0], fold=place[1], chosen=chosen, trials=done)

    def _train(self, recipe: Recipe, places: Sequence[Place]) -> list[list[Replicate]]:
        """Return the replicates of all stages of a recipe, place by place."""
        arm = self.trainer.train(Arm(self._role, recipe), [self._nested[place] for place in places])
        return [list(stages) for stages in zip(*arm.stages, strict=True)]

    def _record(self, settings: Settings, replicates: Sequence[Replicate]) -> TrialRecord:
        last = replicates[-1]
        if self._metric.key not in last.metrics:
            raise InputError(
                f"Trials are compared by {self._metric.name!r}, which a recipe does not report.",
                received=f"metrics {', '.join(last.metrics)} for {words_of(settings)}",
                remedy="Give another metric: Tuned(..., on=...).",
            )
        self._trials |= {each.id: each for each in replicates}
        return TrialRecord(
            settings=dict(settings), score=last.metrics[self._metric.key], replicates=[each.id for each in replicates]
        )

    def _report(self, what: str, done: int, total: int) -> None:
        self._progress(f"trial {self._number} of {self._tuned.trials}: {what}", done, total)


class Recipes:
    """The recipes of a tuned arm, each made once.

    Functions with arguments, such as `functools.partial(adam, rate)`, differ each time that they are made.
    """

    def __init__(self, tuned: Tuned) -> None:
        self._tuned = tuned
        self._made: dict[Identity, Recipe] = {}

    def of(self, settings: Settings) -> Recipe:
        """Return the recipe of some settings.

        Raises:
            InputError: it has other stages than that of the settings before.
        """
        key = identity_of(settings)
        if key not in self._made:
            made = self._tuned.recipe(settings)
            for other in list(self._made.values())[:1]:
                if (len(made.stages), made.fit is None) != (len(other.stages), other.fit is None):
                    raise InputError(
                        "All recipes of a tuned arm have to have the same number of stages.",
                        received=f"{other}, and {made} for {words_of(settings)}",
                        remedy="To compare numbers of stages, use two arms, or vary the layers in a build function "
                        "instead.",
                    )
            self._made[key] = made
        return self._made[key]
