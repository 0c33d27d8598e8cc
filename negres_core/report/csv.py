"""Replicates as CSV, for analyses of your own: one row per hypothesis and replicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from negres_core.errors import show
from negres_core.evidence import Evidence, Replicate

OWN_COLUMNS = ("hypothesis", "data", "role", "recipe", "replicate", "repeat", "fold", "seed", "status", "train_s")
"""Columns that are not metrics."""


def render(records: Sequence[Evidence], replicates: Mapping[str, Replicate]) -> str:
    """Render the replicates of hypotheses as CSV.

    Args:
        records: the evidence of the hypotheses.
        replicates: the replicates of their arms by id; a missing one has a row without numbers.

    Returns:
        CSV with the columns hypothesis, data, role, recipe, replicate, repeat, fold, seed, status, one column per
        metric, and `train_s`. Text that a spreadsheet would compute begins with an apostrophe; a metric with the name
        of another column is called "metric NAME".
    """
    rows = []
    for evidence in records:
        for arm in evidence.arms:
            for id in arm.own_replicates:
                row: dict[str, object] = {
                    "hypothesis": show(evidence.title, "csv"),
                    "data": show(evidence.data.name, "csv"),
                    "role": arm.role,
                    "recipe": show(arm.recipe, "csv"),
                    "replicate": show(id, "csv"),
                }
                if (replicate := replicates.get(id)) is not None:
                    row |= replicate.key.model_dump(include={"repeat", "fold", "seed"})
                    metrics = {_column(name): value for name, value in replicate.metrics.items()}
                    row |= {"status": replicate.status, **metrics, "train_s": replicate.cost.train_s}
                rows.append(row)
    return pd.DataFrame(rows).to_csv(index=False) if rows else ""


def _column(metric: str) -> str:
    return f"metric {metric}" if metric in OWN_COLUMNS else show(metric, "csv")
