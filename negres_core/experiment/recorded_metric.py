"""The metric that a user names, as replicates record it: one of negres, of a claim, or of a fit."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence

from negres_core.errors import InputError
from negres_core.evidence import Evidence
from negres_core.metrics import METRICS, find_metric


def recorded_metrics(pattern: str, records: Sequence[Evidence]) -> tuple[list[str], bool]:
    """Return the names of the metric with this name, or of all with a name like "told_*", and their direction.

    Raises:
        InputError: there is no such metric, several have the name, or the metrics have two directions.
    """
    if "*" not in pattern:
        name, higher_is_better = recorded_metric(pattern, records)
        return [name], higher_is_better
    matching = sorted(each for each in _brought(records) if fnmatch.fnmatchcase(each[0], pattern))
    if not matching:
        raise InputError(
            "No metric of a claim or of a fit matches.",
            received=f"--metric {pattern}",
            remedy=f"Write a pattern of: {', '.join(sorted({name for name, _ in _brought(records)}))}.",
        )
    names, directions = [name for name, _ in matching], {higher for _, higher in matching}
    if len(directions) > 1:
        raise InputError(
            "For some of these metrics higher values are better, for others lower values.",
            received=f"--metric {pattern}: {', '.join(names)}",
            remedy="Give a pattern that matches metrics of one direction.",
        )
    return names, directions.pop()


def recorded_metric(name: str, records: Sequence[Evidence]) -> tuple[str, bool]:
    """Return the name under which replicates record a metric, and its direction.

    Metrics that are not of negres are known from the claims, and from what fits declare.

    Raises:
        InputError: there is no such metric, or several have the name.
    """
    if (metric := find_metric(name)) is not None:
        return metric.name, metric.higher_is_better
    named = {
        (each.claim.key, each.claim.higher_is_better) for each in records if name in (each.claim.metric, each.claim.key)
    }
    claimed = named | {each for each in _declared(records) if each[0] == name}
    if len(claimed) == 1:
        return claimed.pop()
    if claimed:
        raise InputError(
            f"Several metrics have the name {name!r}: their functions or directions differ.",
            received=f"--metric {name}",
            remedy=f"Give one of: {', '.join(sorted({key for key, _ in claimed}))}.",
        )
    others = sorted({each.claim.metric for each in records} | {each for each, _ in _declared(records)})
    others = [each for each in others if each not in METRICS]
    raise InputError(
        f"There is no metric {name!r}.",
        received=f"--metric {name}",
        remedy=f"Give one of: {', '.join([*METRICS, *others])}; top_K, such as top_10; or pinball_Q, such as "
        "pinball_0.9.",
    )


def _brought(records: Sequence[Evidence]) -> set[tuple[str, bool]]:
    """Return the names under which replicates record metrics of claims and of fits, each with its direction."""
    return {(each.claim.key, each.claim.higher_is_better) for each in records} | _declared(records)


def _declared(records: Sequence[Evidence]) -> set[tuple[str, bool]]:
    """Return the metrics that fits declare, each with its direction."""
    descriptions = [arm.description for each in records for arm in each.arms if arm.description is not None]
    return {(metric.name, metric.higher_is_better) for each in descriptions if each.fit for metric in each.fit.metrics}
