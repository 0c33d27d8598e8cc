"""A/A: the same arm with other seeds finds no difference; and other seeds are other seeds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.controls.small_runs import SURELY, TARGETS, p_better, true_targets
from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "trials"
trials = true_targets


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare two seeds of one arm in the claim's metric, over the cells of a trial; and the weights at their ends."""
    if TARGETS not in trained:
        return None
    trial = trained[TARGETS]
    arm = trial.arms[0]
    values = trial.values(arm, run.metric.name)
    if not np.isfinite(values).all():
        return None  # the arm diverges at this size, which says nothing of seeds
    differences = values[..., 1] - values[..., 0]
    mean = round(float(differences.mean()), 12) + 0.0  # no rounding, and no negative zero
    p_value = min(1.0, 2 * min(p_better(sign * differences, trial) for sign in (1, -1)))
    ends = [[weight.end for weight in replicate.weights if weight.trainable] for replicate in arm.replicates]
    same = sum(one == other for one, other in zip(ends[::2], ends[1::2], strict=True))
    return Finding(
        control="A/A",
        passed=p_value >= SURELY and same < len(trial.cells),
        found=f"the same arm with another seed differs by {mean:+.4g} {run.metric.unit}, p {p_value:.2g} "
        f"(two-sided corrected t); {same} of {len(trial.cells)} cells end in the same weights",
        threshold=f"p of {SURELY:g} or more, since a difference between equals is the pipeline's; and no seed without "
        "effect",
        remedy="Look for state that outlives a replicate: weights, an optimizer or a generator made once for all; and "
        "for a seed that is set to a constant.",
    )
