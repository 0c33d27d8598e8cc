"""The units are alive: in no hidden ReLU layer are nearly all of them zero on every row."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run.run import Run
from negres_core.thresholds import DEAD_SHARE

NAME = "dead units"
WHEN = "after"


def check(run: Run) -> Finding | None:
    """Count the units of each layer that are zero on every row of a sample, in one replicate of each arm.

    A unit of a convolution is a channel, at all positions.
    """
    counts, shares = [], []
    for arm, _, inspection in run.inspections():
        if inspection.silent:
            layers = ", ".join(f"{zero} of {units}" for zero, units in inspection.silent)
            counts.append(f"{arm.role} arm: {layers}")
            shares += [zero / units for zero, units in inspection.silent]
    if not shares:
        return None
    return Finding(
        control=NAME,
        passed=max(shares) <= DEAD_SHARE,
        found=f"ReLU units that are zero on every row of a sample, layer by layer: {'; '.join(counts)}",
        threshold=f"expected {DEAD_SHARE:.0%} of a layer or less: healthy layers lose up to 40%, narrow codes more, "
        "and a learning rate that kills units leaves none alive",
        remedy="Lower the learning rate, scale the inputs, or use leaky units.",
    )
