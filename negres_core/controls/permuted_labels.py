"""Permuted labels: where targets have nothing to do with inputs, an arm predicts no better than a constant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.controls.small_runs import PERMUTED, SURELY, p_better, permuted_targets, skills
from negres_core.evidence import Finding
from negres_core.run import Run

WHEN = "trials"
trials = permuted_targets


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare an arm that was trained on permuted targets with the best constant, cell by cell."""
    if PERMUTED not in trained:
        return None
    trial = trained[PERMUTED]
    gone = skills(trial)[..., 0]
    if not np.isfinite(gone).all():
        return None  # the arm diverges at this size, and knows nothing
    p_value = p_better(gone, trial)
    return Finding(
        control="permuted labels",
        passed=p_value >= SURELY,
        found=f"trained on permuted targets, {gone.mean():+.1%} of the way from the best constant to perfection, "
        f"p {p_value:.2g} (one-sided corrected t)",
        threshold=f"p of {SURELY:g} or more: there is nothing to learn, so whatever is known of a test fold has leaked",
        remedy="Look for test rows in training, weights carried from fold to fold, and anything that is chosen by the "
        "test fold, such as the best epoch.",
    )
