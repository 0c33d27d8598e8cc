"""Permuted labels: if the targets are unrelated to the inputs, an arm predicts no better than a constant."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from negres_core.controls.small_runs import (
    FURTHER_TARGETS,
    MIN_P_VALUE,
    PERMUTED_TARGETS,
    by_role,
    further_permuted_targets,
    p_better,
    permuted_targets,
    skills,
)
from negres_core.evidence import Finding
from negres_core.run.arm import Role
from negres_core.run.run import Run

NAME = "permuted labels"
WHEN = "small runs"
FITS = True
small_runs = permuted_targets

MAX_SUSPECT = 0.3
"""p-value in the first half of the folds below which the other half is trained too, in three of ten arms that do not
leak."""


def follow_ups(run: Run, trained: Mapping[str, Run]) -> dict[str, Run]:
    """Return the small runs in the other half of the folds, for each arm that the first half makes suspect.

    A leak may be small, so all folds are tested if anything points to one. Otherwise the other half would have to
    contradict the first, so it is not trained.
    """
    suspect = [role for role, skill in _skills(trained).items() if p_better(skill, _first(trained, role)) < MAX_SUSPECT]
    return further_permuted_targets(replace(run, arms=[arm for arm in run.arms if arm.role in suspect]))


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare each arm, trained on permuted targets, with the best constant, cell by cell."""
    results, passed = [], True
    for role, skill in _skills(trained).items():
        p_value = p_better(skill, _first(trained, role))
        passed &= p_value >= MIN_P_VALUE
        results.append(
            f"{role} arm: {skill.mean():+.1%} of the way from the best constant to perfection in {skill.size} cells, "
            f"p {p_value:.2g} (one-sided corrected t)"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found=f"trained on permuted targets, {'; '.join(results)}",
        threshold=f"expected p of {MIN_P_VALUE:g} or more: there is nothing to learn, so anything that is known "
        "about a test fold has leaked",
        remedy="Look for test rows in training, weights carried from fold to fold, and anything that is chosen on the "
        "test fold, such as the best epoch.",
    )


def _skills(trained: Mapping[str, Run]) -> dict[Role, np.ndarray]:
    """Return the skill of each arm on permuted targets, (1, cells), in all cells that are trained.

    An arm that diverges at this size predicts nothing, and is left out.
    """
    further = by_role(trained, FURTHER_TARGETS)
    each = {}
    for role, small_run in by_role(trained, PERMUTED_TARGETS).items():
        parts = [small_run, further[role]] if role in further else [small_run]
        skill = np.concatenate([skills(part)[..., 0] for part in parts], axis=1)
        if np.isfinite(skill).all():
            each[role] = skill
    return each


def _first(trained: Mapping[str, Run], role: Role) -> Run:
    return by_role(trained, PERMUTED_TARGETS)[role]
