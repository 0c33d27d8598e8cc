"""The table of hypotheses: what became of each claim, and whether that was the registered outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from tabulate import tabulate

from negres_core.evidence import Evidence, Registration

HEADERS = ("hypothesis", "data", "effect [95% interval]", "cells", "verdict", "registered", "time")
WIDTHS = (34, 16, 26, 8, 24, 15, 8)


def render(
    evidences: Sequence[Evidence],
    *,
    unfinished: Mapping[str, str] | None = None,
    style: Literal["terminal", "markdown"] = "terminal",
) -> str:
    """Render hypotheses as a table.

    Args:
        evidences: one a row.
        unfinished: hypotheses that came to no evidence, with why; a row each.
        style: "terminal" wraps columns to a width; "markdown" is for a page.
    """
    rows = [_row(evidence) for evidence in evidences]
    rows += [(name, "", "", "", f"none: {why}", "", "") for name, why in (unfinished or {}).items()]
    if style == "markdown":
        escaped = [[cell.replace("|", "\\|").replace("\n", " ") for cell in row] for row in rows]
        return tabulate(escaped, headers=HEADERS, tablefmt="github", disable_numparse=True)
    return tabulate(
        rows,
        headers=HEADERS,
        tablefmt="simple",
        maxcolwidths=list(WIDTHS),
        disable_numparse=True,
        break_long_words=False,
    )


def _row(evidence: Evidence) -> tuple[str, ...]:
    effect = ""
    if evidence.estimate is not None:
        low, high = evidence.estimate.interval_95
        effect = f"{evidence.estimate.effect:+.4f} [{low:+.4f}, {high:+.4f}] {evidence.claim['unit']}"
    verdict = "not judged (smoke)" if evidence.smoke else evidence.judgement or "none: the run was cut off"
    planned = evidence.design["folds"] * evidence.design["repeats"]
    done = evidence.design["folds"] * len(evidence.differences) or planned
    cells = f"{done}" if done == planned else f"{done} of {planned}"
    seeds = f" x{evidence.design['seeds']}" if evidence.design["seeds"] > 1 else ""
    return (
        evidence.title,
        evidence.data["name"],
        effect,
        f"{cells}{seeds}",
        verdict,
        _registered(evidence),
        _duration(evidence.timings.wall_s),
    )


def _registered(evidence: Evidence) -> str:
    if evidence.smoke or evidence.outcome is None:
        return evidence.registered or ""
    registration = evidence.registration or Registration(status="exploratory")
    if evidence.outcome == "surprise":
        outcome = f"SURPRISE, not {evidence.registered}" if evidence.registered else "SURPRISE"
    else:
        outcome = "as registered" if registration.status in ("registered", "amended") else "as expected"
    return f"{outcome} ({'; '.join(registration.notes)})" if registration.notes else outcome


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)}m {int(seconds % 60):02d}s"
