"""Specimens: pipelines with at most one fault in each, and the controls that are meant to find it.

A fault of the researcher's is planted in data or recipes. A fault of negres' own is planted by replacing a function,
where somebody would have made the mistake.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest.mock import patch

from tests.zoo.pipelines import Pipeline

BUGS: dict[str, Specimen] = {}
"""The planted bugs by name; the modules that plant them fill it."""


@dataclass(frozen=True)
class Specimen:
    """One pipeline.

    Attributes:
        name: the fault in words; or the pipeline's name, where there is none.
        meant: controls that are meant to find the fault; one of them is enough.
        plant: makes the pipeline, from a seed.
        replaced: what stands in place of functions of negres, by the function's full name; made anew for every run.
    """

    name: str
    meant: tuple[str, ...]
    plant: Callable[[int], Pipeline]
    replaced: Callable[[], dict[str, object]] = field(default=dict)

    def run(self, seed):
        """Run the pipeline, on one draw of its data, with the fault in it."""
        with contextlib.ExitStack() as stack:
            # What was compiled with another fault is not this one's.
            stack.enter_context(patch.dict("negres_core.engine.compile_cache._kept", clear=True))
            for name, stand_in in self.replaced().items():
                stack.enter_context(patch(name, stand_in))
            return self.plant(seed).run()


def bug(name, *meant, on=None):
    """Decorate a function that plants a bug: from a seed; or, where `on` gives the pipeline, by what it replaces."""

    def add(function):
        BUGS[name] = Specimen(name, meant, on, function) if on else Specimen(name, meant, function)
        return function

    return add
