"""Every class or label that is not rare can be predicted: no output unit ignores its class."""

from __future__ import annotations

import numpy as np

from negres_core.dataset import Task
from negres_core.dataset.segmentation import counted
from negres_core.evidence import Finding
from negres_core.metrics import probabilities_of
from negres_core.run.run import Run

NAME = "predicted classes"
WHEN = "after"

LEAST_SHARE = 0.1
"""Share of the rows from which one of several labels a row counts as common."""


def check(run: Run) -> Finding | None:
    """Find classes that no replicate of an arm predicts and whose outputs also give them too little probability.

    Failing to predict a class is not a fault by itself: a class with 12% of the rows is seldom the most likely one
    among stronger classes. But a model fitted by maximum likelihood gives each class about its share of the rows as
    mean probability, and an output unit that ignores its class gives it almost none. The same holds for each of several
    labels a row.
    """
    if not run.data.has_labels:
        return None
    kind, least = "classes", 1 / (2 * run.data.outputs)
    if run.data.task == "multilabel":
        kind, least = "labels", LEAST_SHARE
    results, passed = [], True
    for arm, _, inspection in run.inspections():
        probabilities = _probabilities(inspection.outputs, logits=inspection.output_layer.logits, task=run.data.task)
        counts = [replicate.predictions.counts or () for replicate in arm.replicates]
        if probabilities is None or not all(counts):
            continue
        targets, predicted = inspection.targets, np.sum(counts, axis=0)
        if run.data.task == "segmentation":
            counts_here = counted(targets)
            targets, probabilities = targets[counts_here], probabilities[counts_here[..., 0]]
        classes = probabilities.shape[1]
        if kind == "labels":
            share = targets.mean(axis=0)
        else:
            share = np.bincount(targets, minlength=classes)[:classes] / len(targets)
        common = share >= least
        never = common & (predicted == 0)
        ignored = never & (probabilities.mean(axis=0) < share / 2)
        passed &= not ignored.any()
        shown = ", ".join(
            f"{label} ({share[label]:.1%} of rows, mean probability {probabilities[:, label].mean():.1%})"
            for label in np.flatnonzero(never)
        )
        results.append(
            f"{arm.role} arm predicts {int((common & ~never).sum())} of {int(common.sum())} common {kind}"
            f"{', never ' if shown else ''}{shown}"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold=f"expected that each of the {kind} with {least:.1%} of the rows or more is predicted, or has a mean "
        "probability of half its share or more: less means the output unit cannot predict it",
        remedy="Check the encoding of labels, the number of outputs, and whether an activation comes before the last "
        "one.",
    )


def _probabilities(outputs: np.ndarray, *, logits: bool, task: Task) -> np.ndarray | None:
    """Return the probability of each class or label, (rows, ..., outputs); None if outputs are not probabilities."""
    return probabilities_of(outputs, logits=logits, task=task) if np.isfinite(outputs).all() else None
