"""A tanh whose targets were left between 0 and 1: black is the middle of its range, and the lower half is not used."""

from __future__ import annotations

import math

from negres_core.diagnosis.symptoms import BOUND_MARGIN, Symptoms
from negres_core.thresholds import ROUNDING_ERROR

NAME = "tanh without rescaled targets"
REMEDY = (
    "Scale the targets to the range -1 to 1 (2 x - 1), or end in a sigmoid. Binary cross-entropy requires the sigmoid."
)
EXPLAINS = ("learning rate too high",)
"""A cross-entropy clips outputs below 0, which then get no gradient, and units die."""

FRESH_SIGMOID_LOSS = math.log(2)
"""Cross-entropy of a network that outputs 1/2 everywhere, as a freshly initialized sigmoid does. Only outputs at or
below 0 raise the mean of an epoch to twice that: they are clipped at 0, cost up to 16 each, and get no gradient."""


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that outputs end at 1, unlike a linear layer's, and go below 0, unlike a sigmoid's or the targets.

    A cross-entropy may have raised the weights of the last layer until no output is below 0 any more. Then the driven
    outputs do not even come near 0, but the loss of the first epoch shows that many were below it.
    """
    targets = symptoms.targets
    if symptoms.reach is None or targets.low < 0 or targets.high > 1 + ROUNDING_ERROR:
        return None
    low, high = symptoms.reach
    if low < -1 - ROUNDING_ERROR or not 1 - BOUND_MARGIN <= high <= 1 + ROUNDING_ERROR:
        return None
    observation = (
        f"outputs stay between {low:.3g} and {high:.3g} even for inputs of extreme contrast, while targets range from "
        f"{targets.low:.3g} to {targets.high:.3g}"
    )
    if low < -ROUNDING_ERROR:
        return observation
    if low > BOUND_MARGIN and _began_below_zero(symptoms):
        return (
            f"{observation}; the cross-entropy of the first epoch is {symptoms.first_loss:.3g}, while that of an "
            f"untrained sigmoid is {FRESH_SIGMOID_LOSS:.3g}"
        )
    return None


def _began_below_zero(symptoms: Symptoms) -> bool:
    # Outputs that are alike are those of a network that a high learning rate has ruined.
    if symptoms.outputs is None or symptoms.outputs_are_alike or symptoms.first_loss is None:
        return False
    return symptoms.loss_floor > 0 and symptoms.first_loss > 2 * FRESH_SIGMOID_LOSS
