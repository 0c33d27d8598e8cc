"""The units live: no hidden ReLU layer is silent on every row."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Count, layer by layer, units that are zero on every row of a sample, in one replicate of each arm.

    A unit of a convolution is a channel, at all positions.
    """
    found, worst = [], 0.0
    for arm, _, inspection in run.inspections():
        shares = [zero / units for zero, units in inspection.silent]
        if shares:
            worst = max(worst, *shares)
            counts = ", ".join(f"{zero} of {units}" for zero, units in inspection.silent)
            found.append(f"{arm.role} {counts}")
    if not found:
        return None
    return Finding(
        control="dead units",
        passed=worst <= 0.9,
        found=f"ReLU units that are zero on every row of a sample, layer by layer: {'; '.join(found)}",
        threshold="90% of a layer: healthy layers lose up to 40%, narrow codes more, while a learning rate that kills "
        "units leaves none",
        remedy="Lower the learning rate, scale the inputs, or use leaky units.",
    )
