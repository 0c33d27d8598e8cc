"""One training pass before anything is trained: which variables it changes, and by which generators it draws.

The compiled programs carry the model's variables from step to step. What a layer changes besides would be forgotten
after each step, and so is looked for here, on two rows.
"""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.arrays import take_rows
from negres_core.dataset import Dataset
from negres_core.engine.device import keras_backend
from negres_core.engine.layers import layers_of
from negres_core.engine.named_outputs import training_loss
from negres_core.engine.objective import call_objective
from negres_core.errors import InputError
from negres_core.provenance.outside_reads import watch

ROWS = 2
"""Number of rows of the pass."""

SEED_STATE = "seed_generator_state"
"""Name of the variable that Keras' generators of random numbers keep their state in."""


class _Recorder(keras.StatelessScope):
    """A scope that remembers which variables were changed in it; nothing outside of it changes."""

    def __init__(self) -> None:
        super().__init__(collect_losses=True)
        self.changed: dict[int, Any] = {}

    def add_update(self, update: Any) -> None:
        """Remember a variable, and let it have its new value in this scope."""
        self.changed[id(update[0])] = update[0]
        super().add_update(update)


def changed_variables(stage: Stage, model: Any, data: Dataset) -> list[Any]:
    """Return the variables that one training pass of a stage's model changes.

    Raises:
        InputError: a layer draws random numbers that are constants in every compiled program, also in Keras' own.
    """
    before, counts = numpy_state(), _numbers_of(model)
    changed = _pass(stage, model, data)
    drew, counted = numpy_state() != before, _changes(counts, _numbers_of(model))
    if counted:
        # What a first call finds out is the same in a second one, and what it counts is not.
        counts = _numbers_of(model)
        _pass(stage, model, data)
        counted &= _changes(counts, _numbers_of(model))
    if counted:
        raise InputError(
            f"{name_of(stage.build)} counts its calls in a Python number.",
            received=f"{', '.join(sorted(counted))}, which changes at each call; Keras compiles a call once, with one "
            "value as a constant",
            remedy='Count in a weight, self.add_weight(shape=(), initializer="zeros", trainable=False), by assign_add.',
        )
    if drew:
        raise InputError(
            f"{name_of(stage.build)} draws random numbers with NumPy while it is called.",
            received="a call that changed NumPy's generator; Keras compiles a call once, with one draw as a constant",
            remedy="Draw with keras.random and a keras.random.SeedGenerator that the layer keeps as an attribute.",
        )
    return changed


def _pass(stage: Stage, model: Any, data: Dataset) -> list[Any]:
    """Call a model in training mode, with its loss, and return the variables that this changes."""
    x, y = take_rows(data.x, slice(ROWS)), take_rows(data.targets_of(stage.losses), slice(ROWS))
    with _Recorder() as scope:
        if stage.objective is not None:
            watch(call_objective, stage.objective, model, x, y, training=True)
        else:
            watch(lambda: training_loss(stage)(y, model(x, training=True)))
    return list(scope.changed.values())


def _numbers_of(model: Any) -> dict[str, float]:
    """Return the Python numbers that the user's layers, and a model of the user's class, keep as attributes."""
    own = [layer for layer in (model, *layers_of(model)) if not type(layer).__module__.startswith("keras.")]
    return {
        f"{layer.name} ({type(layer).__name__}.{name})": value
        for layer in own
        for name, value in vars(layer).items()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }


def _changes(before: dict[str, float], after: dict[str, float]) -> set[str]:
    return {name for name, value in after.items() if before.get(name) != value}


def forgotten_change(stage: Stage, model: Any, data: Dataset) -> str | None:
    """Return in words what a training pass changes that no compiled program carries, or None.

    Raises:
        InputError: not even keras.Model.fit can train it.
    """
    carried = {id(variable) for variable in model.non_trainable_variables}
    trainable = {id(variable) for variable in model.trainable_variables}
    if trainable != {id(weight) for weight in model.trainable_weights}:
        return "the model's trainable_weights, which are trained, are not its trainable_variables"
    if any(id(variable) not in carried | trainable for variable in model.variables):
        return "the model has variables that it lists neither as trainable nor as not trainable"
    for variable in changed_variables(stage, model, data):
        if id(variable) in trainable:
            return f"a layer assigns {variable.path}, a weight that is trained, while it is called"
        if id(variable) in carried:
            continue
        if variable.name != SEED_STATE:
            return f"a layer changes {variable.path}, which is not among the model's variables"
        if keras_backend() == "jax":
            raise InputError(
                f"{name_of(stage.build)} draws random numbers without a seed, which JAX cannot compile.",
                received="a call of keras.random with seed=None",
                remedy="Keep a keras.random.SeedGenerator as an attribute of the layer, and pass it as `seed`.",
            )
        return "a layer draws random numbers without a seed of its own"
    return None


def draws_unseeded(stage: Stage, model: Any, data: Dataset) -> bool:
    """Return whether a training pass draws from Keras' global generator, which is not among the model's variables."""
    carried = {id(variable) for variable in model.variables}
    changed = changed_variables(stage, model, data)
    return any(variable.name == SEED_STATE and id(variable) not in carried for variable in changed)


def numpy_state() -> tuple[Any, ...]:
    """Return the state of NumPy's global generator, with the normal draw that it keeps for the next call."""
    _, words, *more = np.random.get_state()  # noqa: NPY002  # the one that user code draws from
    return (np.asarray(words).tobytes(), *more)
