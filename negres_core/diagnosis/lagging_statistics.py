"""Batch normalization whose running statistics lag: what is evaluated is not the network that was trained."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms

NAME = "running statistics that lag"
REMEDY = "Lower the momentum of BatchNormalization, 0.9 say, or train for more steps than 1 / (1 - momentum)."
EXPLAINS: tuple[str, ...] = ()

LEARNED, CONSTANT = 0.1, 0.05
"""What may be lost between the modes: a tenth of what was learned, and a twentieth of what there is to be learned.
These are the shares of the control of the inference gap, on the scale of the skill, which knows the loss' floor."""


def recognize(symptoms: Symptoms) -> str | None:
    """Tell that, on the same rows, inference mode has lost what training mode has learned."""
    training, inference = symptoms.training_loss, symptoms.inference_loss
    if symptoms.constant_loss is None or training is None or inference is None:
        return None
    scale = symptoms.constant_loss - symptoms.loss_floor
    learned, lost = symptoms.constant_loss - training, inference - training
    if scale <= 0 or lost <= LEARNED * max(learned, 0.0) + CONSTANT * scale:
        return None
    return (
        f"loss {training:.4g} in training mode and {inference:.4g} in inference mode on the same rows: skill "
        f"{learned / scale:.2g} and {(learned - lost) / scale:.2g}"
    )
