"""Planted effect: an arm on targets that it can learn beats the same arm on permuted targets, in the claim's metric.

The targets are the true ones if the arm learns them in a small run, and otherwise a signal that is planted for this. An
arm that learned either belongs to a sound pipeline: if it learns nothing from the data, there is nothing it can learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from negres_core.controls.small_runs import (
    FURTHER_TARGETS,
    MIN_P_VALUE,
    PERMUTED_TARGETS,
    PLANTED_TARGETS,
    TRUE_TARGETS,
    by_role,
    p_better,
    p_shifted,
    permuted_targets,
    planted_targets,
    skills,
    true_targets,
)
from negres_core.evidence import Finding
from negres_core.metrics import METRICS
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
    """Return small runs on planted targets, for each arm that did not learn the true ones."""
    unlearned = {
        role
        for role, small_run in by_role(trained, TRUE_TARGETS).items()
        if not _has_learned(small_run, below=MAX_LEARNED_P_VALUE)
    }
    return planted_targets(replace(run, arms=[arm for arm in run.arms if arm.role in unlearned]))


def sound_arms(trained: Mapping[str, Run]) -> frozenset[Role]:
    """Return the roles of the arms that learned true or planted targets in a small run."""
    limits = ((TRUE_TARGETS, MAX_LEARNED_P_VALUE), (PLANTED_TARGETS, MIN_P_VALUE))
    return frozenset(
        role
        for purpose, below in limits
        for role, small_run in by_role(trained, purpose).items()
        if _has_learned(small_run, below=below)
    )


def check(run: Run, trained: Mapping[str, Run]) -> Finding | None:
    """Compare two small runs of each arm in the claim's metric, unless it learns neither true nor planted targets."""
    planted = by_role(trained, PLANTED_TARGETS)
    permuted, further = by_role(trained, PERMUTED_TARGETS), by_role(trained, FURTHER_TARGETS)
    results, passed = [], True
    for role, small_run in by_role(trained, TRUE_TARGETS).items():
        learned, on_permuted = (
            planted.get(role, small_run),
            [each[role] for each in (permuted, further) if role in each],
        )
        scores = _scores(run, learned, on_permuted)
        if scores is None:
            continue
        effect = (1 if run.metric.higher_is_better else -1) * (scores[0] - scores[1])
        p_value = p_shifted(_gains(run, learned, on_permuted, effect))
        passed &= p_value < 0.05
        results.append(
            f"{role} arm: {run.metric.name} {scores[0].mean():.4g} on "
            f"{PLANTED_TARGETS if role in planted else TRUE_TARGETS}, {scores[1].mean():.4g} on permuted targets: "
            f"better by {effect.mean():+.4g}, p {p_value:.2g} (one-sided signed ranks)"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold="expected p < 0.05: a pipeline that misses this effect would miss an effect of the treatment arm",
        remedy="Check the direction of the metric, and that each arm is scored by its own predictions on its own test "
        "fold.",
    )


def _scores(run: Run, learned: Run, permuted: Sequence[Run]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return an arm's scores on targets that it learns and on permuted ones, each (1, cells).

    None if it learns nothing or diverges, or if there are too few cells.
    """
    if not _has_learned(learned, below=MAX_LEARNED_P_VALUE):
        return None
    values = [each.values(each.arms[0], run.metric.name)[..., 0] for each in (learned, *permuted)]
    on_learned, on_permuted = values[0], np.concatenate(values[1:], axis=1)
    # Both begin with the same cells.
    cells = min(on_learned.shape[1], on_permuted.shape[1])
    on_learned, on_permuted = on_learned[:, :cells], on_permuted[:, :cells]
    is_finite = np.isfinite(on_learned).all() and np.isfinite(on_permuted).all()
    return (on_learned, on_permuted) if is_finite and cells >= MIN_CELLS else None


def _gains(run: Run, learned: Run, permuted: Sequence[Run], effect: np.ndarray) -> np.ndarray:
    """Return the effect in each cell, (1, cells), measured from the best constant if the metric has one.

    The small runs have the same test rows and different targets. If targets are skewed, the folds with the few large
    ones have large errors whatever an arm has learned, and so does the constant.
    """
    known = METRICS.get(run.metric.name)
    if known is None or known.name not in ("accuracy", "mse", "mae"):
        return effect
    parts = [skills(each, absolute=known.name == "mae")[..., 0] for each in (learned, *permuted)]
    cells = effect.shape[1]
    gains: np.ndarray = parts[0][:, :cells] - np.concatenate(parts[1:], axis=1)[:, :cells]
    return gains if run.metric.higher_is_better == known.higher_is_better else -gains


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
