"""Relatives of a stage's models: the trained parent of each, and a model of the stage that it freezes.

All replicates of a stage in one call of an engine share them: building a model takes longer than reading its weights.
"""

from __future__ import annotations

from typing import Any

import keras

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.layers import layers_of
from negres_core.engine.lora import weights_as_trained
from negres_core.engine.model import build_model
from negres_core.engine.seeding import seed_use
from negres_core.engine.trained import load_parent


class Relatives:
    """The relatives of the models of a recipe's last stage.

    Args:
        recipe: the recipe.
        data: the data set.
    """

    def __init__(self, recipe: Recipe, data: Dataset) -> None:
        self._recipe, self._data = recipe, data
        self._frozen: Any = None
        self._parent: Any = None

    def frozen(self) -> Any:
        """Return a model whose layers the stage freezes. Its weights do not count."""
        assert self._recipe.last.freezes is not None, "the stage freezes nothing"
        if self._frozen is None:
            self._frozen = build_model(self._recipe.last.freezes, self._data)
        return self._frozen

    def parent(self, job: Job) -> Any:
        """Return the trained model that a job goes on from, or None if it starts by itself.

        It may be the model that was returned for the job before, with other weights.
        """
        if self._parent is None or job.parent is None:
            model = load_parent(self._recipe.parent, self._data, job)
            self._parent = model if model is not None and self._differs_in_weights_alone(model) else None
            return model
        with weights_as_trained(self._parent):
            self._parent.load_weights(job.parent)
        return self._parent

    def _differs_in_weights_alone(self, model: Any) -> bool:
        """Return whether the parents of different jobs differ in the weights of their files alone."""
        assert self._recipe.parent is not None, "the job has a parent"
        if self._recipe.last.start is not None:
            return False  # a rule of the user's own may keep what it is given
        if any(isinstance(each, keras.layers.Normalization | keras.layers.Discretization) for each in layers_of(model)):
            return False  # they adapt to the fold
        return not seed_use(self._recipe.parent.last.build, self._data).draws_constants
