"""A learning rate that is too high: it left units that are never active, or outputs at the ends of their range."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms

NAME = "learning rate too high"
REMEDY = "Lower the learning rate, tenfold to begin with, and scale the inputs."
EXPLAINS: tuple[str, ...] = ()

DEAD_SHARE = 0.9
"""Share of a layer's units that are dead, as in the control "dead units": healthy layers lose up to 40%."""
EXCESS_AT_ENDS = 0.25
"""Share of outputs at an end of their range, in excess of the targets' share, as in the control "saturation"."""


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that a hidden layer is silent, or that outputs sit at their ends and do worse than a constant."""
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
