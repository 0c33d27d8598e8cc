"""There is something to learn: the best constant prediction leaves room for improvement."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.run import Run

NAME = "headroom"
WHEN = "before"
FITS = True

MAX_MAJORITY = 0.99
"""Share of the largest class from which a claim about accuracy is invalid."""
MIN_RELATIVE_RANGE = 1e-6
"""Range of target values, relative to their size, that float32 cannot resolve."""


def check(run: Run) -> Finding:
    """Check the share of the largest class, or the range of the target values.

    A majority of 99% invalidates only a claim about accuracy: if one class is rare, recall and F1 have plenty of room.
    """
    y = run.data.y
    if run.data.task == "classification":
        share = float(np.bincount(y).max() / len(y))
        found = f"the largest class has {share:.2%} of the rows"
        passed = share < (MAX_MAJORITY if run.metric.name == "accuracy" else 1)
        threshold = f"expected less than {MAX_MAJORITY:.0%} for a claim about accuracy, less than 100% for any other"
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
        remedy="Check how the targets were made; if one class is rare, claim recall or F1.",
    )
