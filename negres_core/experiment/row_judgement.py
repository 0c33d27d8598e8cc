"""Row judgement: the estimate from the differences of single test rows, for designs that score them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from negres_core.design import Design, GivenSplits, TimeSeries
from negres_core.evidence.result import Scopes
from negres_core.statistics.crossed_effects import crossed_effects, standard_error_of_few_rows
from negres_core.statistics.diebold_mariano import diebold_mariano
from negres_core.statistics.row_estimate import RowEstimate, estimate_in_time, estimate_over_rows


class RowJudgement(NamedTuple):
    """The estimate that a claim is judged by, and the same effect in every scope that can be judged."""

    estimate: RowEstimate
    scopes: Scopes


def judge_rows(differences: np.ndarray, design: Design, *, is_counted: bool) -> RowJudgement:
    """Estimate the effect from the differences of single rows.

    Args:
        differences: (seeds, test rows), or columns that stand for groups or blocks of rows; in a time series in the
            order of time. Treatment arm minus control arm, or arm minus bar, signed so that positive is better.
        design: a design that scores single rows.
        is_counted: whether the metric is the share of rows that an arm gets right.

    Raises:
        InputError: all differences are equal, or there are too few rows.
    """
    if design.kind == "time series":
        like = design.like if isinstance(design, GivenSplits) else design
        assert isinstance(like, TimeSeries)
        result = diebold_mariano(differences.mean(axis=0), gap=like.gap)
        estimate = estimate_in_time(result, seeds=len(differences))
        return RowJudgement(estimate, [("this stretch of time", result.judged)])
    least = standard_error_of_few_rows(differences.shape[1]) if is_counted else 0.0
    crossed = crossed_effects(differences, least_standard_error=least)
    scopes = [
        ("any seeds, on this test set", crossed.over_seeds),
        ("these trainings, on rows like these", crossed.over_rows),
        ("any seeds, on rows like these", crossed.over_both),
    ]
    return RowJudgement(estimate_over_rows(crossed), [(name, each) for name, each in scopes if each is not None])
