"""Across data sets: the mean effect of one claim over all data sets that it was judged on."""

from __future__ import annotations

import math
from collections.abc import Sequence

from negres_core.errors import show
from negres_core.evidence import AS_GIVEN, Evidence
from negres_core.report.layout import Style, lay_out
from negres_core.statistics.random_effects import RandomEffects, combine

HEADERS = ("across data sets", "data sets", "effect [95% interval]", "tau", "I^2", "on one more (95%)")
WIDTHS = (34, 30, 26, 8, 4, 18)
"""Characters per column in a terminal."""
TWO_DATA_SETS = (
    "With only 2 data sets the 95% interval spans ±12.7 standard errors and says almost nothing. Use 5 or more."
)


def render(records: Sequence[Evidence], *, style: Style = "terminal") -> str:
    """Render one row per test whose claim has estimates on at least two data sets; return "" if there is none.

    The effect is the mean over data sets like these, with the interval of Hartung and Knapp; tau, in the metric's unit,
    is the standard deviation of the true effects between data sets, and I^2 the share of the variation between
    estimates that it explains. The last column is the 95% prediction interval of the true effect on one more data set.

    Args:
        records: the evidence. It belongs to one test if test function, title and claim are equal. Smoke runs and
            invalid runs are left out.
        style: see `Style`.
    """
    groups = groups_of(records)
    if not groups:
        return ""
    table = lay_out([_row(group) for group in groups], headers=HEADERS, widths=WIDTHS, style=style)
    return f"{table}\n\n{TWO_DATA_SETS}" if any(len(group) == 2 for group in groups) else table


def groups_of(records: Sequence[Evidence]) -> list[list[Evidence]]:
    """Return the evidence of each test that was judged on two or more data sets: the latest on each of them."""
    groups: dict[tuple[object, ...], dict[str, Evidence]] = {}
    for evidence in sorted(records, key=lambda each: each.timings.started_at):
        if evidence.estimate is not None and evidence.verdict not in (None, "invalid"):
            test = (evidence.hypothesis.partition("[")[0], evidence.title, evidence.claim)
            groups.setdefault(test, {})[evidence.whole_data] = evidence
    several = [group for group in groups.values() if len(group) > 1]
    return [sorted(group.values(), key=lambda each: each.hypothesis) for group in several]


def combine_group(group: Sequence[Evidence]) -> RandomEffects:
    """Return the mean effect of one test over its data sets."""
    return combine([each.estimate.as_estimate() for each in group if each.estimate is not None])


def _row(group: Sequence[Evidence]) -> tuple[str, ...]:
    combined = combine_group(group)
    low, high = combined.interval(0.95)
    lowest, highest = combined.prediction_interval(0.95)
    given = sum(each.scores is not None for each in group)
    return (
        f"{show(group[0].title)}{f' ({given} of {len(group)} on {AS_GIVEN})' if given else ''}",
        f"{len(group)}: {', '.join(show(each.data.name) for each in group)}",
        f"{combined.effect:+.4f} [{low:+.4f}, {high:+.4f}] {show(group[0].claim.unit)}",
        f"{math.sqrt(combined.tau_squared):.4f}",
        f"{combined.i_squared:.0%}",
        f"[{lowest:+.4f}, {highest:+.4f}]",
    )
