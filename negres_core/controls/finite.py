"""Everything stayed finite: the losses, weights and predictions of every replicate of every stage."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run.run import Run

NAME = "finite"
WHEN = "after"
FITS = True


def check(run: Run) -> Finding:
    """Count the replicates that turned NaN or infinite."""
    replicates = [replicate for arm in run.arms for stage in arm.stages for replicate in stage]
    diverged = [replicate for replicate in replicates if replicate.status != "finished"]
    cells = ", ".join(f"repeat {r.key.repeat} fold {r.key.fold} seed {r.key.seed}" for r in diverged[:3])
    return Finding(
        control=NAME,
        passed=not diverged,
        found=f"{len(diverged)} of {len(replicates)} replicates turned NaN or infinite"
        f"{': ' if diverged else ''}{cells}",
        threshold="expected 0: the mean of an arm that diverged in some cells cannot be compared",
        remedy="Lower the learning rate, clip gradients, or check the loss; see `curve` in the replicates' records.",
    )
