"""Planted effect: an arm on targets that it can learn beats the same arm on permuted targets, in the claim's metric.

The targets are the true ones if the arm learns them in a small run, and otherwise a signal that is planted for this. An
arm that learned either belongs to a sound pipeline: if it learns nothing from the data, there is nothing it can learn.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from negres_core.controls.small_runs import (
    MIN_P_VALUE,
    PERMUTED_TARGETS,
    PLANTED_TARGETS,
    TRUE_TARGETS,
    p_better,
    p_shifted,
    permuted_targets,
    planted_targets,
    skills,
    true_targets,
)
from negres_core.evidence import Finding
from negres_core.run import Role, Run

NAME = "planted effect"
WHEN = "small runs"

MAX_LEARNED_P_VALUE = 1e-5
"""The check applies if the arm beats the best constant at a p-value below this: failing to see the planted effect then
cannot be chance."""
MIN_CELLS = 5
"""Fewest cells in which signed ranks can be significant."""


def small_runs(run: Run) -> dict[str, Run]:
    """Return the small runs on true and on permuted targets: the same arm, rows, cells and seeds."""
    return true_targets(run) | permuted_targets(run)


def follow_ups(run: Run, trained: Mapping[str, Run]) -> dict[str, Run]:
    """Return small runs on planted targets, for each arm, if the control arm did not learn the true ones."""
    if TRUE_TARGETS not in trained or _has_learned(trained[TRUE_TARGETS], below=MAX_LEARNED_P_VALUE):
        return {}
    return planted_targets(run)


def sound_arms(run: Run, trained: Mapping[str, Run]) -> frozenset[Role]:
    """Return the roles of the arms that learned true or planted targets in a small run."""
    learned = {
        small_run.arms[0].role
        for name, small_run in trained.items()
        if name.startswith(PLANTED_TARGETS) and _has_learned(small_run, below=MIN_P_VALUE)
    }
    if TRUE_TARGETS in trained and _has_learned(trained[TRUE_TARGETS], below=MAX_LEARNED_P_VALUE):
        learned.add(run.networks.arms[-1].role)  # the small run is of the last arm
    return frozenset(learned)


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare two small runs in the claim's metric; None if the arm learns neither true nor planted targets."""
    if TRUE_TARGETS not in trained:
        return None
    planted = f"{PLANTED_TARGETS}, {run.arms[-1].role}"
    name = planted if planted in trained else TRUE_TARGETS
    learned, permuted_run = trained[name], trained[PERMUTED_TARGETS]
    if not _has_learned(learned, below=MAX_LEARNED_P_VALUE):
        return None
    true, permuted = (each.values(each.arms[0], run.metric.name)[..., 0] for each in (learned, permuted_run))
    permuted = permuted[:, : true.shape[1]]
    if not (np.isfinite(true).all() and np.isfinite(permuted).all()) or true.shape[1] < MIN_CELLS:
        return None
    effect = (1 if run.metric.higher_is_better else -1) * (true - permuted)
    p_value = p_shifted(effect)
    return Finding(
        control=NAME,
        passed=p_value < 0.05,
        found=f"{run.metric.name} {true.mean():.4g} on {name.partition(',')[0]}, {permuted.mean():.4g} on permuted "
        f"targets: better by {effect.mean():+.4g}, p {p_value:.2g} (one-sided signed ranks)",
        threshold="expected p < 0.05: a pipeline that misses this effect would miss an effect of the treatment arm",
        remedy="Check the direction of the metric, and that each arm is scored by its own predictions on its own test "
        "fold.",
    )


def _has_learned(small_run: Run, *, below: float) -> bool:
    """Return whether the first seed beats the best constant at a p-value below this.

    For values, the absolute error counts too: an arm that is fitted to it predicts medians, and their squared error is
    large if targets are skewed.
    """
    has_absolute = all("mae" in replicate.metrics for replicate in small_run.arms[0].replicates)
    measured = [skills(small_run)]
    if small_run.data.task != "classification" and has_absolute:
        measured.append(skills(small_run, absolute=True))
    firsts = [skill[..., 0] for skill in measured]
    return all(np.isfinite(skill).all() for skill in firsts) and any(
        p_better(skill, small_run) < below for skill in firsts
    )
