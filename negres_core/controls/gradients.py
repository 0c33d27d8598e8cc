"""The gradient is healthy at the end of training: finite, not zero, and not disproportionately large."""

from __future__ import annotations

import math

from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "gradients"
WHEN = "after"

MAX_RELATIVE_NORM = 1e6
"""Largest gradient norm, without units. Trained networks have 0.01 to 1,000; exploding gradients exceed any bound."""
PERFECT_LOSS = 1e-5
"""A loss of this share of the constant prediction's is 0, and its gradient may be 0 too."""


def check(run: Run) -> Finding | None:
    """Check the gradient of the training loss of one replicate of each arm, on a sample of its training fold.

    The norm is reported without units: moving the weights by their own norm along this slope would change the loss by
    that many times the loss of a constant prediction.
    """
    norms, passed = [], True
    for arm, _, inspection in run.inspections():
        scale = abs(inspection.trivial_loss) if inspection.trivial_loss else abs(inspection.training_loss)
        relative = inspection.gradient_norm * inspection.weight_norm / scale if scale else 0.0
        is_perfect = abs(inspection.training_loss) <= PERFECT_LOSS * scale
        is_alive = inspection.gradient_norm > 0 or is_perfect
        passed &= math.isfinite(relative) and relative <= MAX_RELATIVE_NORM and is_alive
        norms.append(
            f"{arm.role} arm: norm {inspection.gradient_norm:.3g}, relative to weights and loss {relative:.3g}"
        )
    if not norms:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found=f"gradient of the training loss: {'; '.join(norms)}",
        threshold=f"expected more than 0, unless the loss is 0 too, and a relative norm of {MAX_RELATIVE_NORM:,.0f} "
        "or less: trained networks have 0.01 to 1,000, dead ones exactly 0, and exploding gradients exceed any bound",
        remedy="Lower the learning rate or clip gradients; look for an operation without a gradient, such as rounding.",
    )
