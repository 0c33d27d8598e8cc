"""Batch normalization whose running statistics lag: the network that is evaluated is not the one that was trained."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms
from negres_core.thresholds import MAX_LOST_LEARNING, MAX_LOST_RANGE

NAME = "running statistics that lag"
REMEDY = (
    "Lower the momentum of BatchNormalization, to 0.9 for example, or train for more than 1 / (1 - momentum) steps."
)
EXPLAINS: tuple[str, ...] = ()


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that inference mode has lost, on the same rows, what training mode has learned.

    What can be learned is measured on the scale of the skill: from the loss of a constant down to the loss floor.
    """
    training, inference = symptoms.training_loss, symptoms.inference_loss
    if symptoms.constant_loss is None or training is None or inference is None:
        return None
    scale = symptoms.constant_loss - symptoms.loss_floor
    learned, lost = symptoms.constant_loss - training, inference - training
    if scale <= 0 or lost <= MAX_LOST_LEARNING * max(learned, 0.0) + MAX_LOST_RANGE * scale:
        return None
    return (
        f"loss {training:.4g} in training mode and {inference:.4g} in inference mode on the same rows: skill "
        f"{learned / scale:.2g} and {(learned - lost) / scale:.2g}"
    )
