"""The metric that a user names, as replicates record it: one of negres, or one that a claim brought."""

from __future__ import annotations

from collections.abc import Sequence

from negres_core.errors import InputError
from negres_core.evidence import Evidence
from negres_core.metrics import METRICS, find_metric


def recorded_metric(name: str, records: Sequence[Evidence]) -> tuple[str, bool]:
    """Return the name under which replicates record a metric, and its direction.

    Metrics that are not of negres are known from the claims.

    Raises:
        InputError: there is no such metric, or several have the name.
    """
    if (metric := find_metric(name)) is not None:
        return metric.name, metric.higher_is_better
    claimed = {
        (each.claim.key, each.claim.higher_is_better) for each in records if name in (each.claim.metric, each.claim.key)
    }
    if len(claimed) == 1:
        return claimed.pop()
    if claimed:
        raise InputError(
            f"Several metrics have the name {name!r}: their functions or directions differ.",
            received=f"--metric {name}",
            remedy=f"Give one of: {', '.join(sorted({key for key, _ in claimed}))}.",
        )
    others = sorted({each.claim.metric for each in records} - METRICS.keys())
    raise InputError(
        f"There is no metric {name!r}.",
        received=f"--metric {name}",
        remedy=f"Give one of: {', '.join([*METRICS, *others])}; top_K, such as top_10; or pinball_Q, such as "
        "pinball_0.9.",
    )
