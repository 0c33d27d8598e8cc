"""The gradient is alive where training ended: finite, not zero, and not out of all proportion."""

from __future__ import annotations

import math

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Look at the gradient of the training loss of one replicate of each arm, on a sample of its training fold.

    Its size is told without units: by how many times the loss of a constant prediction the loss would change, at that
    slope, were the weights moved by their own norm.
    """
    found, passed = [], True
    for arm, _, inspection in run.inspections():
        scale = abs(inspection.trivial_loss) if inspection.trivial_loss else abs(inspection.training_loss)
        relative = inspection.gradient_norm * inspection.weight_norm / scale if scale else 0.0
        perfect = abs(inspection.training_loss) <= 1e-5 * scale
        passed &= math.isfinite(relative) and relative <= 1e6 and (inspection.gradient_norm > 0 or perfect)
        found.append(f"{arm.role} norm {inspection.gradient_norm:.3g}, {relative:.3g} without units")
    if not found:
        return None
    return Finding(
        control="gradients",
        passed=passed,
        found=f"gradient of the training loss: {'; '.join(found)}",
        threshold="over 0, unless the loss is 0 too, and up to 1e6 without units: trained nets have .01 to 1,000; "
        "where all is dead it is exactly 0, and what explodes passes every bound",
        remedy="Lower the learning rate or clip gradients; look for a step that they do not pass, such as rounding.",
    )
