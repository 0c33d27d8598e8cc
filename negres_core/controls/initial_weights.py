"""Initial weights are a replicate's own: drawn by its build function under its own seed, and carried over from none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from negres_core.evidence import Finding, Replicate
from negres_core.recipe import Recipe
from negres_core.run import Run

WHEN = "after"

ENOUGH = 16
"""Numbers that a random weight has to have before two equal draws are no coincidence, whatever it is drawn from."""


def check(run: Run) -> Finding | None:
    """Draw the weights of the first and the last replicate of each stage anew; and compare all replicates' digests.

    Weights that were inherited are left to their own control. A weight that begins as another replicate's ended, which
    had moved, was carried over. A weight that differs between two draws is random, and begins nowhere twice.
    """
    stages = {recipe: replicates for arm in run.arms for recipe, replicates in _stages(arm.recipe, arm.stages)}
    if not any(replicate.weights for replicates in stages.values() for replicate in replicates):
        return None
    differ = carried = repeated = drawn = 0
    for recipe, replicates in stages.items():
        own = [index for index, weight in enumerate(replicates[0].weights) if weight.inherited_from is None]
        random = set(own)
        if run.models is not None:
            ends = list({replicate.id: replicate for replicate in (replicates[0], replicates[-1])}.values())
            draws = [run.models.redraw_weights(recipe, replicate) for replicate in ends]
            differ += sum(
                draw[index] != replicate.weights[index].start
                for draw, replicate in zip(draws, ends, strict=True)
                for index in own
            )
            drawn += len(ends) * len(own)
            random = {index for one, other in pairwise(draws) for index in own if one[index] != other[index]}
        for index in own:
            weights = [replicate.weights[index] for replicate in replicates]
            left = {weight.end for weight in weights if weight.end != weight.start}
            carried += sum(weight.start in left for weight in weights)
            if index in random and np.prod(weights[0].shape) >= ENOUGH:
                repeated += len(weights) - len({weight.start for weight in weights})
    return Finding(
        control="initial weights",
        passed=not differ and not carried and not repeated,
        found=f"{differ} of {drawn} weights differ from those drawn anew under the replicate's seed; {carried} begin "
        f"as another replicate's ended; {repeated} random ones begin as another's began",
        threshold="0 of each: replicates that share their start are not independent, and one that goes on where "
        "another ended has seen its test fold",
        remedy="Build all layers inside the build function, and give initializers no seed of their own state.",
    )


def _stages(recipe: Recipe, stages: Sequence[Sequence[Replicate]]) -> list[tuple[Recipe, Sequence[Replicate]]]:
    """Return the recipe of each stage, and its replicates."""
    lineage = [recipe]
    while lineage[0].parent is not None:
        lineage.insert(0, lineage[0].parent)
    return list(zip(lineage, stages, strict=True))
