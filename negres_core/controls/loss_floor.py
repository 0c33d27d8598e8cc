"""No loss is lower than it can be; and how far it is from that, which a raw loss does not say."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.metrics import floor_of, loss_skill
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Compare the loss of one replicate of each arm with the closed-form floor of one of Keras' own losses.

    The binary cross-entropy of a perfect reconstruction is the mean entropy of the targets taken as probabilities,
    H(y) = -y log y - (1 - y) log(1 - y): a plateau there is no failure to learn. So the skill is reported: the share,
    of what a constant prediction leaves to be learned, that was.
    """
    found, passed = [], True
    for arm, replicate, inspection in run.inspections():
        floor, loss, trivial = (
            floor_of(inspection.output_layer.loss, inspection.targets),
            replicate.metrics.get("loss"),
            inspection.trivial_loss,
        )
        if floor is None or loss is None or trivial is None:
            continue
        passed &= loss >= floor - 1e-4 * floor - 1e-6
        skill = f", skill {loss_skill(loss, trivial=trivial, floor=floor):.3g}" if trivial - floor > 1e-6 else ""
        found.append(f"{arm.role} {loss:.4g}, floor {floor:.4g}, of a constant {trivial:.4g}{skill}")
    if not found:
        return None
    return Finding(
        control="loss floor",
        passed=passed,
        found=f"loss on the test fold: {'; '.join(found)}",
        threshold="the floor, less the rounding of float32: nothing is better than a perfect prediction",
        remedy="Scale targets of a binary cross-entropy between 0 and 1, x / 255 for images.",
    )
