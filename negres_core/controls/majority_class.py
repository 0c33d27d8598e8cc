"""The arms learned something: the treatment arm beats the best constant prediction; the control arm is not worse."""

from __future__ import annotations

import numpy as np

from negres_core.design import Cell
from negres_core.evidence import Finding, Replicate
from negres_core.run import Arm, Run

NAME = "majority class"
NAME_FOR_VALUES = "mean prediction"
"""Name of the findings in a regression, where the best constant is the mean of the training fold, not a class."""
WHEN = "after"

MAX_EXCESS_ERROR = 0.1
"""By how much a control arm may be worse than the constant, as a share of the constant's error."""


def check(run: Run) -> Finding | None:
    """Compare each arm's error (1 - accuracy, or the mean squared error) with that of a constant, cell by cell.

    The treatment arm, or a single arm, has to be better than the constant. The control arm may be weak on purpose, such
    as a linear model on a nonlinear problem or a frozen random base, and then it is only as good as the constant. But a
    broken control arm would let any treatment arm look good. So the finding reports a control arm that is not clearly
    better, and the run is invalid in two cases. Either the control arm gives the same answer to every row in every
    replicate, which a model that uses its inputs never does. Or it is clearly worse than the constant, by a tenth of
    the constant's error: beating it shows nothing.
    """
    is_classification = run.data.task == "classification"
    metric, sign = ("accuracy", 1) if is_classification else ("mse", -1)
    trivial = np.array([_trivial_error(run, cell) for cell in run.cells])
    comparisons, passed = [], True
    for arm in run.arms:
        if arm.recipe.last.objective is not None and not is_classification:
            continue  # an objective may ask for other values than the targets
        error = _errors(run, arm, metric)
        if not np.isfinite(error).all():
            continue  # the control "finite" reports this
        is_better = _is_clearly_positive(run, trivial - error)
        note = "" if is_better else " (not significant)"
        if arm.role == "treatment":
            passed &= is_better
        elif not is_better:
            is_constant = all(_has_one_answer(replicate) for replicate in arm.replicates)
            is_worse = _is_clearly_positive(run, error - trivial * (1 + MAX_EXCESS_ERROR))
            passed &= not is_constant and not is_worse
            note = " (constant)" if is_constant else " (worse)" if is_worse else note
        comparisons.append(f"{arm.role} arm {sign * (trivial - error).mean():+.4g}{note}")
    if not comparisons:
        return None
    score = (1 - trivial if is_classification else trivial).mean()
    return Finding(
        control=NAME if is_classification else NAME_FOR_VALUES,
        passed=passed,
        found=f"{metric} {score:.4g} for the best constant prediction; in comparison, {', '.join(comparisons)}",
        threshold="expected the treatment arm to be better at p < 0.05 (one-sided t over folds), since models that "
        "learned nothing show nothing about an effect, and the control arm to be neither constant nor worse by a tenth "
        "of the constant's error: it may be weak, but not broken",
        remedy="Check inputs, targets, loss and learning rate with one arm alone; train longer if the loss curves are "
        "still falling.",
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


def _has_one_answer(replicate: Replicate) -> bool:
    """Return whether a replicate predicts the same class, or the same value, for all rows."""
    counts = replicate.predictions.counts
    return replicate.predictions.sd == 0 if counts is None else np.count_nonzero(counts) == 1


def _is_clearly_positive(run: Run, gains: np.ndarray) -> bool:
    """Return whether these models gain on rows like those they were tested on, at p < 0.05, one-sided.

    This makes no statement about other training folds, so it needs no correction for them: given the models, the folds
    of a repeat are independent. Further repeats test the same rows, and add only degrees of freedom.
    """
    from scipy.stats import t

    repeats, folds = run.design.repeats, run.design.folds
    error = np.sqrt(gains.reshape(repeats, folds).var(axis=1, ddof=1).mean() / folds)
    if error < 1e-12:
        return bool(gains.mean() > 1e-12)
    return bool(t.sf(gains.mean() / error, repeats * (folds - 1)) < 0.05)
