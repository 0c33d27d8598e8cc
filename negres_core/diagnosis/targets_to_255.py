"""Targets from 0 to 255 under an output that goes to 1: all of an image is white, and nothing can be learned."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms

NAME = "targets from 0 to 255"
REMEDY = "Divide the targets by 255, as the inputs are."
EXPLAINS = ("learning rate too high",)
"""Units under outputs that are asked for a hundred times what they can say die of it."""

ROUNDING = 1e-3
LOST = 0.01
"""Share of the variance out of reach that counts: that of the control of target ranges; of these, nearly all is."""


def recognize(symptoms: Symptoms) -> str | None:
    """Tell that no output passes 1, though hardly a target is that small: a free output would go to their mean."""
    if symptoms.reach is None:
        return None
    targets, high = symptoms.targets, symptoms.reach[1]
    if targets.low < 0 or targets.mean <= 1 or high > 1 + ROUNDING or symptoms.lost < LOST:
        return None
    return f"targets from {targets.low:.4g} to {targets.high:.4g}, and no output over {high:.4g}, however driven"
