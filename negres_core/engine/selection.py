"""Selection of the fastest engine that can train a recipe: batched, compiled or plain Keras, with the same numbers."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Sequence
from dataclasses import replace
from typing import Any

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine import fits
from negres_core.engine.contract import Job, NotBatchableError, Result, Train
from negres_core.engine.device import Device, keras_backend
from negres_core.errors import EngineWarning

SLOW_BACKEND = "Keras on PyTorch has no fast engine"
"""Why a network is trained by the reference engine whatever it is."""

_reasons: dict[tuple[Any, ...], str | None] = {}
"""Why stages need the reference engine, or None. An engine is called once per repeat."""


def train(
    recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
) -> Generator[tuple[Job, Result], None, None]:
    """Train the last stage of a recipe, or compute its fit, on every job; see `negres_core.engine.contract.Train`.

    If a faster engine cannot train this recipe, the next slower one does, and an `EngineWarning` gives the reason. What
    has to be timed alone is trained in this process.
    """
    if not jobs:
        return
    if device.elsewhere is not None and not any(job.alone for job in jobs):
        yield from device.elsewhere(recipe, data, jobs, device=replace(device, elsewhere=None))
        return
    if recipe.fit is not None:
        yield from fits.train(recipe, data, jobs, device=device)
        return
    # They import Keras, which a session of fits alone can do without.
    from negres_core.engine import batched, compiled, reference

    # The types let mypy check every engine against the contract.
    engines: tuple[Train, ...]
    if (reason := _kept_reason(recipe, data)) is not None:
        _warn(recipe, f"{reason}; it trains with keras.Model.fit, one replicate after another")
        engines = (reference.train,)
    elif device.kind == "gpu" and not any(job.alone for job in jobs):
        engines = (batched.train, compiled.train)
    else:
        engines = (compiled.train,)
    *faster, last = engines
    for engine in faster:
        try:
            yield from engine(recipe, data, jobs, device=device)
        except NotBatchableError as error:
            _warn(recipe, f"{keras_backend()} cannot stack its replicates ({error}); they train one by one")
        else:
            return
    yield from last(recipe, data, jobs, device=device)


def _kept_reason(recipe: Recipe, data: Dataset) -> str | None:
    """Return what `slow_reason` returns, found once per content of a stage, since it builds several models."""
    from negres_core.engine.compile_cache import stage_key

    key = stage_key(recipe, data)
    if key not in _reasons:
        _reasons[key] = slow_reason(recipe, data)
    return _reasons[key]


def slow_reason(recipe: Recipe, data: Dataset) -> str | None:
    """Return why the last stage of a recipe is trained by the reference engine, or None if it is not."""
    return SLOW_BACKEND if keras_backend() == "torch" else needs_reference(recipe, data)


def needs_reference(recipe: Recipe, data: Dataset) -> str | None:
    """Return why a compiled epoch cannot train the last stage of a recipe as keras.Model.fit does, or None if it can.

    Raises:
        InputError: not even keras.Model.fit can.
    """
    import keras

    from negres_core.engine.adapted import not_carried
    from negres_core.engine.hooks import slow_hook
    from negres_core.engine.loss_scale import chain_of
    from negres_core.engine.model import build_model, make_optimizer
    from negres_core.engine.seeding import seed_use
    from negres_core.engine.training_pass import forgotten_change

    data = as_models_see(recipe, data)
    model, optimizer = build_model(recipe.last.build, data), make_optimizer(recipe.last)
    optimizer.build(model.trainable_variables)
    if recipe.last.callbacks is not None:
        return "it has callbacks, which only keras.Model.fit calls"
    listed = {id(variable) for variable in optimizer.variables}
    if reason := not_carried(model):
        return reason
    for each in chain_of(optimizer):
        name = type(each).__name__
        if each.gradient_accumulation_steps:
            return f"{name} accumulates gradients"
        if any(isinstance(value, keras.Variable) and id(value) not in listed for value in vars(each).values()):
            return f"{name} has variables that it does not list"
    if reason := slow_hook(recipe.last, model) or forgotten_change(recipe.last, model, data):
        return reason
    # A compiled epoch would share the constants of one replicate.
    if seed_use(recipe.last.build, data).draws_constants:
        return "its build function draws other random numbers besides weights, such as a constant projection"
    return None


def _warn(recipe: Recipe, message: str) -> None:
    warnings.warn(f"{name_of(recipe.last.build)}: {message}.", EngineWarning, stacklevel=3)
