"""The models of a run, as controls and pictures ask for them; fits are computed again, without any framework."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine import fits
from negres_core.engine.contract import Job
from negres_core.engine.description import describe_recipe, digest_besides_stages
from negres_core.evidence import Replicate
from negres_core.run.arm import Arm

if TYPE_CHECKING:
    from negres_core.engine.inspection import SavedModels


class FittedModels:
    """The fits of one run, for a run whose arms train no network; see `negres_core.run.models.Models`.

    Controls of networks are not given fits, so that the other methods of the protocol are never called.

    Args:
        data: the data set.
        cells: the cells of the run.
        path_of: returns the path of a replicate's model.
    """

    def __init__(self, data: Dataset, cells: Sequence[Cell], path_of: Callable[[Replicate], Path]) -> None:
        self._data, self._path_of = data, path_of
        self._cells = {(cell.repeat, cell.fold): cell for cell in cells}
        self._predictions: dict[tuple[Recipe, str, bytes], np.ndarray | None] = {}

    def predict(self, arm: Arm, position: int, rows: np.ndarray) -> np.ndarray | None:
        """Return raw predictions for some rows of a replicate's test fold; None if its fit returns metrics instead."""
        # Cached: several pictures need the same rows, and for a fit every prediction is a whole new fit.
        key = (arm.recipe_of(position), arm.replicates[position].id, rows.tobytes())
        if key not in self._predictions:
            self._predictions[key] = self._predict(arm, position, rows)
        return self._predictions[key]

    def refit(
        self, arm: Arm, position: int, targets: np.ndarray, rows: np.ndarray | None = None
    ) -> np.ndarray | dict[str, float]:
        """Compute an arm's fit again with other targets, or rows, in the test fold; return predictions, or metrics."""
        return fits.answer(arm.recipe_of(position), self._data, self._job(arm, position), targets, rows)

    def render_fit(self, arm: Arm, position: int) -> dict[str, np.ndarray]:
        """Return the images that an arm's fit renders for a replicate, by caption; none if it renders none."""
        recipe = arm.recipe_of(position)
        return fits.render(recipe, self._data, self._job(arm, position)) if recipe.fit else {}

    def same_training(self, one: Recipe, other: Recipe) -> bool:
        """Return whether two fits compute the same."""
        digests = [describe_recipe(recipe, self._data).digest for recipe in (one, other)]
        return digests[0] == digests[1] or digest_besides_stages(one) == digest_besides_stages(other)

    def _predict(self, arm: Arm, position: int, rows: np.ndarray) -> np.ndarray | None:
        return fits.predict(arm.recipe_of(position), self._data, self._job(arm, position), rows)

    def _job(self, arm: Arm, position: int) -> Job:
        key = arm.replicates[position].key
        parent = self._path_of(arm.stages[-2][position]) if arm.recipe.stages else None
        return Job(self._cells[key.repeat, key.fold], key.seed, parent)


def models_of(
    recipes: Iterable[Recipe], data: Dataset, cells: Sequence[Cell], path_of: Callable[[Replicate], Path]
) -> SavedModels:
    """Return the models of a run; only those of networks need Keras, which is imported for them alone."""
    if not any(recipe.stages for recipe in recipes):
        # It lacks the methods for networks, which nothing calls in a run without any.
        return cast("SavedModels", FittedModels(data, cells, path_of))
    from negres_core.engine import inspection

    return inspection.SavedModels(data, cells, path_of)
