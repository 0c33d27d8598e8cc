"""Relatives: what the models of a stage's replicates share, since building a model takes longer than setting weights.

These are the model itself, the trained parent, and a model of the stage whose layers are frozen.
"""

from __future__ import annotations

from typing import Any

import keras

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Build
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.initial_draws import InitialDraws
from negres_core.engine.layers import layers_of
from negres_core.engine.lora import lora_layers, weights_as_trained
from negres_core.engine.model import build_model
from negres_core.engine.seeding import seed_use
from negres_core.engine.trained import load_parent


class Relatives:
    """What the models of a recipe's last stage have in common.

    Args:
        recipe: the recipe.
        data: the data set.
        one_model: whether jobs may share a model: each is given it with its own initial weights, and reads them before
            the next job is.
    """

    def __init__(self, recipe: Recipe, data: Dataset, *, one_model: bool = False) -> None:
        self._recipe, self._data, self._one_model = recipe, data, one_model
        self._model: Any = None
        self._draws: InitialDraws | None = None
        self._frozen: Any = None
        self._parent: Any = None

    def model(self, seed: int) -> Any:
        """Return a model of the stage with initial weights from a seed."""
        build = self._recipe.last.build
        if self._draws is None:
            model = build_model(build, self._data, seed=seed)
            if self._one_model and self._differs_in_weights_alone(model):
                self._model, self._draws = model, seed_use(build, self._data).initial
            return model
        for variable, value in zip(self._model.variables, self._draws.values(seed), strict=True):
            variable.assign(value)
        return self._model

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
            self._parent = model if model is not None and self._differs_in_file_alone(model) else None
            return model
        with weights_as_trained(self._parent):
            self._parent.load_weights(job.parent)
        return self._parent

    def _differs_in_weights_alone(self, model: Any) -> bool:
        """Return whether the models of different jobs differ in weights alone."""
        stage = self._recipe.last
        # The user's code may keep what it is given, or leave something in it.
        if stage.start is not None or stage.objective is not None or list(lora_layers(model)):
            return False
        return self._has_weights_alone(stage.build, model)

    def _differs_in_file_alone(self, model: Any) -> bool:
        """Return whether the parents of different jobs differ in the weights of their files alone."""
        assert self._recipe.parent is not None, "the job has a parent"
        return self._recipe.last.start is None and self._has_weights_alone(self._recipe.parent.last.build, model)

    def _has_weights_alone(self, build: Build, model: Any) -> bool:
        """Return whether nothing but weights differs between models of a build function, for all folds and seeds."""
        adapting = keras.layers.Normalization | keras.layers.Discretization
        if any(isinstance(layer, adapting) for layer in layers_of(model)):
            return False
        return not seed_use(build, self._data).draws_constants
