"""Every arm learned something: it beats the majority class, or the mean, of the training fold."""

from __future__ import annotations

import numpy as np

from negres_core.controls.contract import Run, Trained
from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.statistics import corrected_resampled_t

WHEN = "after"


def check(run: Run) -> Finding | None:
    """Compare each arm's accuracy (or mean squared error) with the trivial predictor's, cell by cell."""
    metric, sign = ("accuracy", 1) if run.data.task == "classification" else ("mse", -1)
    trivial = np.array([_trivial(run, cell) for cell in run.cells])
    found, passed = [], True
    for arm in run.arms:
        gains = sign * (_cell_means(run, arm, metric) - trivial)
        if not np.isfinite(gains).all():
            continue  # the control of finiteness has this
        better = _surely_positive(run, gains)
        passed &= better
        found.append(f"{arm.role} {gains.mean() * sign:+.4g} {metric} against it{'' if better else ' (not shown)'}")
    if not found:
        return None
    return Finding(
        control="majority class" if metric == "accuracy" else "mean prediction",
        passed=passed,
        found=f"trivial predictor {metric} {trivial.mean():.4g}; {', '.join(found)}",
        threshold="better at p < .05, one-sided corrected t: a model that learned nothing says nothing about an effect",
        remedy="Check inputs, targets, loss and learning rate with one arm alone; train longer if curves still fall.",
    )


def _trivial(run: Run, cell: Cell) -> float:
    train, test = run.data.y[cell.train], run.data.y[cell.test]
    if run.data.task == "classification":
        return float(np.mean(test == np.bincount(train).argmax()))
    return float(np.mean((test - train.mean(axis=0)) ** 2))


def _cell_means(run: Run, arm: Trained, metric: str) -> np.ndarray:
    values = np.array([replicate.metrics[metric] for replicate in arm.replicates], dtype=float)
    means: np.ndarray = values.reshape(len(run.cells), run.design.seeds).mean(axis=1)
    return means


def _surely_positive(run: Run, gains: np.ndarray) -> bool:
    if np.ptp(gains) < 1e-12:
        return bool(gains.mean() > 0)
    shaped = gains.reshape(run.design.repeats, run.design.folds)
    return corrected_resampled_t(shaped, test_train_ratio=run.design.test_train_ratio).p_greater < 0.05
