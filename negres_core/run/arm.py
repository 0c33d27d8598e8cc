"""An arm of a run: its recipe and its replicates."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.evidence import Replicate, SearchRecord

Role = Literal["treatment", "control"]


@dataclass(frozen=True)
class Arm:
    """One arm and its replicates.

    Attributes:
        role: "treatment" or "control".
        recipe: the recipe that the arm trains; of a tuned arm, the one that was chosen in the first cell.
        stages: the replicates of each stage of the recipe, ordered by repeat, fold and seed. Empty before training.
        tuned: how its settings are searched for; None if it is not tuned.
        recipes: of a tuned arm, the recipe that was chosen in each cell, cell by cell.
        searches: of a tuned arm, the trials in each cell.
        trials: the replicates of these trials, by their ids.
    """

    role: Role
    recipe: Recipe
    stages: Sequence[Sequence[Replicate]] = ()
    tuned: Tuned | None = None
    recipes: Sequence[Recipe] = ()
    searches: Sequence[SearchRecord] = ()
    trials: Mapping[str, Replicate] = field(default_factory=dict, repr=False)

    def recipe_of(self, position: int) -> Recipe:
        """Return the recipe of the replicate at a position."""
        return self.recipes[position // self._seeds] if self.recipes else self.recipe

    @property
    def untrained(self) -> Arm:
        """The arm before training: its recipe is known, and how it was searched for."""
        return replace(self, stages=(), recipes=())

    @property
    def by_recipe(self) -> list[Arm]:
        """The arm once for each recipe that its replicates have, with the replicates of that; itself if it has one."""
        places: dict[Recipe, list[int]] = {}
        for cell, recipe in enumerate(self.recipes):
            places.setdefault(recipe, []).extend(range(cell * self._seeds, (cell + 1) * self._seeds))
        if len(places) < 2:
            return [self]
        return [
            replace(
                self, recipe=recipe, recipes=(), stages=[[stage[place] for place in chosen] for stage in self.stages]
            )
            for recipe, chosen in places.items()
        ]

    @property
    def _seeds(self) -> int:
        """Replicates of a cell of a tuned arm."""
        return len(self.stages[-1]) // len(self.recipes)

    @property
    def replicates(self) -> Sequence[Replicate]:
        """The replicates of the last stage."""
        return self.stages[-1]

    @property
    def first_finished(self) -> int | None:
        """Position of the first replicate that stayed finite, or None if there is none."""
        return next((place for place, each in enumerate(self.replicates) if each.status == "finished"), None)
