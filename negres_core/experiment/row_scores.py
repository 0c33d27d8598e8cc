"""Row scores: what each arm predicts for single test rows, scored and kept, for designs that judge them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from negres_core.claim import CostMetric, Metric
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.evidence import ClaimRecord
from negres_core.metrics import Predicted, has_row_scores, score_rows, score_table
from negres_core.metrics.of_rows import Unit
from negres_core.recipe import Recipe
from negres_core.run import Arm, Run


class RowTable(NamedTuple):
    """Scores of single test rows.

    Attributes:
        scores: (arms, seeds, columns).
        unit: what a column stands for.
    """

    scores: np.ndarray
    unit: Unit


def check_row_metric(metric: Metric, design: Design, recipes: Sequence[Recipe]) -> None:
    """Raise InputError if a design scores single rows, and the metric of a claim has no scores of them.

    A cost is judged by its cells.
    """
    if not design.scores_rows or isinstance(metric, CostMetric):
        return
    name = f"A claim about {metric.name!r} cannot be judged by this design: "
    if design.kind == "time series" and not has_row_scores(metric):
        raise InputError(
            f"{name}rows of a time series are judged one by one, and the metric is not a mean over them.",
            received=design.layout(),
            remedy="Claim mse, mae, pinball_Q, accuracy, log_loss or brier.",
        )
    if metric.compute is None:
        own = any(recipe.fit is not None and metric in recipe.fit.metrics for recipe in recipes)
        instead = "let the fit return predictions, with Metric(..., compute=...)" if own else "use KFolds"
        raise InputError(
            f"{name}it scores single test rows, and the metric is not computed of predictions.",
            received=design.layout(),
            remedy=f"Claim a metric of predictions, such as mse for values and log_loss for classes; or {instead}.",
        )


def score_run(run: Run) -> RowTable:
    """Score the predictions of a trained run, each arm under each seed, row by row.

    Raises:
        InputError: the metric cannot be computed of the predictions.
    """
    if run.design.kind == "time series":
        return RowTable(np.stack([_in_time(run, arm) for arm in run.arms]), "rows")
    test = run.cells[0].test
    groups = None if run.data.groups is None else run.data.groups[test]
    tables = [score_table(run.metric, run.data.y[test], run.predicted[arm.role], groups=groups) for arm in run.arms]
    return RowTable(np.stack([table for table, _ in tables]), tables[0][1])


def row_differences(scores: np.ndarray, claim: ClaimRecord) -> np.ndarray:
    """Return the differences of single rows that a claim is about, signed so that positive is better, (seeds, columns).

    Args:
        scores: (arms, seeds, columns).
        claim: the record of the claim.
    """
    reference = scores[1] if len(scores) > 1 else claim.threshold
    signed: np.ndarray = (scores[0] - reference) * (1 if claim.higher_is_better else -1)
    return signed


def _in_time(run: Run, arm: Arm) -> np.ndarray:
    """Return the scores of an arm's test rows in the order of time, (seeds, rows)."""
    seeds = run.design.seeds_per_cell
    by_cell = []
    for place, cell in enumerate(run.cells):
        predicted = run.predicted[arm.role][place * seeds : (place + 1) * seeds]
        by_cell.append(np.stack([_scored(run, cell.test, each) for each in predicted]))
    return np.concatenate(by_cell, axis=1).astype(np.float64)


def _scored(run: Run, test: np.ndarray, predicted: Predicted) -> np.ndarray:
    scores = score_rows(run.metric, run.data.y[test], predicted)
    if scores is None:
        raise InputError(
            f"The metric {run.metric.name!r} cannot be computed of what an arm predicts.",
            received="predictions without probabilities",
            remedy="Return probabilities of the classes.",
        )
    return scores
