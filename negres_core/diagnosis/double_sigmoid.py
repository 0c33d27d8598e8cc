"""A sigmoid of a sigmoid: outputs lie between 0.5 and 0.731, the sigmoids of 0 and of 1."""

from __future__ import annotations

import math

from negres_core.diagnosis.symptoms import Symptoms
from negres_core.thresholds import BOUND_MARGIN_LOG_ODDS, ROUNDING_ERROR

NAME = "sigmoid of a sigmoid"
REMEDY = "Remove one of the two sigmoids; only the last layer needs one."
EXPLAINS = ("learning rate too high",)
"""Pixels darker than 0.5 push the inner sigmoid into saturation, where it passes no gradient."""


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that driven outputs reach the log-odds 0 and 1 and never exceed them.

    Driving the outputs saturates the inner sigmoid, so that they come close to both bounds.
    """
    if symptoms.reach is None or not all(0 < end < 1 for end in symptoms.reach):
        return None
    low, high = (math.log(end / (1 - end)) for end in symptoms.reach)
    if not (
        -ROUNDING_ERROR <= low <= BOUND_MARGIN_LOG_ODDS and 1 - BOUND_MARGIN_LOG_ODDS <= high <= 1 + ROUNDING_ERROR
    ):
        return None
    return (
        f"outputs stay between {symptoms.reach[0]:.3f} and {symptoms.reach[1]:.3f} (log-odds from {low:.2f} to "
        f"{high:.2f}) even for inputs of extreme contrast, while targets range from {symptoms.targets.low:.3g} to "
        f"{symptoms.targets.high:.3g}"
    )
