"""Frozen weights did not move: bitwise the same when training ended as when it began."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Compare digests of every weight that a stage asked to be frozen; and that the stage froze any."""
    asked = [
        replicate
        for arm in run.arms
        for stage, replicates in zip(arm.recipe.stages, arm.stages, strict=True)
        for replicate in replicates
        if stage.freezes is not None
    ]
    if not asked:
        return None
    frozen = [weight for replicate in asked for weight in replicate.weights if weight.frozen]
    moved = sorted({weight.path for weight in frozen if weight.start != weight.end})
    none = sum(not any(weight.frozen for weight in replicate.weights) for replicate in asked)
    return Finding(
        control="frozen weights",
        passed=not moved and not none,
        found=f"{len(moved)} of {len(frozen)} frozen weights moved{': ' if moved else ''}{', '.join(moved[:5])}; "
        f"{none} of {len(asked)} replicates froze none",
        threshold="0 may move: frozen means bitwise the same",
        remedy="Look for code that sets `trainable` after the model is built, or assigns weights while training.",
    )
