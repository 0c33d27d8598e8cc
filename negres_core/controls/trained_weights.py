"""Training trains: every weight that is trainable moved, in one replicate at least."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Count trainable weights, of every stage, that ended in all replicates bitwise as they began.

    One replicate is enough, so that a layer whose few units were all dead from the start in another does no harm. A
    gradient that is zero by the mathematics, as that of a bias in front of a normalization, is not zero in floating
    point, and the weight moves.
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
        control="trained weights",
        passed=not still,
        found=f"{len(still)} of {trainable} trainable weights ended in every replicate as they began"
        f"{': ' if still else ''}{', '.join(names[:5])}",
        threshold="0 may: the loss does not depend on such a weight, or the step is too small for float32",
        remedy="Look for a layer that the outputs do not pass through, stopped gradients, or a learning rate of 0.",
    )
