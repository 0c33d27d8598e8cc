"""The evaluated model is the trained one: inference mode keeps what was learned in training mode."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run.run import Run
from negres_core.thresholds import MAX_LOST_LEARNING, MAX_LOST_RANGE

NAME = "inference gap"
WHEN = "after"


def check(run: Run) -> Finding | None:
    """Compare the loss of one replicate of each arm on the same training rows in both modes.

    With dropout, inference mode has the lower loss, and passes. With batch normalization, training mode uses the
    statistics of each batch, so a network that has fitted small batches loses a little in inference mode. But if the
    running statistics are still near their start, after few steps or with a momentum of 0.999, it loses much of what
    was learned: the evaluated model is not the trained one. The scale is what was learned: the loss of a constant
    prediction minus the loss in training mode.
    """
    losses, passed = [], True
    for arm, _, inspection in run.inspections():
        training, inference, trivial = inspection.training_loss, inspection.inference_loss, inspection.trivial_loss
        if trivial is None:
            continue
        learned = max(trivial - training, 0)
        passed &= inference - training <= MAX_LOST_LEARNING * learned + MAX_LOST_RANGE * abs(trivial)
        losses.append(
            f"{arm.role} arm: {training:.3g} in training mode and {inference:.3g} in inference mode "
            f"(constant prediction: {trivial:.3g})"
        )
    if not losses:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found=f"loss on training rows: {'; '.join(losses)}",
        threshold="expected inference mode to lose at most a tenth of what was learned plus a twentieth of the "
        "constant prediction's loss: it loses a few percent if the running statistics have settled, and from a tenth "
        "to everything if they lag",
        remedy="Lower the momentum of BatchNormalization, to 0.9 for example, or train for more than "
        "1 / (1 - momentum) steps.",
    )
