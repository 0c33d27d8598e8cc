"""There is something to learn: the best constant prediction leaves room for improvement."""

from __future__ import annotations

import numpy as np

from negres_core.dataset import Dataset
from negres_core.dataset.segmentation import counted
from negres_core.evidence import Finding
from negres_core.metrics import constant_score, find_metric, highest_of
from negres_core.run.run import Run

NAME = "headroom"
WHEN = "before"
FITS = True

MAX_MAJORITY = 0.99
"""Share of the largest class from which a claim about accuracy is invalid."""
MIN_RELATIVE_RANGE = 1e-6
"""Range of target values, relative to their size, that float32 cannot resolve."""


def check(run: Run) -> Finding:
    """Check what is left beyond the best constant of the class labels, or the range of the target values.

    A majority of 99% invalidates only a claim about accuracy, or another metric in which a constant then has 99%: if
    one class is rare, recall, F1 and the area under the ROC curve have plenty of room.
    """
    y = run.data.y
    if run.data.has_labels:
        share, largest, units = _largest_share(run.data)
        found = f"the {largest} has {share:.2%} of the {units}"
        threshold = f"expected less than {MAX_MAJORITY:.0%} for a claim about accuracy, less than 100% for any other"
        constant = _constant(run)
        # The class that is most frequent at each step or pixel may be right more often than any single class.
        if constant is not None and (run.metric.name != "accuracy" or run.data.task == "segmentation"):
            article = "an" if run.metric.name[0] in "aeio" else "a"
            found += f", and the best constant has {article} {run.metric.name} of {constant:.2%}"
            threshold = f"expected less than {MAX_MAJORITY:.0%} {run.metric.name} of the best constant"
        passed = share < 1 and (constant is None or constant < MAX_MAJORITY)
    else:
        low, high = float(y.min()), float(y.max())
        found = f"targets from {low:.6g} to {high:.6g}"
        passed = high - low > MIN_RELATIVE_RANGE * max(abs(low), abs(high))
        threshold = "expected a range of more than a millionth of the targets' size, the resolution of float32"
    return Finding(
        control=NAME,
        passed=passed,
        found=found,
        threshold=f"{threshold}: no arm can be better than a constant that is nearly always right",
        remedy="Check how the targets were made; if one class is rare, make a claim about recall or F1.",
    )


def _largest_share(data: Dataset) -> tuple[float, str, str]:
    """Return the share of the largest class, and in words what that is and of what it is a share."""
    if data.task == "segmentation":
        labels = data.y[counted(data.y)]
        return float(np.bincount(labels).max() / len(labels)), "largest class", "steps or pixels that count"
    # Each combination of several labels a row counts as a class of its own.
    share = float(np.unique(data.y, axis=0, return_counts=True)[1].max() / len(data))
    return share, "largest class" if data.classes else "most frequent combination of labels", "rows"


def _constant(run: Run) -> float | None:
    """Return the score of the best constant in a metric of negres that is at most 1; None for any other."""
    if run.metric != find_metric(run.metric.name) or highest_of(run.metric.name) is None:
        return None
    return constant_score(run.metric, run.data.y, run.data.y, classes=run.data.outputs)
