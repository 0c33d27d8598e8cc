"""A learning rate that is too high: units were thrown to where they are never active, or outputs against their ends."""

from __future__ import annotations

from negres_core.diagnosis.symptoms import Symptoms

NAME = "learning rate too high"
REMEDY = "Lower the learning rate, tenfold first; scale the inputs."
EXPLAINS: tuple[str, ...] = ()

DEAD = 0.9
"""Share of a layer's units, that of the control of dead units: healthy layers lose up to 40%."""
PRESSED = 0.25
"""How many more outputs than targets are at an end: that of the control of saturation."""
ALIKE = 0.01
"""Images that differ by less than a hundredth of what targets differ do not depend on the input; it is said."""


def recognize(symptoms: Symptoms) -> str | None:
    """Tell that a hidden layer is silent; or that outputs are at the ends of their reach, and worse than a constant."""
    outputs, targets = symptoms.outputs, symptoms.targets
    if outputs is None:
        return None
    alike = outputs.spread <= ALIKE * targets.spread
    loss, constant = symptoms.inference_loss, symptoms.constant_loss
    worse = loss is not None and constant is not None and loss > constant
    thrown = worse and symptoms.pressed - symptoms.asked > PRESSED
    if symptoms.dead < DEAD and not thrown:
        return None
    found = [f"{symptoms.dead:.0%} of a hidden layer's units are zero on every row"] if symptoms.dead >= DEAD else []
    found += [
        f"{symptoms.pressed:.0%} of outputs are at an end of their reach, {symptoms.asked:.0%} of targets"
    ] * thrown
    found += ["outputs are the same for all images"] if alike else []
    found += [f"loss {symptoms.first_loss:.3g} in the first epoch and {symptoms.last_loss:.3g} in the last"]
    return ", ".join(found)
