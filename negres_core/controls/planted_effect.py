"""Planted effect: an arm on true targets beats the same arm on permuted ones, in the metric of the claim."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.controls.small_runs import PERMUTED, TARGETS, p_better, permuted_targets, skills, true_targets
from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "trials"

LEARNED = 1e-5
"""An arm that beats the best constant at this p-value has so much to lose that missing it is no chance."""


def trials(run: Run) -> dict[str, Run]:
    """Return the trial on true targets and that on permuted ones: the same arm, rows, cells and seeds."""
    return true_targets(run) | permuted_targets(run)


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare the two trials in the claim's metric; None where the arm learns too little at this size to lose it."""
    if TARGETS not in trained:
        return None
    trial = trained[TARGETS]
    true, permuted = (each.values(each.arms[0], run.metric.name)[..., 0] for each in (trial, trained[PERMUTED]))
    permuted, gone = permuted[:, : true.shape[1]], skills(trial)[..., 0]
    if not all(np.isfinite(each).all() for each in (true, permuted, gone)) or p_better(gone, trial) >= LEARNED:
        return None
    lost = (1 if run.metric.higher_is_better else -1) * (true - permuted)
    p_value = p_better(lost, trial)
    return Finding(
        control="planted effect",
        passed=p_value < 0.05,
        found=f"{run.metric.name} {true.mean():.4g} on true targets, {permuted.mean():.4g} on permuted ones: "
        f"better by {lost.mean():+.4g}, p {p_value:.2g} (one-sided corrected t)",
        threshold="p < .05: a pipeline that misses this would miss an effect of the arms",
        remedy="Check the direction of the metric, and that each arm is scored by its own predictions on its own test "
        "fold.",
    )
