"""Fits are blind: what a fit answers does not depend on the targets of the test fold, and is scored by negres."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from negres_core.controls.small_runs import p_better
from negres_core.evidence import Finding
from negres_core.metrics import METRICS
from negres_core.run.arm import Arm
from negres_core.run.models import Models
from negres_core.run.run import Run

NAME = "blind fit"
WHEN = "after"
FITS = True

CELLS = 3
"""Cells whose predictions are computed again. A choice that is made on the test fold may come out the same in one."""
MIN_CELLS = 5
"""Cells, or more, in which a metric of a fit's own is computed again."""
MIN_P_WRONG_TARGETS = 1e-3
"""p-value below which a metric prefers wrong targets. Five cells cannot give a much smaller one."""
ROUNDING = 1e-4
"""How far predictions may differ, relative to the largest: threads may sum in another order."""


def check(run: Run) -> Finding | None:
    """Compute fits again with other targets of the test fold.

    Every class label, also of a step or a pixel, becomes the next class, several labels a row become all others, and
    every value is mirrored in the middle of the fold's range. Predictions must stay the same. A metric of a fit's own
    may change, but a metric that clearly prefers the wrong targets has the wrong sign. A number for which predictions
    would do is not believed: nothing shows on which rows it was computed.

    The control does not apply to targets that are the inputs.
    """
    if run.models is None:
        return None
    results = [
        (fault, f"{arm.role} arm {words}")
        for arm in run.arms
        if arm.recipe.fit is not None
        for fault, words in _judge(run, run.models, arm)
    ]
    if not results:
        return None
    return Finding(
        control=NAME,
        passed=not any(fault for fault, _ in results),
        found="; ".join(words for _, words in results),
        threshold="expected 0 changed predictions when the targets of the test fold change, no metric that prefers "
        f"wrong targets (p {MIN_P_WRONG_TARGETS:g} or more), and predictions rather than numbers for every metric that "
        "negres computes itself: test.y is for scoring only",
        remedy="Use train.y for fitting, selection and early stopping, and return the predictions. If the metric is "
        "your own, check its `higher_is_better`.",
    )


def _judge(run: Run, models: Models, arm: Arm) -> Iterator[tuple[bool, str]]:
    """Yield whether there is a fault, and what was found, for one fit."""
    positions = [place * run.design.seeds_per_cell for place in range(len(run.cells))]
    if _are_inputs(run, run.cells[0].test):
        return
    targets = run.data.y[run.cells[0].test]
    first = models.refit(arm, positions[0], targets)
    if not isinstance(first, Mapping):
        yield _judge_predictions(run, models, arm, positions[:CELLS])
    elif run.metric.compute is not None or run.metric.name in METRICS:
        yield True, f"returns {run.metric.name} as a number, so nothing shows on which rows it was computed"
    elif run.metric.key in first:
        yield _judge_metric(run, models, arm, positions)


def _judge_predictions(run: Run, models: Models, arm: Arm, positions: list[int]) -> tuple[bool, str]:
    changed = rows = 0
    for position in positions:
        targets = run.data.y[run.cell_of(arm.replicates[position]).test]
        predicted, other = (
            np.asarray(models.refit(arm, position, y)).reshape(len(targets), -1)
            for y in (targets, turn(targets, run.data.outputs))
        )
        differ = _differing_rows(predicted, other)
        if differ.any():
            again = np.asarray(models.refit(arm, position, targets)).reshape(predicted.shape)
            if _differing_rows(predicted, again).any():
                return False, "gives other predictions when it is called again, so nothing can be said about it"
        changed, rows = changed + int(differ.sum()), rows + len(differ)
    return changed > 0, f"changes {changed} of {rows} predictions when the targets of the test fold change"


def _judge_metric(run: Run, models: Models, arm: Arm, positions: list[int]) -> tuple[bool, str]:
    """Compare a metric of the fit's own on true and on wrong targets, over whole repeats."""
    name, folds = run.metric.key, run.design.folds
    repeats = min(-(-MIN_CELLS // folds), len(positions) // folds)
    values: list[tuple[float, float]] = []
    for position in positions[: repeats * folds]:
        replicate = arm.replicates[position]
        targets = turn(run.data.y[run.cell_of(replicate).test], run.data.outputs)
        recorded = replicate.metrics[name]
        other = models.refit(arm, position, targets)
        assert isinstance(other, Mapping)
        values.append((np.nan if recorded is None else recorded, other[name]))
        if len(values) == CELLS and all(true == wrong for true, wrong in values):
            return False, f"reports {name}, which does not depend on the targets of the test fold"
    true, wrong = np.array(values, dtype=float).T
    sign = 1 if run.metric.higher_is_better else -1
    differences = (sign * (wrong - true)).reshape(repeats, folds)
    p_value = p_better(differences, run) if np.isfinite(differences).all() else 1.0
    return p_value < MIN_P_WRONG_TARGETS, (
        f"reports {name} {true.mean():.4g} on true and {wrong.mean():.4g} on wrong targets, "
        f"p {p_value:.2g} that wrong ones are preferred (one-sided corrected t)"
    )


def turn(targets: np.ndarray, classes: int) -> np.ndarray:
    """Return wrong targets of the same kind: the next class, all other labels, or mirrored values.

    Values are mirrored in the middle of their range.

    >>> turn(np.array([0, 2, 1]), 3).tolist()
    [1, 0, 2]
    """
    if targets.dtype.kind == "f":
        wrong: np.ndarray = targets.max(axis=0) + targets.min(axis=0) - targets
    else:
        wrong = np.where(targets < 0, targets, (targets + 1) % (2 if targets.ndim == 2 else classes))
    return wrong.astype(targets.dtype)


def _are_inputs(run: Run, rows: np.ndarray) -> bool:
    """Return whether the targets are the inputs, as in a reconstruction: a fit may then take them from either."""
    x, y = run.data.flatten(rows), run.data.y[rows].reshape(len(rows), -1)
    return x.shape == y.shape and bool(np.array_equal(x, y))


def _differing_rows(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Return which rows of two arrays differ beyond rounding; labels do not round."""
    rounding = ROUNDING * np.abs(one).max() if one.dtype.kind == "f" else 0
    differ: np.ndarray = (np.abs(one - other) > rounding).any(axis=1)
    return differ
