"""Build functions: each is called with the arguments that it asks for by name."""

from __future__ import annotations

import functools
import inspect
from typing import Any

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Build
from negres_core.arrays import Named
from negres_core.errors import InputError

OFFERED = ("input_shape", "outputs")
"""The arguments that a build function may ask for."""


def call_build(build: Build, *, input_shape: Named[tuple[int, ...]], outputs: Named[int]) -> Any:
    """Call a build function with those of the offered arguments that it names and that no partial has set.

    Args:
        build: a function, or a functools.partial of one.
        input_shape: shape of one row of inputs; for several inputs, a dictionary of shapes by name.
        outputs: number of classes, or of target columns; by name if there are several outputs.

    Returns:
        What the function returns.

    Raises:
        InputError: the function requires an argument that is not offered.

    Examples:
        >>> call_build(lambda outputs, width=8: (width, outputs), input_shape=(784,), outputs=10)
        (8, 10)
    """
    offered = dict(zip(OFFERED, (input_shape, outputs), strict=True))
    preset = build.keywords if isinstance(build, functools.partial) else {}
    parameters = [p for p in inspect.signature(build).parameters.values() if p.name not in preset]
    unknown = [
        p.name
        for p in parameters
        if p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)
        if p.name not in offered
    ]
    if unknown:
        raise InputError(
            f"{name_of(build)} requires arguments that negres does not pass to a build function.",
            received=", ".join(unknown),
            remedy="Set them with functools.partial; a build function may have the parameters "
            f"{' and '.join(OFFERED)}.",
        )
    return build(**{p.name: offered[p.name] for p in parameters if p.name in offered})
