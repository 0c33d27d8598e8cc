"""Training changes the model: every trainable weight moved in at least one replicate."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run import Run

NAME = "trained weights"
WHEN = "after"


def check(run: Run) -> Finding | None:
    """Count the trainable weights, over all stages, that ended bitwise as they began in all replicates.

    One replicate in which a weight moved is enough: in another, all units of a small layer may have been dead from the
    start. A gradient that is mathematically zero, such as that of a bias before a normalization, is not zero in
    floating point, so that weight moves.
    """
    still: list[str] = []
    trainable = 0
    for arm in run.arms:
        for replicates in arm.stages:
            for weights in zip(*(replicate.weights for replicate in replicates), strict=True):
                if weights[0].trainable and 0 not in weights[0].shape:
                    trainable += 1
                    if all(weight.start == weight.end for weight in weights):
                        still.append(weights[0].path)
    if not trainable:
        return None
    names = sorted(set(still))
    return Finding(
        control=NAME,
        passed=not still,
        found=f"{len(still)} of {trainable} trainable weights ended as they began in every replicate"
        f"{': ' if still else ''}{', '.join(names[:5])}",
        threshold="expected 0: the loss does not depend on such a weight, or its steps are too small for float32",
        remedy="Look for a layer that the outputs do not depend on, stopped gradients, or a learning rate of 0.",
    )
