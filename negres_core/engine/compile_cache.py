"""Stages that are compiled already, kept for the next call: a run trains repeat by repeat, and looks in between."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.dropout import hashed_masks
from negres_core.engine.program import Program
from negres_core.engine.replicate import start_replicate
from negres_core.recipe import Recipe

MOST = 8
"""Stages that are kept: those of a few arms. Data are not kept with them."""


@dataclass(frozen=True)
class Compiled:
    """A stage on data of some shape, compiled.

    Attributes:
        model: the model that lends the program its structure.
        program: the pure functions.
        epoch: the compiled `program.epoch`.
        evaluate: the compiled `program.evaluate`.
    """

    model: Any
    program: Program
    epoch: Callable[..., Any]
    evaluate: Callable[..., Any]


_kept: OrderedDict[tuple[Any, ...], Compiled] = OrderedDict()


def compile_stage(
    recipe: Recipe,
    data: Dataset,
    job: Job,
    *,
    engine: str,
    compiles: Callable[[Program, Any], tuple[Callable[..., Any], Callable[..., Any]]],
) -> Compiled:
    """Return the last stage of a recipe, compiled by an engine now or earlier.

    Args:
        recipe: the recipe.
        data: the data set.
        job: a replicate, whose model lends the structure.
        engine: the name of the engine.
        compiles: compiles the epoch and the evaluation of a program and its model.
    """
    # Values are no part of a program: the permuted targets of a trial have the one of the true ones.
    key = (engine, recipe, repr(data.input_shape), data.task, data.outputs)
    if key not in _kept:
        model = start_replicate(recipe, data, job).model
        program = Program(recipe, data, model)
        # How a model is compiled depends on how it draws its masks.
        with hashed_masks(model):
            _kept[key] = Compiled(model, program, *compiles(program, model))
        while len(_kept) > MOST:
            _kept.popitem(last=False)
    _kept.move_to_end(key)
    return _kept[key]
