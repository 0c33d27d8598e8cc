"""Targets from 0 to 255 under an output that ends at 1: almost every pixel exceeds it, and nothing can be learned."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms
from negres_core.thresholds import ROUNDING_ERROR

NAME = "targets from 0 to 255"
REMEDY = "Divide the targets by 255, as is usual for inputs."
EXPLAINS = ("learning rate too high",)
"""Targets 100 times beyond the output range produce gradients that kill units."""


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that no output exceeds 1, although the targets' mean does: an unbounded output would approach it."""
    if symptoms.reach is None:
        return None
    targets, high = symptoms.targets, symptoms.reach[1]
    is_bounded_by_1 = high <= 1 + ROUNDING_ERROR
    if targets.low < 0 or targets.mean <= 1 or not is_bounded_by_1 or not symptoms.targets_are_out_of_reach:
        return None
    return (
        f"targets range from {targets.low:.4g} to {targets.high:.4g}, but no output exceeds {high:.4g}, even for "
        "inputs of extreme contrast"
    )
