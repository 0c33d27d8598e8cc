"""Replicates and scores as CSV, for analyses of your own: one row per hypothesis and replicate or score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import pandas as pd

from negres_core.errors import show
from negres_core.evidence import AS_GIVEN, Evidence, Replicate

OWN_COLUMNS = ("hypothesis", "data", "role", "recipe", "replicate", "repeat", "fold", "seed", "status", "train_s")
"""Columns that are not metrics."""


class GivenScore(NamedTuple):
    """A score that was given, with the labels of its cell and its seed."""

    arm: str
    repeat: str
    fold: str
    seed: str
    score: float


def render(
    records: Sequence[Evidence],
    replicates: Mapping[str, Replicate],
    scores: Mapping[str, Sequence[GivenScore]] | None = None,
) -> str:
    """Render the replicates of hypotheses, and the scores that were given, as CSV.

    Args:
        records: the evidence of the hypotheses.
        replicates: the replicates of their arms by id; a missing one has a row without numbers.
        scores: the scores of hypotheses whose scores were given, by the hypothesis; their status says so.

    Returns:
        CSV with the columns hypothesis, data, role, recipe, replicate, repeat, fold, seed, status, one column per
        metric, and `train_s`. Text that a spreadsheet would compute begins with an apostrophe; a metric with the name
        of another column is called "metric NAME".
    """
    rows: list[dict[str, object]] = []
    for evidence in records:
        rows += _rows_of_scores(evidence, (scores or {}).get(evidence.hypothesis, ()))
        for arm in evidence.arms:
            for id in arm.own_replicates:
                row: dict[str, object] = {
                    "hypothesis": show(evidence.title, "csv"),
                    "data": show(evidence.data.name, "csv"),
                    "role": arm.role,
                    "recipe": show(arm.name, "csv"),
                    "replicate": show(id, "csv"),
                }
                if (replicate := replicates.get(id)) is not None:
                    row |= replicate.key.model_dump(include={"repeat", "fold", "seed"})
                    metrics = {_column(name): value for name, value in replicate.metrics.items()}
                    row |= {"status": replicate.status, **metrics, "train_s": replicate.cost.train_s}
                rows.append(row)
    return pd.DataFrame(rows).to_csv(index=False) if rows else ""


def _rows_of_scores(evidence: Evidence, scores: Sequence[GivenScore]) -> list[dict[str, object]]:
    roles = {arm.recipe: arm.role for arm in evidence.arms}
    return [
        {
            "hypothesis": show(evidence.title, "csv"),
            "data": show(evidence.data.name, "csv"),
            "role": roles.get(each.arm),
            "recipe": show(each.arm, "csv"),
            "replicate": "",
            "repeat": show(each.repeat, "csv"),
            "fold": show(each.fold, "csv"),
            "seed": show(each.seed, "csv"),
            "status": AS_GIVEN,
            _column(evidence.claim.metric): each.score,
        }
        for each in scores
    ]


def _column(metric: str) -> str:
    return f"metric {metric}" if metric in OWN_COLUMNS else show(metric, "csv")
