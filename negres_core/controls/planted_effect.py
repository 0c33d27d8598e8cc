"""Planted effect: an arm on targets that it can learn beats the same arm on permuted targets, in the claim's metric.

The targets are the true ones if the arm learns them in a small run, and otherwise a signal that is planted for this. An
arm that learned either belongs to a sound pipeline: if it learns nothing from the data, there is nothing it can learn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial

import numpy as np

from negres_core.claim import Metric
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
from negres_core.metrics import METRICS, constant_score, shows_learning, task_metric
from negres_core.run.arm import Role
from negres_core.run.run import Run

NAME = "planted effect"
WHEN = "small runs"
FITS = True

MAX_LEARNED_P_VALUE = 1e-5
"""The check applies if the arm beats the best constant at a p-value below this: failing to see the planted effect then
cannot be chance."""
OF_WHOLE_ROWS = ("exact_match",)
"""Metrics in which an arm that learned some of the labels of each row, and not all of them, need not be better than on
permuted targets: the check then fails only if it is clearly worse."""
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
        metric = _metric_of(run, learned, on_permuted)
        scores = _scores(metric, learned, on_permuted)
        if scores is None:
            continue
        effect = (1 if metric.higher_is_better else -1) * (scores[0] - scores[1])
        gains = _gains(metric, learned, on_permuted, effect)
        p_value = p_shifted(gains)
        passed &= p_shifted(-gains) >= 0.05 if metric.name in OF_WHOLE_ROWS else p_value < 0.05
        instead = "" if metric == run.metric else f", in place of {run.metric.name},"
        results.append(
            f"{role} arm: {metric.name}{instead} {scores[0].mean():.4g} on "
            f"{PLANTED_TARGETS if role in planted else TRUE_TARGETS}, {scores[1].mean():.4g} on permuted targets: "
            f"better by {effect.mean():+.4g}, p {p_value:.2g} (one-sided signed ranks)"
        )
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=passed,
        found="; ".join(results),
        threshold="expected p < 0.05 (for an exact match, which counts rows with all labels right: not "
        "clearly worse): a pipeline that misses this effect would miss an effect of the treatment arm",
        remedy="Check the direction of the metric, and that each arm is scored by its own predictions on its own test "
        "fold.",
    )


def _scores(metric: Metric, learned: Run, permuted: Sequence[Run]) -> tuple[np.ndarray, np.ndarray] | None:
    """Return an arm's scores on targets that it learns and on permuted ones, each (1, cells).

    None if it learns nothing or diverges, or if there are too few cells.
    """
    if not _has_learned(learned, below=MAX_LEARNED_P_VALUE):
        return None
    on_learned, on_permuted = _paired(metric.key, learned, permuted)
    is_finite = np.isfinite(on_learned).all() and np.isfinite(on_permuted).all()
    return (on_learned, on_permuted) if is_finite and on_learned.shape[1] >= MIN_CELLS else None


def _paired(metric: str, learned: Run, permuted: Sequence[Run]) -> tuple[np.ndarray, np.ndarray]:
    """Return a metric on targets that an arm learns and on permuted ones, each (1, cells), in the same cells."""
    values = [each.values(each.arms[0], metric)[..., 0] for each in (learned, *permuted)]
    on_learned, on_permuted = values[0], np.concatenate(values[1:], axis=1)
    # Both begin with the same cells.
    cells = min(on_learned.shape[1], on_permuted.shape[1])
    return on_learned[:, :cells], on_permuted[:, :cells]


def _metric_of(run: Run, learned: Run, permuted: Sequence[Run]) -> Metric:
    """Return the metric of the claim, or the loss if the former cannot show the effect; a fit has that of the task.

    The few test rows of a small run may be of one class, in which an AUC is not defined. A metric in which a constant
    is as good as a perfect prediction, such as a calibration error, need not be better for an arm that has learned.
    """
    every = [replicate for each in (learned, *permuted) for replicate in each.arms[0].replicates]
    is_defined = all(replicate.metrics[run.metric.key] is not None for replicate in every)
    if any(replicate.status != "finished" for replicate in every):
        return run.metric
    if is_defined and shows_learning(run.metric, learned.data.y, classes=run.data.classes):
        return run.metric
    return METRICS["loss"] if learned.arms[0].recipe.fit is None else task_metric(run.data.task)


def _gains(metric: Metric, learned: Run, permuted: Sequence[Run], effect: np.ndarray) -> np.ndarray:
    """Return the effect in each cell, (1, cells), measured from the best constant if values have one in the metric.

    The small runs have the same test rows and different targets. If targets are skewed, the folds with the few large
    ones have large errors whatever an arm has learned, and so does the constant.
    """
    if metric.name in ("accuracy", "hamming", "mse", "mae") and metric.name in METRICS:
        known = METRICS[metric.name]
        measure = partial(skills, absolute=known.name == "mae")
    elif learned.data.task != "classification" and metric.compute is not None:
        known, measure = metric, partial(_above_constant, metric)
    else:
        return effect
    parts = [measure(each)[..., 0] for each in (learned, *permuted)]
    cells = effect.shape[1]
    gains: np.ndarray = parts[0][:, :cells] - np.concatenate(parts[1:], axis=1)[:, :cells]
    return gains if metric.higher_is_better == known.higher_is_better else -gains


def _above_constant(metric: Metric, small_run: Run) -> np.ndarray:
    """Return by how much a small run is better than the best constant for all its data: (1, folds, seeds)."""
    y = small_run.data.y
    constants = np.array([constant_score(metric, y, y[cell.test]) for cell in small_run.cells], dtype=float)
    above: np.ndarray = small_run.values(small_run.arms[0], metric.key) - constants[:, None]
    return above if metric.higher_is_better else -above


def _has_learned(small_run: Run, *, below: float) -> bool:
    """Return whether the first seed beats the best constant at a p-value below this.

    For values, the absolute error counts too: an arm that is fitted to it predicts medians, and their squared error is
    large if targets are skewed.
    """
    has_absolute = all("mae" in replicate.metrics for replicate in small_run.arms[0].replicates)
    measured = [skills(small_run)]
    if not small_run.data.has_labels and has_absolute:
        measured.append(skills(small_run, absolute=True))
    firsts = [skill[..., 0] for skill in measured]
    return all(np.isfinite(skill).all() for skill in firsts) and any(
        p_better(skill, small_run) < below for skill in firsts
    )
