"""The history of hypotheses: verdict and effect of each over runs, the oldest first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.change import Change
from negres_core.report.layout import Style, lay_out, show_interval, show_number, sort_naturally, why_not_judged

HEADERS = ("started (UTC)", "folder", "commit", "verdict", "effect [95% interval]", "changed")
FLIP = "FLIP"
"""Another verdict than that of the last run with a verdict."""
WIDTHS = (17, 20, 9, 26, 30, 16)
"""Characters per column in a terminal."""


def order_runs(runs: Mapping[str, Sequence[Evidence]]) -> dict[str, list[tuple[str, Evidence]]]:
    """Return the runs of each hypothesis with the folder of each, the oldest first; the hypotheses by name.

    Args:
        runs: the evidence in each folder, by the folder's name.
    """
    by_hypothesis: dict[str, list[tuple[str, Evidence]]] = {}
    for folder, records in runs.items():
        for evidence in records:
            by_hypothesis.setdefault(evidence.hypothesis, []).append((folder, evidence))
    return {
        hypothesis: sorted(by_hypothesis[hypothesis], key=lambda run: run[1].timings.started_at)
        for hypothesis in sort_naturally(by_hypothesis, key=str)
    }


def flips_of(runs: Sequence[Evidence]) -> list[int]:
    """Return the places of the runs whose verdict is another one than that of the last run with a verdict."""
    flips, last = [], None
    for place, evidence in enumerate(runs):
        if last is not None and Change(before=last, after=evidence).is_flip:
            flips.append(place)
        if evidence.verdict is not None:
            last = evidence
    return flips


class RunRow(NamedTuple):
    """The facts of a run; an empty string if there is none.

    Attributes:
        started: when it started.
        folder: its folder.
        commit: its commit, with "+" if tracked files had changed.
        judged: the verdict with its finding, or why there is none.
        is_surprise: whether it is not the expected verdict.
        effect: the effect.
        interval: its 95% interval.
        changed: what is another than before, a flip first.
    """

    started: str
    folder: str
    commit: str
    judged: str
    is_surprise: bool
    effect: str
    interval: str
    changed: Sequence[str]

    def cells(self) -> tuple[str, ...]:
        """Return one cell for each of `HEADERS`."""
        judged = f"{self.judged}\nSURPRISE" if self.is_surprise else self.judged
        effect = f"{self.effect} {self.interval}".strip()
        return self.started, self.folder, self.commit, judged, effect, ", ".join(self.changed)


def rows_of(found: Sequence[tuple[str, Evidence]]) -> list[RunRow]:
    """Return a row for each run of a hypothesis, the oldest first."""
    runs = [evidence for _, evidence in found]
    flips = flips_of(runs)
    rows = []
    for place, (folder, evidence) in enumerate(found):
        changed = _changed(evidence, runs[place - 1]) if place else []
        rows.append(_row(folder, evidence, [FLIP, *changed] if place in flips else changed))
    return rows


def render(runs: Mapping[str, Sequence[Evidence]], *, style: Style = "terminal") -> str:
    """Render one table for each hypothesis, with a row for each run.

    Args:
        runs: the evidence in each folder, by the folder's name.
        style: see `Style`.
    """
    tables = []
    for found in order_runs(runs).values():
        _, latest = found[-1]
        title = f"{show(latest.title)}, {show(latest.data.name)}"
        widths = () if style == "markdown" else WIDTHS
        tables.append(
            f"{'### ' if style == 'markdown' else ''}{show(title, 'markdown') if style == 'markdown' else title}\n\n"
            + lay_out([row.cells() for row in rows_of(found)], headers=HEADERS, widths=widths, style=style)
        )
    return "\n\n".join(tables)


def _row(folder: str, evidence: Evidence, changed: Sequence[str]) -> RunRow:
    estimate = evidence.estimate
    return RunRow(
        started=evidence.timings.started_at[:16].replace("T", " "),
        folder=show(folder),
        commit=show((evidence.provenance.commit or "")[:7] + ("+" if evidence.provenance.dirty else "")),
        judged=show(evidence.judgement or why_not_judged(evidence), most=500),
        is_surprise=evidence.outcome == "surprise",
        effect="" if estimate is None else show_number(estimate.effect, sign=True),
        interval="" if estimate is None else show_interval(estimate.interval_95),
        changed=changed,
    )


def _changed(evidence: Evidence, before: Evidence) -> list[str]:
    """Return what is another than in the run before: the claim, the data, or the design."""
    moved = {
        "claim": evidence.claim != before.claim,
        "data": evidence.data.digest != before.data.digest,
        "design": evidence.design != before.design,
    }
    return [name for name, differs in moved.items() if differs]
