"""Replicates as CSV: one row a replicate and hypothesis, for whoever wants to look with other eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pandas as pd

from negres_core.evidence import Evidence, Replicate


def render(evidences: Sequence[Evidence], replicates: Mapping[str, Replicate]) -> str:
    """Render hypotheses as CSV.

    Args:
        evidences: the hypotheses.
        replicates: the replicates of their arms by id; one that is missing has a row without numbers.

    Returns:
        CSV with columns hypothesis, data, role, recipe, replicate, repeat, fold, seed, status, one a metric, and
        `train_s`.
    """
    rows = []
    for evidence in evidences:
        for arm in evidence.arms:
            for id in arm.replicates[-1]:
                row: dict[str, object] = {
                    "hypothesis": evidence.title,
                    "data": evidence.data.name,
                    "role": arm.role,
                    "recipe": arm.recipe,
                    "replicate": id,
                }
                if (found := replicates.get(id)) is not None:
                    row |= found.key.model_dump(include={"repeat", "fold", "seed"})
                    row |= {"status": found.status, **found.metrics, "train_s": found.cost.train_s}
                rows.append(row)
    return pd.DataFrame(rows).to_csv(index=False) if rows else ""
