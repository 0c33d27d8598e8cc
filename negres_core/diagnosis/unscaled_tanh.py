"""A tanh whose targets were left between 0 and 1: black is its middle, and half of what it can say is never asked."""

from __future__ import annotations

import math

from negres_core.diagnosis.symptoms import Symptoms

NAME = "tanh without rescaled targets"
REMEDY = "Scale the targets from -1 to 1 (2 x - 1), or end in a sigmoid. A binary cross-entropy wants the sigmoid."
EXPLAINS = ("learning rate too high",)
"""Under 0 a cross-entropy is cut off, and no gradient comes through: units die of it."""

EDGE = 0.05
"""How near to 1 driven outputs come, and a sigmoid's to 0. Outputs without a bound would go far beyond."""
ROUNDING = 1e-3
FRESH = math.log(2)
"""Cross-entropy of a network that says 1/2 to everything, as a fresh sigmoid does. Twice that in the mean of an epoch
takes outputs at 0 or under it, which are cut off there: each costs up to 16, and learns nothing."""
ALIKE = 0.01
"""Images that differ by less than a hundredth of what targets differ are of a network that a high rate has undone."""


def recognize(symptoms: Symptoms) -> str | None:
    """Tell that outputs stop at 1, as no linear layer's do, and go under 0, as no sigmoid's do, but no target is there.

    A cross-entropy may have driven the weights of the last layer up until nothing is under 0 any more. Then the driven
    outputs do not even come near 0, and the loss of the first epoch tells that many were under it.
    """
    targets = symptoms.targets
    if symptoms.reach is None or targets.low < 0 or targets.high > 1 + ROUNDING:
        return None
    low, high = symptoms.reach
    if low < -1 - ROUNDING or not 1 - EDGE <= high <= 1 + ROUNDING:
        return None
    asked = f"targets from {targets.low:.3g} to {targets.high:.3g}"
    seen = f"outputs from {low:.3g} to {high:.3g}, however driven, for {asked}"
    if low < -ROUNDING:
        return seen
    if low > EDGE and _was_cut_off(symptoms):
        return (
            f"{seen}; a cross-entropy of {symptoms.first_loss:.3g} in the first epoch, where a sigmoid's is {FRESH:.3g}"
        )
    return None


def _was_cut_off(symptoms: Symptoms) -> bool:
    if symptoms.outputs is None or symptoms.first_loss is None:
        return False
    differ = symptoms.outputs.spread > ALIKE * symptoms.targets.spread
    return differ and symptoms.loss_floor > 0 and symptoms.first_loss > 2 * FRESH
