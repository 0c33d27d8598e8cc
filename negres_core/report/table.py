"""The table of hypotheses: what became of each claim, and whether that was the registered outcome."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from negres_core.evidence import Evidence, Registration
from negres_core.report.layout import Style, lay_out, show_p

HEADERS = ("hypothesis", "data", "effect [95% interval]", "cells", "verdict", "p (Holm)", "registered", "time")
WIDTHS = (34, 16, 26, 8, 24, 12, 15, 8)


def render(
    evidences: Sequence[Evidence],
    *,
    family: Mapping[str, float] | None = None,
    unfinished: Mapping[str, str] | None = None,
    style: Style = "terminal",
) -> str:
    """Render hypotheses as a table.

    Args:
        evidences: one a row.
        family: the corrected p-value of every hypothesis by its test id, of those without a row too.
        unfinished: hypotheses that came to no evidence, with why; a row each.
        style: see `Style`.
    """
    family = family or {}
    rows = [_row(evidence, family) for evidence in evidences]
    rows += [(name, "", "", "", f"none: {why}", "", "", "") for name, why in (unfinished or {}).items()]
    table = lay_out(rows, headers=HEADERS, widths=WIDTHS, style=style)
    if not any(_corrected(evidence, family) for evidence in evidences):
        return table
    members = f"all {len(family)} hypotheses" if len(family) > 1 else "the one hypothesis"
    return (
        f"{table}\n\np (Holm) is corrected for the family, {members} in the ledger and the evidence folder; "
        "what has not run or decided nothing counts as 1."
    )


def _row(evidence: Evidence, family: Mapping[str, float]) -> tuple[str, ...]:
    effect = ""
    if evidence.estimate is not None:
        low, high = evidence.estimate.interval_95
        effect = f"{evidence.estimate.effect:+.4f} [{low:+.4f}, {high:+.4f}] {evidence.claim.unit}"
    verdict = "not judged (smoke)" if evidence.smoke else evidence.judgement or "none: the run was cut off"
    planned = evidence.design.folds * evidence.design.repeats
    done = evidence.design.folds * len(evidence.differences) or planned
    cells = f"{done}" if done == planned else f"{done} of {planned}"
    seeds = f" x{evidence.design.seeds}" if evidence.design.seeds > 1 else ""
    return (
        evidence.title,
        evidence.data.name,
        effect,
        f"{cells}{seeds}",
        verdict,
        _corrected(evidence, family),
        _registered(evidence),
        _duration(evidence.timings.wall_s),
    )


def _corrected(evidence: Evidence, family: Mapping[str, float]) -> str:
    """Show the corrected p-value of a verdict; what decided nothing rejects no null hypothesis, and has none."""
    p = family.get(evidence.hypothesis)
    if p is None or evidence.p_value is None:
        return ""
    return show_p(p) if p < evidence.claim.alpha else f"{show_p(p)}, not shown in the family"


def _registered(evidence: Evidence) -> str:
    if evidence.smoke or evidence.outcome is None:
        return evidence.expected or ""
    registration = evidence.registration or Registration(status="exploratory")
    if evidence.outcome == "surprise":
        outcome = f"SURPRISE, not {evidence.expected}" if evidence.expected else "SURPRISE"
    else:
        outcome = "as registered" if registration.status in ("registered", "amended") else "as expected"
    return f"{outcome} ({'; '.join(registration.notes)})" if registration.notes else outcome


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds:.1f} s" if seconds < 60 else f"{int(seconds // 60)}m {int(seconds % 60):02d}s"
