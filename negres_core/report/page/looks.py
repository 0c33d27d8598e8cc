"""The looks of one hypothesis: the effect after each repeat, and the repeats that a decision saved."""

from __future__ import annotations

from markupsafe import Markup

from negres_core.evidence import Evidence
from negres_core.report.layout import plural, show_effect
from negres_core.report.page.canvas import WIDTH, Canvas, Point
from negres_core.report.page.colours import INK, LINE, MUTED, SHADE, VERDICTS
from negres_core.report.page.scale import Scale

HEIGHT, LEFT = 190, 64
MOST_CELLS = 12
"""Most cells of a repeat that are drawn one by one."""


def draw_looks(evidence: Evidence, *, id: str) -> Markup | None:
    """Draw the looks of a hypothesis, a column for each planned repeat; return None if there was only one to take."""
    planned = evidence.design.repeats
    if not (evidence.looks and evidence.design.looks and planned > 1):
        return None
    canvas, bottom = Canvas(HEIGHT), HEIGHT - 54
    margin = 0.0 if evidence.claim.kind == "reaches" else evidence.claim.threshold
    values = [0.0, margin, *(end for look in evidence.looks for end in (*look.interval_95, look.effect))]
    scale = Scale.over(values, bottom - 6, 12)
    width = (WIDTH - LEFT - 12) / planned
    last = evidence.looks[-1].repeats
    if last < planned:
        canvas.box((LEFT + width * last + 1, WIDTH - 12), (10, bottom), SHADE)
    canvas.side_axis(scale, LEFT, to=WIDTH - 12, sign=True)
    if margin:
        canvas.line((LEFT, WIDTH - 12), (scale.at(margin),) * 2, MUTED, dashed=True)
    canvas.line((LEFT, WIDTH - 12), (scale.at(0),) * 2, INK)
    if last < planned:
        middle = LEFT + width * (last + planned) / 2
        words = "saved by the decision" if width * (planned - last) > 140 else "saved"
        y = 22 if scale.at(0) > (10 + bottom) / 2 else bottom - 12  # where the line of 0 is not
        canvas.text(middle, y, words, MUTED, size=11, align="center")
    trained: list[tuple[Point, Point]] = []
    saved: list[tuple[Point, Point]] = []
    for repeat in range(1, planned + 1):
        x = LEFT + width * (repeat - 0.5)
        if planned <= 25 or repeat in (1, last, planned):
            canvas.text(x, bottom + 11, repeat, INK if repeat <= last else MUTED, size=11, align="center")
        (trained if repeat <= last else saved).extend(_cells(evidence.design.folds, x, bottom + 24, width))
    for looks, colour in ((evidence.looks[:-1], MUTED), (evidence.looks[-1:], VERDICTS[evidence.looks[-1].verdict])):
        middles = [LEFT + width * (look.repeats - 0.5) for look in looks]
        ends = [[scale.at(end) for end in look.interval_95] for look in looks]
        canvas.lines((((at, low), (at, high)) for at, (low, high) in zip(middles, ends, strict=True)), colour, width=2)
        canvas.marks(middles, [scale.at(look.effect) for look in looks], colour, size=7)
    canvas.boxes(trained, INK)
    canvas.boxes(saved, LINE)
    canvas.text(LEFT - 6, bottom + 11, "repeat", MUTED, size=11, align="right")
    canvas.text(LEFT - 6, bottom + 26, "cells", MUTED, size=11, align="right")
    return canvas.finish(id=id, title="Looks", description=_describe(evidence))


def _cells(folds: int, x: float, y: float, width: float) -> list[tuple[Point, Point]]:
    """Return a box for each cell of a repeat, below its column."""
    count = min(folds, MOST_CELLS)
    step = min(9.0, (width - 4) / count)
    left = [x + step * (place - count / 2) + step * 0.1 for place in range(count)]
    return [((each, each + step * 0.8), (y, y + 6)) for each in left]


def _describe(evidence: Evidence) -> str:
    sentences = [
        f"After {plural(look.repeats, 'repeat')}, {look.information:.0%} of the planned information: "
        f"{show_effect(look.effect, look.interval_95)}, {look.verdict}."
        for look in evidence.looks
    ]
    return " ".join([*sentences, saved_in_words(evidence)])


def saved_in_words(evidence: Evidence) -> str:
    """Return how many planned cells the decision saved, in a sentence."""
    planned, done = evidence.design.repeats, evidence.looks[-1].repeats
    cells = plural(evidence.design.folds * (planned - done), "cell")
    if done == planned:
        return f"All {plural(planned, 'repeat')} were needed."
    return f"The look after {plural(done, 'repeat')} of {planned} decided, which saved {cells}."
