"""Across data sets: what one claim comes to on all the data sets that it was judged on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from negres_core.evidence import Evidence
from negres_core.report.layout import Style, lay_out
from negres_core.statistics.random_effects import combine

HEADERS = ("across data sets", "data sets", "effect [95% interval]", "tau", "I^2", "on one more (95%)")
WIDTHS = (34, 30, 26, 8, 4, 18)
FEW = "Of 2 data sets, a 95% interval is 12.7 standard errors wide on either side: next to nothing; 5 are a start."


def render(evidences: Sequence[Evidence], *, style: Style = "terminal") -> str:
    """Render a row for each test whose claim has an estimate on two data sets or more; nothing where there is none.

    The effect is the mean over data sets like these, with the interval of Hartung and Knapp; tau, in the metric's unit,
    is the standard deviation of the true effects between data sets, and I^2 the part of the spread that it explains.
    The last column is the 95% prediction interval of the true effect on one more data set.

    Args:
        evidences: of one test, where they have the same test function, title and claim. Smoke runs and what a control
            voided have no say.
        style: see `Style`.
    """
    groups = [group for group in _groups(evidences) if len(group) > 1]
    if not groups:
        return ""
    table = lay_out([_row(group) for group in groups], headers=HEADERS, widths=WIDTHS, style=style)
    return f"{table}\n\n{FEW}" if any(len(group) == 2 for group in groups) else table


def _groups(evidences: Sequence[Evidence]) -> list[list[Evidence]]:
    """Gather the evidence of each test, one a data set: the latest, as after its parameter was renamed."""
    groups: dict[tuple[object, ...], dict[str, Evidence]] = {}
    for evidence in sorted(evidences, key=lambda each: each.timings.started_at):
        if evidence.estimate is not None and evidence.verdict not in (None, "invalid"):
            test = evidence.hypothesis.partition("[")[0]
            claim = evidence.claim
            groups.setdefault((test, evidence.title, claim), {})[evidence.data.digest] = evidence
    return [sorted(group.values(), key=lambda each: each.hypothesis) for group in groups.values()]


def _row(group: Sequence[Evidence]) -> tuple[str, ...]:
    combined = combine([each.estimate.as_estimate() for each in group if each.estimate is not None])
    low, high = combined.interval(0.95)
    lowest, highest = combined.prediction_interval(0.95)
    return (
        group[0].title,
        f"{len(group)}: {', '.join(each.data.name for each in group)}",
        f"{combined.effect:+.4f} [{low:+.4f}, {high:+.4f}] {group[0].claim.unit}",
        f"{math.sqrt(combined.tau_squared):.4f}",
        f"{combined.i_squared:.0%}",
        f"[{lowest:+.4f}, {highest:+.4f}]",
    )
