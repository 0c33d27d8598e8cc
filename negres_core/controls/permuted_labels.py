"""Permuted labels: if the targets are unrelated to the inputs, an arm predicts no better than a constant."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.controls.small_runs import MIN_P_VALUE, PERMUTED_TARGETS, p_better, permuted_targets, skills
from negres_core.evidence import Finding
from negres_core.run import Run

NAME = "permuted labels"
WHEN = "small runs"
small_runs = permuted_targets


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare an arm that was trained on permuted targets with the best constant, cell by cell."""
    if PERMUTED_TARGETS not in trained:
        return None
    small_run = trained[PERMUTED_TARGETS]
    skill = skills(small_run)[..., 0]
    if not np.isfinite(skill).all():
        return None  # the arm diverges at this size, and predicts nothing
    p_value = p_better(skill, small_run)
    return Finding(
        control=NAME,
        passed=p_value >= MIN_P_VALUE,
        found=f"trained on permuted targets, {skill.mean():+.1%} of the way from the best constant to perfection, "
        f"p {p_value:.2g} (one-sided corrected t)",
        threshold=f"expected p of {MIN_P_VALUE:g} or more: there is nothing to learn, so all knowledge of a test fold "
        "has leaked",
        remedy="Look for test rows in training, weights carried from fold to fold, and anything that is chosen on the "
        "test fold, such as the best epoch.",
    )
