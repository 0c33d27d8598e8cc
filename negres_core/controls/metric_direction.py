"""A metric of the user's own prefers right predictions to wrong ones, and depends on what is predicted."""

from __future__ import annotations

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.claim import Metric
from negres_core.evidence import Finding
from negres_core.metrics import Predicted, certain, find_metric, score_metric
from negres_core.run.run import Run

NAME = "metric direction"
WHEN = "before"
FITS = True

SHUFFLES = 20
"""Orders of the targets that are given as predictions: that all of them beat the right one is not chance."""
MOST_ROWS = 1_024
"""Most rows of the first test fold on which the metric is computed."""


def check(run: Run) -> Finding | None:
    """Compare the score of the targets themselves with that of the same targets in other orders.

    A metric with the wrong direction prefers every other order. One that does not depend on the targets, such as a
    share of alarms, is the same in all orders, and is not judged by that; but it has to change for some prediction.
    """
    metric, targets = run.metric, run.data.y[run.cells[0].test]
    targets = targets[spread_rows(len(targets), most=MOST_ROWS)]
    if metric.compute is None or metric == find_metric(metric.name) or (targets == targets[:1]).all():
        return None
    random = np.random.default_rng(0)
    classes = run.data.classes
    right = _score(metric, targets, targets, classes)
    wrong = [_score(metric, targets, random.permutation(targets), classes) for _ in range(SHUFFLES)]
    constants = [_score(metric, targets, np.broadcast_to(target, targets.shape), classes) for target in _some(targets)]
    scores = [right, *wrong, *constants]
    if not np.isfinite([right, *wrong]).all():
        return None
    sign = 1 if metric.higher_is_better else -1
    rounding = 1e-9 * max(map(abs, (right, *wrong)))
    prefers_wrong = all(sign * (each - right) > rounding for each in wrong)
    is_constant = all(abs(each - right) <= rounding for each in scores)
    return Finding(
        control=NAME,
        passed=not (prefers_wrong or is_constant),
        found=f"{metric.name} is {right:.4g} for perfect predictions, and from {min(wrong):.4g} to {max(wrong):.4g} "
        "for the same predictions in other "
        f"orders{'; it is the same for whatever is predicted' if is_constant else ''}",
        threshold=f"expected that not every other order is better, where {'more' if sign > 0 else 'less'} is better, "
        "and that the metric changes with the predictions",
        remedy="Check `higher_is_better` of the metric, and that its function uses both of its arguments: the targets, "
        "and then the predictions.",
    )


def _some(targets: np.ndarray) -> list[np.ndarray]:
    """Return two different targets."""
    first = targets[0]
    other = next(each for each in targets if not np.array_equal(each, first))
    return [first, other]


def _score(metric: Metric, targets: np.ndarray, predicted: np.ndarray, classes: int) -> float:
    """Return the metric of targets or values that are predicted; NaN if it cannot be computed of them."""
    if classes:
        given = certain(np.maximum(predicted, 0), classes)  # what does not count is predicted all the same
    else:
        given = Predicted(predicted.astype(np.float64), predicted if predicted.dtype.kind == "i" else None)
    score = score_metric(metric, targets, given)
    return float("nan") if score is None else score
