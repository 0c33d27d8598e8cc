"""Planted effect: an arm on true targets beats the same arm on permuted targets, in the metric of the claim."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.controls.small_runs import (
    PERMUTED_TARGETS,
    TRUE_TARGETS,
    p_better,
    permuted_targets,
    skills,
    true_targets,
)
from negres_core.evidence import Finding
from negres_core.run import Run

NAME = "planted effect"
WHEN = "small runs"

MAX_LEARNED_P_VALUE = 1e-5
"""The check applies if the arm beats the best constant at a p-value below this: failing to see the planted effect then
cannot be chance."""


def small_runs(run: Run) -> dict[str, Run]:
    """Return the small runs on true and on permuted targets: the same arm, rows, cells and seeds."""
    return true_targets(run) | permuted_targets(run)


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare the two small runs in the claim's metric; None if the arm learns too little at this size."""
    if TRUE_TARGETS not in trained:
        return None
    small_run = trained[TRUE_TARGETS]
    true, permuted = (
        each.values(each.arms[0], run.metric.name)[..., 0] for each in (small_run, trained[PERMUTED_TARGETS])
    )
    permuted, skill = permuted[:, : true.shape[1]], skills(small_run)[..., 0]
    if not all(np.isfinite(each).all() for each in (true, permuted, skill)):
        return None
    if p_better(skill, small_run) >= MAX_LEARNED_P_VALUE:
        return None
    effect = (1 if run.metric.higher_is_better else -1) * (true - permuted)
    p_value = p_better(effect, small_run)
    return Finding(
        control=NAME,
        passed=p_value < 0.05,
        found=f"{run.metric.name} {true.mean():.4g} on true targets, {permuted.mean():.4g} on permuted targets: "
        f"better by {effect.mean():+.4g}, p {p_value:.2g} (one-sided corrected t)",
        threshold="expected p < 0.05: a pipeline that misses this effect would miss an effect of the treatment arm",
        remedy="Check the direction of the metric, and that each arm is scored by its own predictions on its own test "
        "fold.",
    )
