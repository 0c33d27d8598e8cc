"""The revision of a stage: raised where an earlier version of the engines trained other numbers than it should have.

It is part of the description of these stages alone, so that all other replicates keep their ids and are found again.
`ENGINE_VERSION` is for changes that concern every recipe.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType
from typing import Any

from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.engine.layers import layers_of
from negres_core.engine.model import make_loss, make_optimizer
from negres_core.engine.seeding import seed_use
from negres_core.engine.training_pass import draws_unseeded
from negres_core.provenance.libraries import is_library

REVISION = 1
"""Constants that a build function draws were those of the first replicate in all others. `loss_scale_factor` made steps
smaller. In mixed_float16 the loss was not scaled. Layers without a seed drew once for all steps."""
COMPARING = 2
"""In a loss, an objective or a layer, `tensor == value` and `!=` compared Python objects under TensorFlow on a CPU."""

_revisions: dict[str, int | None] = {}
"""The revisions that are known in this process, by the digest of the stage: finding one takes several models."""


def revision_of(stage: Stage, model: Any, data: Dataset, *, digest: str) -> int | None:
    """Return the revision of a stage; None if all versions of the engines trained it alike.

    Args:
        stage: the stage.
        model: its model.
        data: the data set, for a few rows.
        digest: a digest of everything else in its description.
    """
    if digest not in _revisions:
        mistaken = COMPARING if _compares(stage, model) else REVISION if _was_mistaken(stage, model, data) else None
        _revisions[digest] = mistaken
    return _revisions[digest]


def _compares(stage: Stage, model: Any) -> bool:
    """Return whether code of the user that runs in a step of training has `==` or `!=`, which may compare tensors."""
    layers = [type(each) for each in (model, *layers_of(model))]
    given = [make_loss(stage), type(make_loss(stage)), stage.objective, *layers]
    pending, seen = [function for each in given for function in _functions_of(each)], set[FunctionType]()
    while pending:
        function = pending.pop()
        if function in seen or is_library(function):
            continue
        seen.add(function)
        codes = list(_codes_of(function.__code__))
        if any(
            "COMPARE" in each.opname and each.argval in ("==", "!=") for c in codes for each in dis.get_instructions(c)
        ):
            return True
        names = {name for code in codes for name in code.co_names}
        pending += [each for name in names for each in _functions_of(function.__globals__.get(name))]
    return False


def _functions_of(value: Any) -> Iterator[FunctionType]:
    """Yield a function itself, and the methods of a class."""
    if inspect.isfunction(value):
        yield value
    elif isinstance(value, type) and not is_library(value):
        for kind in value.__mro__:
            yield from filter(inspect.isfunction, vars(kind).values())


def _codes_of(code: CodeType) -> Iterator[CodeType]:
    yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes_of(constant)


def _was_mistaken(stage: Stage, model: Any, data: Dataset) -> bool:
    if make_optimizer(stage).loss_scale_factor is not None or model.dtype_policy.name == "mixed_float16":
        return True
    try:
        return draws_unseeded(stage, model, data) or seed_use(stage.build, data).draws_constants
    except Exception:  # a stage that does not run on these data cannot be trained, so nothing is stored of it
        return False
