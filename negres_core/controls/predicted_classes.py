"""Every class that is not rare can be predicted: no output is deaf to its class."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Find classes that no replicate of an arm predicts, whose outputs also give them too little probability.

    Not to be predicted is no fault by itself: a class of 12% among stronger ones is seldom the likeliest. But a model
    fitted by likelihood gives each class, over all rows, about the probability that is its share of them; an output
    that never answers gives next to none.
    """
    if run.data.task != "classification":
        return None
    found, passed = [], True
    for arm, _, inspection in run.inspections():
        probabilities = _probabilities(inspection.outputs.astype(np.float64), logits=inspection.output_layer.logits)
        counts = [replicate.predictions.counts or () for replicate in arm.replicates]
        if probabilities is None or not all(counts):
            continue
        classes = probabilities.shape[1]
        predicted = np.sum(counts, axis=0)
        share = np.bincount(inspection.targets, minlength=classes)[:classes] / len(inspection.targets)
        common = share >= 1 / (2 * run.data.outputs)
        never = common & (predicted == 0)
        deaf = never & (probabilities.mean(axis=0) < share / 2)
        passed &= not deaf.any()
        shown = ", ".join(
            f"{label} ({share[label]:.1%} of rows, given {probabilities[:, label].mean():.1%})"
            for label in np.flatnonzero(never)
        )
        found.append(
            f"{arm.role} predicts {int((common & ~never).sum())} of {int(common.sum())} common classes"
            f"{', never ' if shown else ''}{shown}"
        )
    if not found:
        return None
    return Finding(
        control="predicted classes",
        passed=passed,
        found="; ".join(found),
        threshold="a class of half an even share of the rows or more that no replicate predicts has to be given half "
        "its share of probability: less is an output that cannot answer",
        remedy="Check the encoding of labels, the number of outputs, and an activation in front of the softmax.",
    )


def _probabilities(outputs: np.ndarray, *, logits: bool) -> np.ndarray | None:
    """Return the probability of each class, (rows, classes), or None where outputs are something else."""
    from scipy.special import expit, softmax

    if outputs.shape[1] == 1:
        one = expit(outputs) if logits else outputs
        probabilities = np.hstack([1 - one, one])
    else:
        probabilities = softmax(outputs, axis=1) if logits else outputs
    whole = probabilities.min() >= 0 and np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)
    return probabilities if whole else None
