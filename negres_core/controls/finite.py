"""Everything stayed finite: losses, weights and predictions of every replicate of every stage."""

from __future__ import annotations

from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "after"
FITS = True


def check(run: Run) -> Finding:
    """Count replicates that turned NaN or infinite."""
    replicates = [replicate for arm in run.arms for stage in arm.stages for replicate in stage]
    bad = [replicate for replicate in replicates if replicate.status != "finished"]
    cells = ", ".join(f"repeat {r.key.repeat} fold {r.key.fold} seed {r.key.seed}" for r in bad[:3])
    return Finding(
        control="finite",
        passed=not bad,
        found=f"{len(bad)} of {len(replicates)} replicates turned NaN or infinite{': ' if bad else ''}{cells}",
        threshold="0 may: an arm that diverged in some cells has no mean to compare",
        remedy="Lower the learning rate, clip gradients, or check the loss; see `curve` in the replicates' records.",
    )
