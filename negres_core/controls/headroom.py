"""There is something to learn: predicting the same for every row leaves room above it."""

from __future__ import annotations

import numpy as np

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "before"
FITS = True


def check(run: Run) -> Finding:
    """Look at the majority's share of the labels, or the spread of the values.

    A majority of 99% voids a claim about accuracy alone: where one class is rare, recall and F1 have all the room.
    """
    y = run.data.y
    if run.data.task == "classification":
        share = float(np.bincount(y).max() / len(y))
        found, passed = (
            f"the largest class has {share:.2%} of the rows",
            share < (0.99 if run.metric.name == "accuracy" else 1),
        )
        threshold = "under 99% for a claim about accuracy, for any other under 100%"
    else:
        low, high = float(y.min()), float(y.max())
        found, passed = f"targets from {low:.6g} to {high:.6g}", high - low > 1e-6 * max(abs(low), abs(high))
        threshold = "more than a millionth of their size, which is what float32 can tell apart"
    return Finding(
        control="headroom",
        passed=passed,
        found=found,
        threshold=f"{threshold}: an arm cannot be better than an answer that is nearly always right",
        remedy="Check how labels were made; claim recall or F1 where one class is rare.",
    )
