"""The compile cache: a run trains repeat by repeat, and later repeats reuse the stages that are compiled already."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job
from negres_core.engine.description import digest_program
from negres_core.engine.dropout import hashed_masks
from negres_core.engine.program import Program, load_backend
from negres_core.engine.replicate import start_replicate

COMPILED_STAGES_KEPT = 8
"""Capacity of the cache, enough for the stages of a few arms. Data are not kept. What is evicted is freed, so that a
session's memory does not grow with the number of its hypotheses."""


@dataclass(frozen=True)
class CompiledStage:
    """A stage, compiled for data of one shape.

    Attributes:
        model: the model that gives the program its structure.
        program: the pure functions.
        train: the compiled `program.epochs`; of the batched engine, `program.epoch` for a stack of replicates.
        evaluate: the compiled `program.evaluate`.
    """

    model: Any
    program: Program
    train: Callable[..., Any]
    evaluate: Callable[..., Any]

    def release(self) -> None:
        """Free the executables, which a framework may otherwise keep until the process ends."""
        for program in (self.train, self.evaluate):
            load_backend().release(program)


_kept: OrderedDict[tuple[Any, ...], CompiledStage] = OrderedDict()
"""The cache of this process, least recently used first. An engine is called once per repeat, so its calls share it."""


def stage_key(recipe: Recipe, data: Dataset) -> tuple[Any, ...]:
    """Return what the program of a recipe's last stage is known by in this process: content, and shapes of the data.

    A program does not depend on the data's values, so the run on permuted targets reuses it. It depends on all that
    its functions read, so it is known by its content: the same functions may mean something else by now.
    """
    data = as_models_see(recipe, data)
    return digest_program(recipe, data), repr(data.input_shape), data.task, data.outputs, data.output


def compile_stage(
    recipe: Recipe,
    data: Dataset,
    job: Job,
    *,
    engine: str,
    compile_program: Callable[[Program, Any], tuple[Callable[..., Any], Callable[..., Any]]],
) -> CompiledStage:
    """Return the last stage of a recipe, compiled by an engine, from the cache if possible.

    A stage that differs from a compiled one in its epochs and its learning rate alone shares its program.

    Args:
        recipe: the recipe.
        data: the data set.
        job: a replicate, whose model gives the program its structure.
        engine: the name of the engine.
        compile_program: compiles the training and the evaluation of a program, given its model.
    """
    key = (engine, *stage_key(recipe, data))
    if key not in _kept:
        model = start_replicate(recipe, data, job).model
        program = Program(recipe, data, model)
        # How to compile a model depends on how it samples its dropout masks.
        with hashed_masks(model):
            _kept[key] = CompiledStage(model, program, *compile_program(program, model))
        while len(_kept) > COMPILED_STAGES_KEPT:
            _kept.popitem(last=False)[1].release()
    _kept.move_to_end(key)
    return replace(_kept[key], program=_kept[key].program.starting_as(recipe))
