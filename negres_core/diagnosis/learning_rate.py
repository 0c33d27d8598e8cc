"""A learning rate that is too high: it left units that are never active, or outputs at the ends of their range."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms
from negres_core.thresholds import DEAD_SHARE, EXCESS_AT_ENDS

NAME = "learning rate too high"
REMEDY = "Lower the learning rate, tenfold to begin with, and scale the inputs."
EXPLAINS: tuple[str, ...] = ()


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that a hidden layer is silent, or outputs are at their ends and worse than a constant."""
    if symptoms.outputs is None:
        return None
    loss, constant = symptoms.inference_loss, symptoms.constant_loss
    is_silent = symptoms.dead_share >= DEAD_SHARE
    is_worse = loss is not None and constant is not None and loss > constant
    is_saturated = is_worse and symptoms.outputs_at_ends - symptoms.targets_at_ends > EXCESS_AT_ENDS
    if not is_silent and not is_saturated:
        return None
    observations = []
    if is_silent:
        observations.append(f"{symptoms.dead_share:.0%} of a hidden layer's units are zero on every row")
    if is_saturated:
        observations.append(
            f"{symptoms.outputs_at_ends:.0%} of outputs but {symptoms.targets_at_ends:.0%} of targets are at an end of "
            "the outputs' range"
        )
    if symptoms.outputs_are_alike:
        observations.append("outputs are the same for all images")
    observations.append(f"loss {symptoms.first_loss:.3g} in the first epoch and {symptoms.last_loss:.3g} in the last")
    return "; ".join(observations)
