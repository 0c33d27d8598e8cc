"""The history of hypotheses: verdict and effect of each over runs, the oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.change import Change
from negres_core.report.layout import Style, lay_out, show_interval, show_number, sort_naturally, why_not_judged

HEADERS = ("started (UTC)", "folder", "commit", "verdict", "effect [95% interval]", "changed")
WIDTHS = (17, 20, 9, 26, 30, 16)
"""Characters per column in a terminal."""


def render(runs: Mapping[str, Sequence[Evidence]], *, style: Style = "terminal") -> str:
    """Render one table for each hypothesis, with a row for each run.

    Args:
        runs: the evidence in each folder, by the folder's name.
        style: see `Style`.
    """
    by_hypothesis: dict[str, list[tuple[str, Evidence]]] = {}
    for folder, records in runs.items():
        for evidence in records:
            by_hypothesis.setdefault(evidence.hypothesis, []).append((folder, evidence))
    tables = []
    for hypothesis in sort_naturally(by_hypothesis, key=str):
        found = sorted(by_hypothesis[hypothesis], key=lambda run: run[1].timings.started_at)
        _, latest = found[-1]
        title = f"{show(latest.title)}, {show(latest.data.name)}"
        befores = [None, *(evidence for _, evidence in found[:-1])]
        rows = [_row(folder, each, before) for (folder, each), before in zip(found, befores, strict=True)]
        widths = () if style == "markdown" else WIDTHS
        tables.append(
            f"{'### ' if style == 'markdown' else ''}{show(title, 'markdown') if style == 'markdown' else title}\n\n"
            + lay_out(rows, headers=HEADERS, widths=widths, style=style)
        )
    return "\n\n".join(tables)


def _row(folder: str, evidence: Evidence, before: Evidence | None) -> tuple[str, ...]:
    commit = (evidence.provenance.commit or "")[:7] + ("+" if evidence.provenance.dirty else "")
    effect = ""
    if evidence.estimate is not None:
        effect = f"{show_number(evidence.estimate.effect, sign=True)} {show_interval(evidence.estimate.interval_95)}"
    judged = evidence.judgement or why_not_judged(evidence)
    if evidence.outcome == "surprise":
        judged += "\nSURPRISE"
    return (
        evidence.timings.started_at[:16].replace("T", " "),
        show(folder),
        show(commit),
        show(judged, most=500, lines=True),
        effect,
        _changed(evidence, before),
    )


def _changed(evidence: Evidence, before: Evidence | None) -> str:
    """Return what is another than in the run before: the verdict, the claim, or the data."""
    if before is None:
        return ""
    notes = []
    if Change(before=before, after=evidence).is_flip:
        notes.append("FLIP")
    if evidence.claim != before.claim:
        notes.append("claim")
    if evidence.data.digest != before.data.digest:
        notes.append("data")
    if evidence.design != before.design:
        notes.append("design")
    return ", ".join(notes)
