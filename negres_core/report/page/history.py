"""The page of a history: verdict and effect of each hypothesis over the runs in several folders."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from negres_core.evidence import Evidence
from negres_core.report.history import flips_of, order_runs
from negres_core.report.layout import plural, show_interval, show_number, why_not_judged
from negres_core.report.page.canvas import drawing
from negres_core.report.page.hypothesis import KINDS as VERDICTS
from negres_core.report.page.hypothesis import anchor_of
from negres_core.report.page.searchable import Searchable
from negres_core.report.page.sentences import state_claim
from negres_core.report.page.template import fill
from negres_core.report.page.trend import Trend, trend_of

KINDS = ("flip", "surprise", *VERDICTS)
"""What the page filters by: a verdict that ever flipped, a surprise in the latest run, and the latest verdict."""


@dataclass(frozen=True)
class HistoryView(Searchable):
    """The history of one hypothesis as the template shows it.

    Attributes:
        anchor: its id on the page.
        kinds: those of `KINDS` that apply.
        evidence: the latest run.
        judgement: its verdict with the finding, or why there is none.
        effect: its effect; "" if it has no estimate.
        interval: the 95% interval.
        flips: how often the verdict flipped.
        last_flip: the day of the last flip; "" if there was none.
        order: for each column that is sorted by a number, the number; None if there is none.
        claim: the latest claim, in a sentence.
        trend: effect and verdict over the runs.
    """

    anchor: str
    kinds: Sequence[str]
    evidence: Evidence
    judgement: str
    effect: str
    interval: str
    flips: int
    last_flip: str
    order: Mapping[str, float | None]
    claim: str
    trend: Trend


def render(runs: Mapping[str, Sequence[Evidence]]) -> str:
    """Render the history of all hypotheses as one HTML page, which needs no other file.

    Args:
        runs: the evidence in each folder, by the folder's name.
    """
    with drawing():
        views = [_view_of(found) for found in order_runs(runs).values()]
    counts = [(kind, sum(kind in view.kinds for view in views)) for kind in KINDS]
    flipped = plural(counts[0][1], "hypothesis", "hypotheses")
    hypotheses = plural(len(views), "hypothesis", "hypotheses")
    return fill(
        "history.html",
        page="History",
        kind="result",
        views=views,
        counts=counts,
        words={"flip": "flipped at least once", "surprise": "surprise in the latest run"},
        families=sorted({view.family for view in views}),
        summary=f"{hypotheses} in {plural(len(runs), 'folder')}: the verdicts of {flipped} flipped",
    )


def _view_of(found: Sequence[tuple[str, Evidence]]) -> HistoryView:
    runs = [evidence for _, evidence in found]
    latest, flips = runs[-1], flips_of(runs)
    anchor, estimate = anchor_of(latest.hypothesis), latest.estimate
    kinds = [
        *(["flip"] if flips else []),
        *(["surprise"] if latest.outcome == "surprise" else []),
        latest.verdict or "none",
    ]
    return HistoryView(
        anchor=anchor,
        kinds=kinds,
        evidence=latest,
        judgement=latest.judgement or why_not_judged(latest),
        effect=show_number(estimate.effect, sign=True) if estimate else "",
        interval=show_interval(estimate.interval_95) if estimate else "",
        flips=len(flips),
        last_flip=runs[flips[-1]].timings.started_at[:10] if flips else "",
        order={"effect": estimate.effect if estimate else None, "runs": len(runs), "flips": len(flips)},
        claim=state_claim(latest),
        trend=trend_of(found, id=f"{anchor}-trend"),
    )
