"""The arms learned something: the treatment beats the majority class, or the mean; its control is not worse."""

from __future__ import annotations

import numpy as np

from negres_core.design import Cell
from negres_core.evidence import Finding
from negres_core.run import Arm, Run

WHEN = "after"

SLACK = 0.1
"""Share of the trivial predictor's error by which a control arm may be worse than it."""


def check(run: Run) -> Finding | None:
    """Compare each arm's error (1 - accuracy, or the mean squared error) with the trivial predictor's, cell by cell.

    The treatment, or an arm alone, has to be better. A control arm may be weak by intention, a linear model on a
    problem that has no linear answer, or a frozen random base, and then it is at the trivial predictor. But a broken
    one would let any treatment look good. So a control arm that is not shown to be better is named in what was found;
    and it voids the run where it answers every row alike in every replicate, which no model does that looks at its
    inputs, or where it is shown to be worse than the trivial predictor by a tenth of that one's error: who beats that
    has beaten nothing.
    """
    metric = "accuracy" if run.data.task == "classification" else "mse"
    trivial = np.array([_trivial_error(run, cell) for cell in run.cells])
    found, passed = [], True
    for arm in run.arms:
        if arm.recipe.last.objective is not None and metric != "accuracy":
            continue  # what an objective asks of values may be something else than these values
        error = _errors(run, arm, metric)
        if not np.isfinite(error).all():
            continue  # the control of finiteness has this
        better = _surely_positive(run, trivial - error)
        gain = (trivial - error).mean() * (1 if metric == "accuracy" else -1)
        note = "" if better else " (not shown)"
        if arm.role == "treatment":
            passed &= better
        elif not better:
            constant, worse = _answers_alike(arm), _surely_positive(run, error - trivial * (1 + SLACK))
            passed &= not constant and not worse
            note = " (constant)" if constant else " (worse)" if worse else note
        found.append(f"{arm.role} {gain:+.4g} {metric} against it{note}")
    if not found:
        return None
    shown = (1 - trivial if metric == "accuracy" else trivial).mean()
    return Finding(
        control="majority class" if metric == "accuracy" else "mean prediction",
        passed=passed,
        found=f"trivial predictor {metric} {shown:.4g}; {', '.join(found)}",
        threshold="treatment better at p < .05, one-sided t over folds: a model that learned nothing says nothing "
        "about an effect; control not constant, nor worse by a tenth of the error: it may be weak, not broken",
        remedy="Check inputs, targets, loss and learning rate with one arm alone; train longer if curves still fall.",
    )


def _trivial_error(run: Run, cell: Cell) -> float:
    train, test = run.data.y[cell.train], run.data.y[cell.test]
    if run.data.task == "classification":
        return float(np.mean(test != np.bincount(train).argmax()))
    return float(np.mean((test - train.mean(axis=0)) ** 2))


def _errors(run: Run, arm: Arm, metric: str) -> np.ndarray:
    values = np.array([replicate.metrics[metric] for replicate in arm.replicates], dtype=float)
    means: np.ndarray = values.reshape(len(run.cells), run.design.seeds).mean(axis=1)
    return 1 - means if metric == "accuracy" else means


def _answers_alike(arm: Arm) -> bool:
    """Tell whether every replicate predicts one class alone, or one value."""
    return all(
        np.count_nonzero(replicate.predictions.counts) == 1
        if "counts" in replicate.predictions
        else replicate.predictions.sd == 0
        for replicate in arm.replicates
    )


def _surely_positive(run: Run, gains: np.ndarray) -> bool:
    """Tell whether the replicates at hand gain on rows like those they were tested on, at p < .05, one-sided.

    Nothing is said of other training folds, so theirs need no correction: given the models, the folds of a repeat are
    independent. Further repeats test the same rows, and add degrees of freedom alone.
    """
    from scipy.stats import t

    repeats, folds = run.design.repeats, run.design.folds
    error = np.sqrt(gains.reshape(repeats, folds).var(axis=1, ddof=1).mean() / folds)
    if error < 1e-12:
        return bool(gains.mean() > 1e-12)
    return bool(t.sf(gains.mean() / error, repeats * (folds - 1)) < 0.05)
