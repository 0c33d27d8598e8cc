"""No loss is lower than that of a perfect prediction; the skill shows how close it is, which a raw loss does not."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.metrics import floor_of, loss_skill
from negres_core.run.run import Run

NAME = "loss floor"
WHEN = "after"


def check(run: Run) -> Finding | None:
    """Compare the loss of one replicate of each arm with the closed-form floor of losses that are built into Keras.

    The binary cross-entropy of a perfect reconstruction is the mean entropy of the targets taken as probabilities,
    H(y) = -y log y - (1 - y) log(1 - y). A plateau there is not a failure to learn, so the skill is reported: the loss
    that was saved over a constant prediction, as a share of what a perfect prediction saves.
    """
    losses, passed = [], True
    for arm, replicate, inspection in run.inspections():
        floor = floor_of(inspection.output_layer.loss, inspection.targets)
        loss, trivial = replicate.metrics.get("loss"), inspection.trivial_loss
        if floor is None or loss is None or trivial is None:
            continue
        passed &= loss >= floor - 1e-4 * floor - 1e-6
        skill = f", skill {loss_skill(loss, trivial=trivial, floor=floor):.3g}" if trivial - floor > 1e-6 else ""
        losses.append(f"{arm.role} arm: {loss:.4g}, floor {floor:.4g}, constant prediction {trivial:.4g}{skill}")
    if not losses:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found=f"loss on the test fold: {'; '.join(losses)}",
        threshold="expected the floor or more, up to float32 rounding: nothing is better than a perfect prediction",
        remedy="Scale the targets of a binary cross-entropy to the range 0 to 1: x / 255 for images.",
    )
