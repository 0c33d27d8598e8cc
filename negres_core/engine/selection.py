"""The fastest engine that can train a recipe: batched on a GPU, compiled, or plain Keras; all give the same numbers."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence

import keras

from negres_core.dataset import Dataset
from negres_core.engine import batched, compiled, reference
from negres_core.engine import fits as fitted
from negres_core.engine.contract import Job, NotBatchableError, Result
from negres_core.engine.device import Device
from negres_core.engine.model import build_model, make_optimizer
from negres_core.errors import EngineWarning
from negres_core.recipe import Recipe, name_of


def train(recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device) -> Iterator[tuple[Job, Result]]:
    """Train the last stage of a recipe, or compute its fit, on every job; see `negres_core.engine.contract.Train`.

    Where a faster engine cannot train this recipe, the next slower one does, and an `EngineWarning` says so.
    """
    if not jobs:
        return
    if recipe.fit is not None:
        yield from fitted.train(recipe, data, jobs, device=device)
        return
    if (why := needs_reference(recipe, data)) is not None:
        _say(recipe, f"{why}; it trains with keras.Model.fit, one replicate after another")
        yield from reference.train(recipe, data, jobs, device=device)
        return
    if device.kind == "gpu":
        try:
            yield from batched.train(recipe, data, jobs, device=device)
        except NotBatchableError as error:
            _say(recipe, f"{keras.backend.backend()} cannot stack its replicates ({error}); they train one by one")
        else:
            return
    yield from compiled.train(recipe, data, jobs, device=device)


def needs_reference(recipe: Recipe, data: Dataset) -> str | None:
    """Say why a compiled epoch cannot carry the state of a stage's optimizer, or None where it can."""
    optimizer = make_optimizer(recipe.last)
    optimizer.build(build_model(recipe.last.build, data).trainable_variables)
    listed = {id(variable) for variable in optimizer.variables}
    name = type(optimizer).__name__
    if optimizer.gradient_accumulation_steps:
        return f"{name} accumulates gradients"
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return f"{name} scales the loss"
    if any(isinstance(value, keras.Variable) and id(value) not in listed for value in vars(optimizer).values()):
        return f"{name} keeps variables that it does not list"
    return None


def _say(recipe: Recipe, what: str) -> None:
    warnings.warn(f"{name_of(recipe.last.build)}: {what}.", EngineWarning, stacklevel=3)
