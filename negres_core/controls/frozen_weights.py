"""Frozen weights did not move: bitwise, they ended as they began."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "frozen weights"
WHEN = "after"
FITS = True


def check(run: Run) -> Finding | None:
    """Compare the digests of every weight that a stage froze, and check that stages with `freezes` froze any.

    A fit that records a PyTorch module has frozen the parameters that do not require a gradient.
    """
    freezing = [
        replicate
        for arm in run.by_recipe
        for stage, replicates in zip(arm.recipe.stages, arm.stages, strict=False)  # a fit at the end is not a stage
        for replicate in replicates
        if stage.freezes is not None
    ]
    recorded = [weight for arm in run.arms if arm.recipe.fit for each in arm.replicates for weight in each.weights]
    frozen = [weight for weight in recorded if weight.frozen and weight.inherited_from is None]
    if not freezing and not frozen:
        return None
    frozen += [weight for replicate in freezing for weight in replicate.weights if weight.frozen]
    moved = sorted({weight.path for weight in frozen if weight.start != weight.end})
    without = sum(not any(weight.frozen for weight in replicate.weights) for replicate in freezing)
    return Finding(
        control=NAME,
        passed=not moved and not without,
        found=f"{len(moved)} of {len(frozen)} frozen weights moved{': ' if moved else ''}{', '.join(moved[:5])}; "
        f"{without} of {len(freezing)} replicates froze none",
        threshold="expected 0 of each: a frozen weight stays bitwise the same",
        remedy="Look for code that sets `trainable` after the model is built, or assigns weights during training.",
    )
