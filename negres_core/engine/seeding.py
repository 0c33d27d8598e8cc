"""Whether a build function leaves the random generators to negres, which seeds them for each replicate."""

from __future__ import annotations

import random
import warnings
from typing import Any

import keras
import numpy as np

from negres_core.dataset import Dataset
from negres_core.engine.model import build_model, layers_of
from negres_core.engine.training_pass import numpy_state
from negres_core.errors import InputError, SeedWarning
from negres_core.recipe import Stage, name_of


def check_seeds(model: Any, stage: Stage, data: Dataset) -> None:
    """Raise InputError if a build function seeds the generators itself, so that all seeds give one replicate.

    Args:
        model: the model that the stage's build function just returned, from seed 0.
        stage: the stage.
        data: the data set.
    """
    states, weights = [], []
    for seed in (1, 2):
        weights.append(build_model(stage.build, data, seed=seed).get_weights())
        states.append((random.getstate(), numpy_state()))
    (python, numpy), (python_again, numpy_again) = states
    same = all(np.array_equal(one, other) for one, other in zip(*weights, strict=True))
    # Keras draws initial weights by Python's generator; a function may draw its own by NumPy's.
    if python == python_again or (same and numpy == numpy_again):
        raise InputError(
            f"{name_of(stage.build)} seeds the random generators, so that every seed gives the same replicate.",
            received="the same state of a generator after two seeds, 1 and 2",
            remedy="Leave out the seeding: negres seeds all generators before each call of a build function.",
        )
    fixed = [layer.name for layer in layers_of(model) if _has_own_seed(layer)]
    if fixed and same:
        warnings.warn(
            f"{name_of(stage.build)}: the initializers of {', '.join(fixed)} have fixed seeds, so that all replicates "
            "start from the same weights. Leave the seeds out, so that the spread includes that of initial weights.",
            SeedWarning,
            stacklevel=2,
        )


def _has_own_seed(layer: Any) -> bool:
    values = [value for value in vars(layer).values() if isinstance(value, keras.initializers.Initializer)]
    return any(type(getattr(value, "seed", None)) is int for value in values)
