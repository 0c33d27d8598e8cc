"""The figure of a history: the effect of one hypothesis with its interval over runs, and where the verdict flipped."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from negres_core.evidence import Evidence
from negres_core.report.history import HEADERS, RunRow, flips_of, rows_of
from negres_core.report.layout import plural, show_interval, show_number
from negres_core.report.page.canvas import WIDTH, Canvas
from negres_core.report.page.colours import INK, MARKS, MUTED, SHADE, VERDICTS
from negres_core.report.page.forest import scale_key, unit_in_words
from negres_core.report.page.scale import Scale

HEIGHT, LEFT, RIGHT = 224, 64, 12
LABEL_WIDTH = 24
"""Pixels between two flips that are both labelled."""
MOST_NAMED = 10
"""Most flips that are named in the description."""
MOST_LABELS = 7
"""Most runs whose dates are written below the figure."""


@dataclass(frozen=True)
class Trend:
    """The history of one hypothesis: a figure, and a table with the same content.

    Attributes:
        figure: the figure.
        summary: what it shows, in sentences.
        headers: the headers of the table.
        runs: the verdict and the facts of each run, the oldest first; "none" for a run without a verdict.
    """

    figure: Markup
    summary: str
    headers: Sequence[str]
    runs: Sequence[tuple[str, RunRow]]


def trend_of(found: Sequence[tuple[str, Evidence]], *, id: str) -> Trend:
    """Return the history of one hypothesis.

    Args:
        found: the folder and the evidence of each run, the oldest first.
        id: begins the ids of the figure.
    """
    runs = [evidence for _, evidence in found]
    rows = [(each.verdict or "none", row) for each, row in zip(runs, rows_of(found), strict=True)]
    return Trend(draw_trend(runs, id=id), describe(runs), HEADERS, rows)


def draw_trend(runs: Sequence[Evidence], *, id: str) -> Markup:
    """Draw the runs of one hypothesis from left to right, a column each.

    A run that measures another metric than the latest one is not on its scale: of it, only the verdict is drawn.

    Args:
        runs: the evidence of the runs, the oldest first.
        id: begins the ids of the figure.
    """
    latest = runs[-1]
    drawn = {place: each for place, each in enumerate(runs) if each.estimate and scale_key(each) == scale_key(latest)}
    canvas, bottom = Canvas(HEIGHT), HEIGHT - 68
    margins = {place: _margin(each) for place, each in enumerate(runs)}
    scale = _scale(drawn, margins, bottom)
    width = (WIDTH - LEFT - RIGHT) / len(runs)
    middles = [LEFT + width * (place + 0.5) for place in range(len(runs))]
    bands = [
        ((LEFT + width * place, LEFT + width * (place + 1)), (scale.at(margins[place]), scale.at(-margins[place])))
        for place in drawn
        if margins[place]
    ]
    canvas.boxes(bands, SHADE)
    canvas.side_axis(scale, LEFT, to=WIDTH - RIGHT, sign=True)
    canvas.line((LEFT, WIDTH - RIGHT), (scale.at(0),) * 2, INK)
    labelled = -math.inf
    for place in flips_of(runs):
        x = LEFT + width * place
        canvas.line((x, x), (16, bottom + 26), INK, dashed=True)
        if x - labelled > LABEL_WIDTH:
            canvas.text(x, 8, "flip", size=11, align="center", bold=True)
            labelled = x
    size = 8 if width > 14 else 5
    for place, evidence in enumerate(runs):
        colour, mark = VERDICTS.get(evidence.verdict or "", INK), MARKS.get(evidence.verdict or "", "o")
        x = middles[place]
        if place in drawn and evidence.estimate:
            low, high = (scale.at(end) for end in evidence.estimate.interval_95)
            canvas.line((x, x), (low, high), colour, width=1.5)
            canvas.marks([x], [scale.at(evidence.estimate.effect)], colour, marker=mark, size=size)
        canvas.marks([x], [bottom + 16], colour, marker=mark, size=size, open=evidence.verdict is None)
    canvas.text(LEFT - 6, bottom + 16, "verdict", MUTED, size=11, align="right")
    for place in _labelled(len(runs)):
        canvas.text(middles[place], bottom + 38, runs[place].timings.started_at[:10], MUTED, size=11, align="center")
    label = f"effect, {unit_in_words(latest)}; more is better"
    canvas.text(WIDTH - RIGHT, bottom + 58, label, MUTED, size=11, align="right", most=90)
    return canvas.finish(id=id, title="Effect and verdict over runs", description=describe(runs))


def _scale(drawn: dict[int, Evidence], margins: dict[int, float], bottom: float) -> Scale:
    """Return a scale with room for all effects and margins; an interval that is much longer is cut."""
    points = [0.0, *(each.estimate.effect for each in drawn.values() if each.estimate)]
    points += [sign * margins[place] for place in drawn for sign in (1, -1)]
    spare = (max(points) - min(points)) or 1.0
    ends = [end for each in drawn.values() if each.estimate for end in each.estimate.interval_95]
    inside = [min(max(end, min(points) - spare), max(points) + spare) for end in ends]
    return Scale.over([*points, *inside], bottom - 4, 20)


def _margin(evidence: Evidence) -> float:
    return 0.0 if evidence.claim.kind == "reaches" else evidence.claim.threshold


def _labelled(count: int) -> list[int]:
    """Return the places of the runs whose dates are written: the first, the last, and some between them."""
    if count <= MOST_LABELS:
        return list(range(count))
    return sorted({round(step * (count - 1) / (MOST_LABELS - 1)) for step in range(MOST_LABELS)})


def describe(runs: Sequence[Evidence]) -> str:
    """Return what the figure shows, in sentences."""
    latest, flips = runs[-1], flips_of(runs)
    first_day, last_day = (each.timings.started_at[:10] for each in (runs[0], latest))
    sentences = [f"{plural(len(runs), 'run')} from {first_day} to {last_day}."]
    named = []
    for place in flips[-MOST_NAMED:]:
        before = next(each for each in reversed(runs[:place]) if each.verdict is not None)
        named.append(f"on {runs[place].timings.started_at[:10]} from {before.verdict} to {runs[place].verdict}")
    often = f"{len(flips)} times, the last {len(named)} of them " if len(flips) > len(named) else ""
    sentences.append(f"The verdict flipped {often}{'; '.join(named)}." if flips else "No verdict flipped.")
    if latest.estimate is not None:
        interval = show_interval(latest.estimate.interval_95)
        sentences.append(f"The latest effect is {show_number(latest.estimate.effect, sign=True)} {interval}.")
    if others := sum(scale_key(each) != scale_key(latest) for each in runs):
        sentences.append(f"The effects of {plural(others, 'run')} on another metric are not drawn.")
    return " ".join(sentences)
