"""Every replicate got the training that its recipe says: so many epochs, of so many steps."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding:
    """Compare the length of each loss curve, and each record's budget, with the recipe; show the arms' side by side.

    A replicate that turned NaN or infinite stopped there, and is left to the control of finiteness.
    """
    short = replicates = 0
    shown = []
    for arm in run.arms:
        epochs = steps = 0
        for stage, trained in zip(arm.recipe.stages, arm.stages, strict=True):
            for replicate in trained:
                batches = -(-len(run.cell_of(replicate).train) // stage.batch_size)
                asked = {"epochs": stage.epochs, "steps": stage.epochs * batches}
                got = {name: replicate.budget.get(name) for name in asked}
                cut = replicate.status == "finished" and len(replicate.curve) != stage.epochs
                short += cut or got != asked
                replicates += 1
            epochs, steps = epochs + stage.epochs, steps + trained[0].budget.get("steps", 0)
        weights = arm.replicates[0].budget.get("trainable_weights", 0)
        shown.append(f"{arm.role} {epochs} epochs, {steps} steps, {weights} trainable weights")
    return Finding(
        control="budget",
        passed=not short,
        found=f"{short} of {replicates} replicates were trained longer or shorter than their recipe says; "
        f"{'; '.join(shown)}",
        threshold="0 may: an arm that stopped early was not given what it is judged for",
        remedy="Train again what was cut off; see `curve` and `budget` in the replicates' records.",
    )
