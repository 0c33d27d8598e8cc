"""The arms learned something: each is compared with the best constant prediction, in the claim's own metric."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from negres_core.claim import Metric
from negres_core.controls.small_runs import p_better
from negres_core.evidence import Finding, Replicate
from negres_core.metrics import (
    METRICS,
    best_constant,
    constant_score,
    find_metric,
    has_row_scores,
    perfect_score,
    shows_learning,
    task_metric,
)
from negres_core.run.arm import Arm
from negres_core.run.run import Run

NAME = "majority class"
NAME_FOR_VALUES = "mean prediction"
"""Name of the findings in a regression, where the best constant is a value, such as the mean, not a class."""
WHEN = "after"
FITS = True

MAX_EXCESS_ERROR = 0.1
"""By how much an arm may be worse than the constant, as a share of what separates the constant from perfection."""

STRETCHES = 10
"""Stretches of a time series whose mean gains are compared."""

Verdicts = list[Literal["supported", "refuted"]]


@dataclass(frozen=True)
class _Comparison:
    """An arm beside the best constant.

    Attributes:
        arm: the arm.
        metric: the metric of the gains.
        constant: mean score of the constant.
        gains: by how much the arm is better, (repeats, folds); or by single rows, (1, rows), if the design scores them.
        state: "better" and "worse" at p < 0.05 (worse by a tenth of what separates the constant from perfection);
            "constant" if every replicate gives all rows the same answer; else "open".
        better_in: the metric in which the arm is better, None if in none.
    """

    arm: Arm
    metric: Metric
    constant: float
    gains: np.ndarray
    state: Literal["better", "open", "constant", "worse"]
    better_in: str | None

    def __str__(self) -> str:
        elsewhere = f" (better in {self.better_in})" if self.better_in != self.metric.name else ""
        note = {"better": elsewhere, "open": " (not significant)"}.get(self.state, f" ({self.state})")
        return f"{self.arm.role} arm {self.gains.mean():+.4g}{note}"


def check(run: Run) -> Finding | None:
    """Compare each arm with a constant, cell by cell; see docs/controls.md for the table of consequences.

    What separates an arm that learned nothing from data that have nothing to teach is evidence from elsewhere: the
    other arm learned these data, or the arm learned a planted signal in a small run. An arm that is constant or worse
    than a constant makes the run invalid if the other arm shows that the data can be learned, or if no small run shows
    that the arm can learn. A control arm may be weak on purpose, such as a linear model on a nonlinear problem, and a
    fit may be a constant on purpose.
    """
    comparisons = [each for arm in run.arms if (each := _compare(run, arm)) is not None]
    if not comparisons:
        return None
    learnable = any(each.state == "better" for each in comparisons)
    broken = [
        each
        for each in comparisons
        if each.state in ("constant", "worse") and not each.arm.recipe.fit and (learnable or not _is_sound(run, each))
    ]
    first = comparisons[0]
    return Finding(
        control=NAME if run.data.has_labels else NAME_FOR_VALUES,
        passed=not broken,
        found=f"{first.metric.name} {first.constant:.4g} for the best constant prediction; in comparison, "
        f"{', '.join(map(str, comparisons))}",
        threshold="expected the treatment arm to be better at p < 0.05 (one-sided t over folds), since otherwise the "
        "run shows nothing about an effect; and expected no arm to be constant, or worse by a tenth, if another arm "
        "learned these data or if it did not learn a planted signal either",
        remedy="Check inputs, targets, loss and learning rate with one arm alone; train longer if the loss curves are "
        "still falling.",
        withholds=[] if broken else _withheld(run, comparisons, learnable=learnable),
    )


def _withheld(run: Run, comparisons: Sequence[_Comparison], *, learnable: bool) -> Verdicts:
    """Return the verdicts that the run does not allow, because the treatment arm is not shown to have learned.

    A refutation is a finding if the arm learned a planted signal, and if it is clear that there is no effect to miss:
    another arm learned these data, or the arm's gain over the constant is smaller than the margin. A bar that is not
    reached needs no more than the first.
    """
    treatment = next((each for each in comparisons if each.arm.role == "treatment"), None)
    if treatment is None or treatment.state == "better":
        return []
    if not _is_sound(run, treatment):
        return ["supported", "refuted"]
    is_clear = learnable or run.claim is None or run.claim.kind == "reaches" or _falls_short(run, treatment)
    return ["supported"] if is_clear else ["supported", "refuted"]


def _is_sound(run: Run, each: _Comparison) -> bool:
    """Return whether an arm can learn; a fit is the researcher's own function, which no small run tests."""
    return each.arm.recipe.fit is not None or each.arm.role in run.sound


def _falls_short(run: Run, treatment: _Comparison) -> bool:
    """Return whether an arm's gain over the constant is less than the margin of the claim at p < 0.05.

    In the claim's metric the score of a constant may not be known, as in decibels. But an arm that is worse than a
    constant in the metric of the task falls short of any margin.
    """
    if run.claim is None or run.claim.kind != "beats":
        return False
    if treatment.metric != run.metric:
        return treatment.state == "worse"
    shortfall = run.claim.margin - treatment.gains
    if run.design.scores_rows:
        return _is_clearly_positive(shortfall)
    return p_better(shortfall, run) < 0.05


def _compare(run: Run, arm: Arm) -> _Comparison | None:
    """Compare an arm with a constant, in the claim's metric and in that of the task; None if neither applies."""
    results = list(_gains(run, arm))
    if not results:
        return None
    better_in = next((metric.name for metric, _, gains, _ in results if _is_clearly_positive(gains)), None)
    metric, constants, gains, _ = results[0]
    state: Literal["better", "open", "constant", "worse"] = "open"
    if better_in is not None:
        state = "better"
    elif all(_has_one_answer(replicate) for replicate in arm.replicates):
        state = "constant"
    elif all(_is_clearly_positive(-gains - MAX_EXCESS_ERROR * room) for _, _, gains, room in results):
        state = "worse"
    return _Comparison(arm, metric, float(constants.mean()), gains, state, better_in)


def _gains(run: Run, arm: Arm) -> Iterator[tuple[Metric, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield each metric that shows learning, the scores of the constant, the arm's gains, and what separates these.

    The claim's metric comes first. The metric of the task, such as accuracy or the mean squared error, may show what it
    does not: an overconfident classifier has a large loss, and yet it has learned. An arm whose rows are weighted or
    resampled may give up accuracy for balanced accuracy on purpose.
    """
    if not arm.recipe.fit and arm.recipe.last.objective is not None and not run.data.has_labels:
        return  # an objective may ask for other values than the targets
    metrics = [run.metric, task_metric(run.data.task)]
    if run.data.task == "classification" and _has_other_shares(run, arm):
        metrics.append(METRICS["balanced_accuracy"])
    for metric in dict.fromkeys(metrics):
        if any(metric.key not in replicate.metrics for replicate in arm.replicates):
            continue
        if not shows_learning(metric, run.data.y, classes=_classes(run)):
            continue
        if run.design.scores_rows:
            yield from _row_gains(run, arm, metric)
            continue
        values = run.values(arm, metric.key)
        constants = [_constant(run, arm, metric, place) for place in range(len(run.cells))]
        constant = np.array(constants, dtype=float)
        if not np.isfinite(constant).all() or not np.isfinite(values).all():
            continue  # the control "finite" reports the latter
        sign = 1 if metric.higher_is_better else -1
        room = np.abs(_perfect(run, metric) - constant)
        shape = (-1, run.design.folds)
        gains = sign * (values.mean(axis=2).ravel() - constant)
        yield metric, constant, gains.reshape(shape), room.reshape(shape)


def _has_other_shares(run: Run, arm: Arm) -> bool:
    """Return whether classes may have other shares in an arm's training than in the data."""
    is_weighted = any(stage.class_weight is not None for stage in arm.recipe.stages)
    return is_weighted or arm.recipe.resample is not None or run.data.sample_weight is not None


def _row_gains(run: Run, arm: Arm, metric: Metric) -> Iterator[tuple[Metric, np.ndarray, np.ndarray, np.ndarray]]:
    """Yield the same for a design that scores single rows, with the gains of rows, or of stretches of a time series."""
    if not run.predicted.get(arm.role) or (
        run.design.kind == "time series" and not has_row_scores(metric, task=run.data.task)
    ):
        return
    constants = []
    for cell in run.judged_cells:
        constant = best_constant(metric, run.data.y[cell.train], classes=_classes(run))
        if constant is None:
            return
        constants.append([constant.repeated(len(cell.test))])
    each = run.row_table(arm, metric).scores.mean(axis=0)
    constant_scores = run.score_cells(metric, constants).scores[0]
    gains = (1 if metric.higher_is_better else -1) * (each - constant_scores)
    if run.design.kind == "time series":
        # Neighbours in time depend on each other; stretches of them hardly do.
        gains = np.array([part.mean() for part in np.array_split(gains, STRETCHES)])
    room = np.abs(np.mean(_perfect(run, metric)) - constant_scores.mean())
    yield metric, constant_scores, gains[None], np.full((1, len(gains)), room)


def _constant(run: Run, arm: Arm, metric: Metric, place: int) -> float | None:
    """Return the score of the best constant in a cell, by the place of the cell."""
    cell = run.cells[place]
    if metric.name == "loss" and metric == find_metric(metric.name):
        recipe = arm.recipe_of(place * run.design.seeds_per_cell)
        return None if run.models is None or recipe.fit is not None else run.models.constant_loss(recipe, cell)
    return constant_score(metric, run.data.y[cell.train], run.data.y[cell.test], classes=_classes(run))


def _perfect(run: Run, metric: Metric) -> np.ndarray:
    """Return the score of a perfect prediction in each cell."""
    if metric.compute is None:
        return np.full(len(run.cells), 1.0 if metric.higher_is_better else 0.0)
    scores = [perfect_score(metric, run.data.y[cell.test], classes=_classes(run)) for cell in run.cells]
    return np.array(scores, dtype=float)


def _classes(run: Run) -> int:
    return run.data.classes


def _has_one_answer(replicate: Replicate) -> bool:
    """Return whether a replicate predicts the same class, the same labels, or the same value for all rows."""
    counts, sd = replicate.predictions.counts, replicate.predictions.sd
    return sd == 0 if sd is not None or counts is None else np.count_nonzero(counts) == 1


def _is_clearly_positive(gains: np.ndarray) -> bool:
    """Return whether these models gain on rows like those they were tested on, at p < 0.05, one-sided.

    This makes no statement about other training folds, so it needs no correction for them: given the models, the folds
    of a repeat are independent. Further repeats test the same rows, and add only degrees of freedom.
    """
    from scipy.stats import t

    repeats, folds = gains.shape
    error = np.sqrt(gains.var(axis=1, ddof=1).mean() / folds)
    if error < 1e-12:
        return bool(gains.mean() > 1e-12)
    return bool(t.sf(gains.mean() / error, repeats * (folds - 1)) < 0.05)
