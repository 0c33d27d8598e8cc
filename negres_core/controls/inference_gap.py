"""The model that is evaluated is the one that was trained: inference mode keeps what training mode has learned."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Compare the loss of one replicate of each arm on the same training rows in both modes.

    With dropout, inference mode has the lower loss, and passes. With batch normalization, training mode knows its
    batch, and a net that has fitted small batches loses a little; but where running statistics are still near their
    start, after few steps or with a momentum of .999, much of what was learned is lost: another model is evaluated than
    the one that was trained. The scale is what was learned: the loss of a constant prediction, less that in training
    mode.
    """
    found, passed = [], True
    for arm, _, inspection in run.inspections():
        if inspection.trivial_loss is None:
            continue
        gap, learned = inspection.inference_loss - inspection.training_loss, inspection.trivial_loss - inspection.training_loss
        passed &= gap <= 0.1 * max(learned, 0) + 0.05 * abs(inspection.trivial_loss)
        found.append(
            f"{arm.role} {inspection.training_loss:.3g} training and {inspection.inference_loss:.3g} in inference "
            f"(a constant: {inspection.trivial_loss:.3g})"
        )
    if not found:
        return None
    return Finding(
        control="inference gap",
        passed=passed,
        found=f"loss on training rows: {'; '.join(found)}",
        threshold="a tenth of what was learned, and a twentieth of the loss of a constant, may be lost between modes: "
        "seen are a few hundredths where statistics have settled, a tenth to all where they lag",
        remedy="Lower the momentum of BatchNormalization, 0.9 say, or train for more steps than 1 / (1 - momentum).",
    )
