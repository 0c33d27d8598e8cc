"""Outputs rounded for display before they are scored: the network has learned, but the images hold few values."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms, Values
from negres_core.thresholds import MAX_COARSE_VALUES

NAME = "output rounded for display"
REMEDY = "Score the raw outputs. Round, or scale to 255, only a copy for display."
EXPLAINS: tuple[str, ...] = ()
"""Rounding a copy of the outputs leaves no trace in the network's own outputs."""


def recognize(symptoms: Symptoms) -> str | None:
    """Recognize that scored images are coarse, while targets and the network's own outputs are not.

    A network whose own outputs are coarse is not named: if it rounds them itself, it cannot be distinguished from a
    network that a high learning rate drove to the ends of a sigmoid.
    """
    scored, targets, outputs = symptoms.scored, symptoms.targets, symptoms.outputs
    if scored is None or not _is_coarse(scored) or _is_coarse(targets):
        return None
    observation = _describe(scored, targets, symptoms.skill)
    if outputs is None:
        return observation
    if _is_coarse(outputs):
        return None
    learned = "" if symptoms.loss_skill is None else f", and its loss implies a skill of {symptoms.loss_skill:.2g}"
    return f"{observation}; the network's own outputs have {outputs.distinct}{learned}"


def _is_coarse(values: Values) -> bool:
    return values.distinct <= MAX_COARSE_VALUES or values.whole_share == 1


def _describe(scored: Values, targets: Values, skill: float | None) -> str:
    kind = "distinct value" if scored.distinct == 1 else "distinct values"
    whole = ", whole numbers only" if scored.whole_share == 1 else ""
    score = "" if skill is None else f" (skill {skill:.2g})"
    return f"the scored images have {scored.distinct} {kind}{whole}{score}, the targets {targets.distinct}"
