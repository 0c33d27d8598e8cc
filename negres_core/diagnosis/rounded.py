"""Output rounded for display before it is scored: a network that has learned, and images of a few values."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms, Values

NAME = "output rounded for display"
REMEDY = "Score raw outputs; round, and scale to 255, a copy that is shown."
EXPLAINS: tuple[str, ...] = ()
"""What was done to a copy of the outputs leaves no trace in those of the network."""

FEW = 16
"""As many values as the control of saturation calls few: 4 bits, where images have 8."""


def recognize(symptoms: Symptoms) -> str | None:
    """Tell that scored images are few values, or whole numbers, and targets and the network's outputs are not.

    A network whose own outputs are few values is not named: one that rounds them cannot be told from one that a
    learning rate threw against the ends of a sigmoid.
    """
    scored, targets, outputs = symptoms.scored, symptoms.targets, symptoms.outputs
    if scored is None or not _is_coarse(scored) or _is_coarse(targets):
        return None
    if outputs is None:
        return _shown(symptoms)
    if _is_coarse(outputs):
        return None
    learned = "" if symptoms.loss_skill is None else f", whose loss implies a skill of {symptoms.loss_skill:.2g}"
    return f"{_shown(symptoms)}; {outputs.distinct} values in the network's own outputs{learned}"


def _is_coarse(values: Values) -> bool:
    return values.distinct <= FEW or values.whole == 1


def _shown(symptoms: Symptoms) -> str:
    assert symptoms.scored is not None
    count = symptoms.scored.distinct
    kind = f"value{'s' if count > 1 else ''}{', whole numbers alone,' if symptoms.scored.whole == 1 else ''}"
    skill = "" if symptoms.skill is None else f" (skill {symptoms.skill:.2g})"
    return f"{count} {kind} in the images that are scored{skill} and {symptoms.targets.distinct} in the targets"
