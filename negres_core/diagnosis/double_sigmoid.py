"""A sigmoid of a sigmoid: outputs lie between 1/2 and .731, the sigmoids of 0 and of 1."""

from __future__ import annotations

import math

from negres_core.diagnosis.symptoms import Symptoms

NAME = "sigmoid of a sigmoid"
REMEDY = "Drop one of the two; the last layer needs the only one."
EXPLAINS = ("learning rate too high",)
"""What is darker than 1/2 presses the inner sigmoid against its end, where no gradient comes through."""

EDGE = 0.05
"""How near to the bounds, in log-odds, driven outputs come: they lie 1 apart, and the inner sigmoid is nearly at its
ends. It is what the control of squashed outputs calls pressed against a bound."""
ROUNDING = 1e-3


def recognize(symptoms: Symptoms) -> str | None:
    """Tell that driven outputs come to the log-odds 0 and 1, and never pass them."""
    if symptoms.reach is None or not all(0 < end < 1 for end in symptoms.reach):
        return None
    low, high = (math.log(end / (1 - end)) for end in symptoms.reach)
    if not (-ROUNDING <= low <= EDGE and 1 - EDGE <= high <= 1 + ROUNDING):
        return None
    return (
        f"outputs from {symptoms.reach[0]:.3f} to {symptoms.reach[1]:.3f}, however driven, for targets from "
        f"{symptoms.targets.low:.3g} to {symptoms.targets.high:.3g}: log-odds from {low:.2f} to {high:.2f}"
    )
