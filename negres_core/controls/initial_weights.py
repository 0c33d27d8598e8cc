"""Initial weights are a replicate's own: drawn under its own seed, and not carried over from another replicate."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from negres_core.controls.recorded import each_weight
from negres_core.evidence import Finding, TrainedWeight
from negres_core.run.run import Run

NAME = "initial weights"
WHEN = "after"
FITS = True

MIN_RANDOM_SIZE = 16
"""Size of a random weight from which two equal draws are not a coincidence, whatever its distribution."""


def check(run: Run) -> Finding | None:
    """Redraw the weights of the first and the last replicate of each stage, and compare the digests of all replicates.

    The control "inherited weights" checks inherited ones; those that the rule of a stage makes from its parent are made
    again. A weight was carried over if it begins as another replicate's
    weight ended, and that weight had moved. A weight that differs between two draws is random, so no two replicates may
    begin with the same one. Weights that a fit records cannot be redrawn; whether they were carried over is seen.
    """
    stages = {
        recipe: (replicates, parents)
        for arm in run.by_recipe
        for recipe, replicates, parents in zip(arm.recipe.lineage, arm.stages, [(), *arm.stages], strict=False)
    }
    if not any(replicate.weights for replicates, _ in stages.values() for replicate in replicates):
        return None
    differ = carried = repeated = drawn = 0
    for recipe, (replicates, parents) in stages.items():
        if recipe.fit is not None:
            carried += sum(map(_count_carried, each_weight(replicates)))
            continue
        own = [index for index, weight in enumerate(replicates[0].weights) if weight.inherited_from is None]
        random = set(own)
        if run.models is not None:
            redrawn = list({replicates[place].id: replicates[place] for place in (0, -1)}.values())
            of_redrawn = {replicates[place].id: parents[place] if parents else None for place in (0, -1)}
            draws = [run.models.redraw_weights(recipe, each, of_redrawn[each.id]) for each in redrawn]
            differ += sum(
                draw[index] != replicate.weights[index].start
                for draw, replicate in zip(draws, redrawn, strict=True)
                for index in own
            )
            drawn += len(redrawn) * len(own)
            random = {index for one, other in pairwise(draws) for index in own if one[index] != other[index]}
        for index in own:
            weights = [replicate.weights[index] for replicate in replicates]
            carried += _count_carried(weights)
            if index in random and np.prod(weights[0].shape) >= MIN_RANDOM_SIZE:
                repeated += len(weights) - len({weight.start for weight in weights})
    return Finding(
        control=NAME,
        passed=not differ and not carried and not repeated,
        found=f"{differ} of {drawn} weights differ from those redrawn under the replicate's seed; {carried} start "
        f"from another replicate's final weights; {repeated} random ones start from another's initial weights",
        threshold="expected 0 of each: replicates that share their initial weights are not independent, and one that "
        "starts from another's final weights has seen its own test fold",
        remedy="Build all layers inside the build function, and give initializers no seed or generator of their own.",
    )


def _count_carried(weights: Sequence[TrainedWeight]) -> int:
    """Count the replicates in which a weight begins as it ended in another one, where it had moved."""
    trained = {weight.end for weight in weights if weight.end != weight.start}
    return sum(weight.start in trained for weight in weights)
