"""Standardized images under an output that starts at 0: it cannot represent pixels darker than the mean."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import BOUND_MARGIN, Symptoms

NAME = "standardized targets under a sigmoid"
REMEDY = "Scale the targets to the range 0 to 1 (only inputs may be standardized), or end in a linear layer."
EXPLAINS = ("learning rate too high",)
"""Targets beyond the end of the output range press the outputs against that end, and the units behind them die."""


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that targets lie on both sides of 0, but outputs only above it, even when driven."""
    if symptoms.reach is None:
        return None
    targets, low = symptoms.targets, symptoms.reach[0]
    if not (targets.low < 0 < targets.high and 0 <= low <= BOUND_MARGIN and symptoms.targets_are_out_of_reach):
        return None
    return (
        f"targets range from {targets.low:.3g} to {targets.high:.3g} (mean {targets.mean:.2g}, standard deviation "
        f"{targets.sd:.2g}), but no output is below {low:.3g}, even for inputs of extreme contrast: clipping the "
        f"targets to the outputs' range costs {symptoms.lost_variance:.0%} of their variance"
    )
