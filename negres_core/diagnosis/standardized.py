"""Standardized images under an output that starts at 0: what is darker than the mean cannot be said."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms

NAME = "standardized targets under a sigmoid"
REMEDY = "Scale the targets from 0 to 1 (standardize the inputs alone, if any), or end in a linear layer."
EXPLAINS = ("learning rate too high",)
"""Outputs that are asked for what lies beyond their end are pressed against it, and units behind them die."""

FROM_ZERO = 0.05
"""An output that is bounded by 0 comes near it when driven, but never passes it; one without a bound goes far below."""
LOST = 0.01
"""Share of the variance out of reach that counts, that of the control of target ranges."""


def recognize(symptoms: Symptoms) -> str | None:
    """Tell that targets lie on both sides of 0, and outputs, however driven, on one."""
    if symptoms.reach is None:
        return None
    targets, low = symptoms.targets, symptoms.reach[0]
    if not (targets.low < 0 < targets.high and 0 <= low <= FROM_ZERO and symptoms.lost >= LOST):
        return None
    return (
        f"targets from {targets.low:.3g} to {targets.high:.3g} (mean {targets.mean:.2g}, standard deviation "
        f"{targets.sd:.2g}), and no output under {low:.3g}, however driven: to clip them there costs "
        f"{symptoms.lost:.0%} of their variance"
    )
