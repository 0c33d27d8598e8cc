"""Every class that is not rare can be predicted: no output unit ignores its class."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.run import Run

NAME = "predicted classes"
WHEN = "after"


def check(run: Run) -> Finding | None:
    """Find classes that no replicate of an arm predicts and whose outputs also give them too little probability.

    Failing to predict a class is not a fault by itself: a class with 12% of the rows is seldom the most likely one
    among stronger classes. But a model fitted by maximum likelihood gives each class about its share of the rows as
    mean probability, and an output unit that ignores its class gives it almost none.
    """
    if run.data.task != "classification":
        return None
    results, passed = [], True
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
        ignored = never & (probabilities.mean(axis=0) < share / 2)
        passed &= not ignored.any()
        shown = ", ".join(
            f"{label} ({share[label]:.1%} of rows, mean probability {probabilities[:, label].mean():.1%})"
            for label in np.flatnonzero(never)
        )
        results.append(
            f"{arm.role} arm predicts {int((common & ~never).sum())} of {int(common.sum())} common classes"
            f"{', never ' if shown else ''}{shown}"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold="expected that each class with half an even share of the rows or more is predicted, or has a mean "
        "probability of half its share or more: less means the output unit cannot predict its class",
        remedy="Check the encoding of labels, the number of outputs, and whether an activation comes before the "
        "softmax.",
    )


def _probabilities(outputs: np.ndarray, *, logits: bool) -> np.ndarray | None:
    """Return the probability of each class, (rows, classes), or None if the outputs are not probabilities."""
    from scipy.special import expit, softmax

    if outputs.shape[1] == 1:
        one = expit(outputs) if logits else outputs
        probabilities = np.hstack([1 - one, one])
    else:
        probabilities = softmax(outputs, axis=1) if logits else outputs
    are_probabilities = probabilities.min() >= 0 and np.allclose(probabilities.sum(axis=1), 1, atol=1e-3)
    return probabilities if are_probabilities else None
