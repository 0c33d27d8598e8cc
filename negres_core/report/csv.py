"""Replicates as CSV, for analyses of your own: one row per hypothesis and replicate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from negres_core.evidence import Evidence, Replicate


def render(records: Sequence[Evidence], replicates: Mapping[str, Replicate]) -> str:
    """Render the replicates of hypotheses as CSV.

    Args:
        records: the evidence of the hypotheses.
        replicates: the replicates of their arms by id; a missing one has a row without numbers.

    Returns:
        CSV with the columns hypothesis, data, role, recipe, replicate, repeat, fold, seed, status, one column per
        metric, and `train_s`.
    """
    rows = []
    for evidence in records:
        for arm in evidence.arms:
            for id in arm.replicates[-1]:
                row: dict[str, object] = {
                    "hypothesis": evidence.title,
                    "data": evidence.data.name,
                    "role": arm.role,
                    "recipe": arm.recipe,
                    "replicate": id,
                }
                if (replicate := replicates.get(id)) is not None:
                    row |= replicate.key.model_dump(include={"repeat", "fold", "seed"})
                    row |= {"status": replicate.status, **replicate.metrics, "train_s": replicate.cost.train_s}
                rows.append(row)
    return pd.DataFrame(rows).to_csv(index=False) if rows else ""
