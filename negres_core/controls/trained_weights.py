"""Training changes the model: every trainable weight moved in at least one replicate."""

from __future__ import annotations

from negres_core.controls.recorded import each_weight
from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "trained weights"
WHEN = "after"
FITS = True


def check(run: Run) -> Finding | None:
    """Count the trainable weights, over all stages, that ended bitwise as they began in all replicates.

    One replicate in which a weight moved is enough: in another, all units of a small layer may have been dead from the
    start. A gradient that is mathematically zero, such as that of a bias before a normalization, is not zero in
    floating point, so that weight moves. Where it is exactly zero, such as that of a bias that cancels in the
    difference of two branches, the weight is redundant: that is reported. Other weights of its layer have to have
    moved, and the outputs must not depend on it, because a gradient that is blocked is zero too. The weights of a fit
    are those that it records, and negres cannot compute its outputs: there, every one has to move.
    """
    still: list[str] = []
    trainable = 0
    for arm in run.by_recipe:
        for replicates in arm.stages:
            for weights in each_weight(replicates):
                if weights[0].trainable and 0 not in weights[0].shape:
                    trainable += 1
                    if all(weight.start == weight.end for weight in weights):
                        still.append(weights[0].path)
    if not trainable:
        return None
    redundant = set(still) & _redundant(run.networks) if still else set()
    still = [path for path in still if path not in redundant]
    names = sorted(set(still))
    aside = f"; redundant, and therefore still: {', '.join(sorted(redundant)[:5])}" if redundant else ""
    return Finding(
        control=NAME,
        passed=not still,
        found=f"{len(still)} of {trainable} trainable weights ended as they began in every replicate"
        f"{': ' if still else ''}{', '.join(names[:5])}{aside}",
        threshold="expected 0: the loss does not depend on such a weight, or its steps are too small for float32",
        remedy="Look for a layer that the outputs do not depend on, stopped gradients, or a learning rate of 0.",
    )


def _redundant(run: Run) -> set[str]:
    """Return the paths of weights that the outputs of their arm do not depend on, beside others of their layer."""
    return {path for _, _, inspection in run.inspections() for path in inspection.redundant}
