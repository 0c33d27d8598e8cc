"""Row scores: what each arm predicts for single test rows, scored and kept, for designs that judge them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.claim import CostMetric, Metric
from negres_core.dataset import Task
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.evidence import ClaimRecord
from negres_core.metrics import has_row_scores
from negres_core.metrics.of_rows import Unit
from negres_core.run.run import Run


class ArmTables(NamedTuple):
    """Scores of single test rows of all arms.

    Attributes:
        scores: (arms, seeds, columns).
        unit: what a column stands for.
    """

    scores: np.ndarray
    unit: Unit


def check_row_metric(metric: Metric, design: Design, recipes: Sequence[Recipe], task: Task) -> None:
    """Raise InputError if a design scores single rows, and the metric of a claim has no scores of them.

    A cost is judged by its cells.
    """
    if not design.scores_rows or isinstance(metric, CostMetric):
        return
    name = f"A claim about {metric.name!r} cannot be judged by this design: "
    if design.kind == "time series" and not has_row_scores(metric, task=task):
        raise InputError(
            f"{name}rows of a time series are judged one by one, and the metric is not a mean over them.",
            received=design.layout(),
            remedy="Claim exact_match, row_accuracy, row_f1 or row_iou."
            if task == "segmentation"
            else "Claim mse, mae, pinball_Q, accuracy, log_loss or brier.",
        )
    if metric.compute is None:
        own = any(recipe.fit is not None and metric in recipe.fit.metrics for recipe in recipes)
        instead = "let the fit return predictions, with Metric(..., compute=...)" if own else "use KFolds"
        raise InputError(
            f"{name}it scores single test rows, and the metric is not computed of predictions.",
            received=design.layout(),
            remedy=f"Claim a metric of predictions, such as mse for values and log_loss for classes; or {instead}.",
        )


def score_run(run: Run) -> ArmTables:
    """Score the predictions of a trained run, each arm under each seed, row by row.

    Raises:
        InputError: the metric cannot be computed of the predictions.
    """
    tables = [run.row_table(arm, run.metric) for arm in run.arms]
    return ArmTables(np.stack([table.scores for table in tables]), tables[0].unit)


def row_differences(scores: np.ndarray, claim: ClaimRecord) -> np.ndarray:
    """Return the differences of single rows that a claim is about, signed so that positive is better, (seeds, columns).

    Args:
        scores: (arms, seeds, columns).
        claim: the record of the claim.
    """
    reference = scores[1] if len(scores) > 1 else claim.threshold
    signed: np.ndarray = (scores[0] - reference) * (1 if claim.higher_is_better else -1)
    return signed
