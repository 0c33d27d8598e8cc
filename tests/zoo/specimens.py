"""Specimens: pipelines with at most one bug each, and the controls that are intended to catch it.

A bug of the researcher is planted in data or recipes. A bug of negres is planted by replacing the function in which
somebody could have made the mistake.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field
from unittest.mock import patch

from tests.zoo.pipelines import Pipeline

BUGS: dict[str, Specimen] = {}
"""The planted bugs by name, filled by the modules that plant them."""

NOT_COMPILED = {
    *("METRICS", "derive_seed", "epoch_orders", "finish_replicate", "inherit_weights", "prepare_inputs", "save_model"),
    *("score_labels", "score_outputs", "split", "train"),
}
"""Names that can be replaced without an effect on compiled programs.

Programs that were compiled while another name was replaced must not be reused.
"""

COMPILED_STAGES_KEPT = 64
"""Capacity of the compile cache for the zoo, whose specimens share many stages."""


@dataclass(frozen=True)
class Specimen:
    """One pipeline.

    Attributes:
        name: the bug in words, or the name of a pipeline without one.
        intended: the controls that are intended to catch the bug; one of them is enough.
        plant: makes the pipeline from a seed.
        replacements: makes the replacements for functions of negres, by full name; called for every run.
    """

    name: str
    intended: tuple[str, ...]
    plant: Callable[[int], Pipeline]
    replacements: Callable[[], dict[str, object]] = field(default=dict)

    def run(self, seed, replicates):
        """Run the pipeline, bug included, on one sample of its data.

        Specimens without replacements share the replicates in a folder, as hypotheses do. The record of a replicate
        does not show that a function was replaced.
        """
        from negres_core.engine.shared_inputs import SharedInputs

        replacements = self.replacements()
        with contextlib.ExitStack() as stack:
            if replacements:  # what another pipeline prepared was prepared by other functions
                stack.enter_context(patch("negres_core.engine.compiled.KEPT", SharedInputs()))
            stack.enter_context(patch("negres_core.engine.compile_cache.COMPILED_STAGES_KEPT", COMPILED_STAGES_KEPT))
            if {name.rpartition(".")[2] for name in replacements} - NOT_COMPILED:
                stack.enter_context(patch.dict("negres_core.engine.compile_cache._kept", clear=True))
            for name, replacement in replacements.items():
                stack.enter_context(patch(name, replacement))
            return self.plant(seed).run(None if replacements else replicates)


def bug(name, *intended, on=None):
    """Register the decorated function as a planted bug.

    The function makes the pipeline from a seed. If `on` gives the pipeline, it returns replacements instead.
    """

    def register(function):
        BUGS[name] = Specimen(name, intended, on, function) if on else Specimen(name, intended, function)
        return function

    return register
