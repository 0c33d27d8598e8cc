"""What a build function does with its seed: it may draw weights, but nothing else, and must not seed the generators."""

from __future__ import annotations

import random
import warnings
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Build, Stage
from negres_core.arrays import map_arrays
from negres_core.dataset import Dataset
from negres_core.engine.initial_draws import InitialDraws, find_draws
from negres_core.engine.layers import layers_of
from negres_core.engine.model import build_model
from negres_core.engine.named_outputs import side_by_side
from negres_core.engine.settings import settings
from negres_core.engine.training_pass import numpy_state
from negres_core.errors import InputError, SeedWarning
from negres_core.provenance.fingerprint import digest_code


class SeedUse(NamedTuple):
    """How two models of a build function differ, which were built under two seeds.

    Attributes:
        same_weights: whether they have the same weights.
        same_python: whether Python's generator was left in the same state.
        same_numpy: whether NumPy's generator was left in the same state.
        draws_constants: whether they differ even with the same weights.
        initial: how initial weights follow from a seed, so that they can be drawn without a new model; None if that is
            not known.
    """

    same_weights: bool
    same_python: bool
    same_numpy: bool
    draws_constants: bool
    initial: InitialDraws | None


_kept: dict[tuple[Any, ...], SeedUse] = {}
"""The results of this process, by the content of the build function and the shapes of the data."""


def seed_use(build: Build, data: Dataset) -> SeedUse:
    """Build the models of a build function under two seeds, once per content of the function, and compare them."""
    # All stages of a build function share the result: the seeds have to do with its model, not with how it is trained.
    key = digest_code(build), *settings().items(), repr(data.input_shape), data.task, repr(data.outputs_to_build)
    if key not in _kept:
        models, states, values = [], [], {}
        for seed in (1, 2):
            models.append(build_model(build, data, seed=seed))
            states.append((random.getstate(), numpy_state()))
            values[seed] = [np.array(ops.convert_to_numpy(each)) for each in models[-1].variables]
        _refuse_same_weights(*models, name=name_of(build))
        weights = [model.get_weights() for model in models]
        _kept[key] = SeedUse(
            same_weights=all(np.array_equal(one, other) for one, other in zip(*weights, strict=True)),
            same_python=states[0][0] == states[1][0],
            same_numpy=states[0][1] == states[1][1],
            draws_constants=_differ_with_same_weights(models, data),
            initial=find_draws(build, data, values),
        )
    return _kept[key]


def _differ_with_same_weights(models: list[Any], data: Dataset) -> bool:
    one, other = models
    try:
        other.set_weights(one.get_weights())
    except ValueError:
        return True  # even the shapes are drawn
    x = map_arrays(lambda array: array[:2], data.x)
    first, second = (ops.convert_to_numpy(side_by_side(model(x, training=False))) for model in models)
    return not np.allclose(first, second, rtol=1e-3, atol=1e-4, equal_nan=True)


def check_seeds(model: Any, stage: Stage, data: Dataset) -> None:
    """Raise InputError if a build function does not return new weights for each seed.

    It may seed the generators itself, so that all seeds give one replicate, or return the same weights again.

    Args:
        model: the model that the stage's build function just returned, from seed 0.
        stage: the stage.
        data: the data set.
    """
    use = seed_use(stage.build, data)
    # Keras draws initial weights by Python's generator; a function may draw its own by NumPy's.
    if use.same_python or (use.same_weights and use.same_numpy):
        raise InputError(
            f"{name_of(stage.build)} seeds the random generators, so all seeds would give the same replicate.",
            received="the same state of a generator after two seeds, 1 and 2",
            remedy="Leave out the seeding: negres seeds all generators before each call of a build function.",
        )
    fixed = [layer.name for layer in layers_of(model) if _has_own_seed(layer)]
    if fixed and use.same_weights:
        warnings.warn(
            f"{name_of(stage.build)}: the initializers of {', '.join(fixed)} have fixed seeds, so all replicates "
            "start from the same weights. Leave the seeds out, so that the spread includes that of initial weights.",
            SeedWarning,
            stacklevel=2,
        )


def _refuse_same_weights(one: Any, other: Any, *, name: str) -> None:
    """Raise InputError if two models share weights that are trained."""
    ours = {id(variable) for variable in one.trainable_variables}
    shared = [variable.path for variable in other.trainable_variables if id(variable) in ours]
    if shared:
        raise InputError(
            f"{name} returns weights that it has returned before. A replicate would start from what others have "
            "learned, including from rows of its own test fold.",
            received=f"{', '.join(shared[:3])}{', ...' if len(shared) > 3 else ''} in two models",
            remedy="Create the model and its layers inside the function. To start from trained weights, copy them "
            "there: base = keras.models.clone_model(base); base.set_weights(trained.get_weights()).",
        )


def _has_own_seed(layer: Any) -> bool:
    values = [value for value in vars(layer).values() if isinstance(value, keras.initializers.Initializer)]
    return any(type(getattr(value, "seed", None)) is int for value in values)
