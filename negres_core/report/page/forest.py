"""The forest plot of one hypothesis: its interval against the margin, and each cell as a point."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from markupsafe import Markup

from negres_core.evidence import Evidence
from negres_core.report.layout import plural, show_number
from negres_core.report.page.canvas import WIDTH, Canvas
from negres_core.report.page.colours import INK, LINE, MARKS, MUTED, SHADE, VERDICTS
from negres_core.report.page.scale import Scale

EDGE = 26
"""Pixels between the scale and either side of the figure."""
MOST_ROWS = 12
"""Most repeats whose cells have a row of their own."""


def scale_key(evidence: Evidence) -> tuple[str, str, bool]:
    """Return what hypotheses share that are drawn on one scale: the metric, and whether it is measured from a bar."""
    claim = evidence.claim
    return claim.of_output(claim.key), claim.unit, claim.kind == "reaches"


def shared_ranges(records: Iterable[Evidence]) -> dict[tuple[str, str, bool], tuple[float, float]]:
    """Return the lowest and the highest value that the scale of each metric has to hold.

    Cells, effects, zero and margins always fit. An interval of few cells can be so long that nothing else could be told
    apart; it is cut where it leaves the others by more than their range.
    """
    points: dict[tuple[str, str, bool], list[float]] = {}
    ends: dict[tuple[str, str, bool], list[float]] = {}
    for evidence in records:
        key, margin = scale_key(evidence), _margin(evidence)
        known = [value for row in evidence.differences for value in row if value is not None]
        points.setdefault(key, [0.0]).extend([*known, margin, -margin if evidence.claim.kind == "matches" else 0.0])
        if evidence.estimate is not None:
            points[key].append(evidence.estimate.effect)
            ends.setdefault(key, []).extend(evidence.estimate.interval_95)
    ranges = {}
    for key, values in points.items():
        low, high = min(values), max(values)
        spare = (high - low) or 1.0
        inside = [min(max(end, low - spare), high + spare) for end in ends.get(key, ())]
        ranges[key] = min([low, *inside]), max([high, *inside])
    return ranges


def draw_forest(evidence: Evidence, limits: tuple[float, float], *, id: str) -> Markup | None:
    """Draw one hypothesis; return None if there is neither a cell nor an estimate.

    Args:
        evidence: the hypothesis.
        limits: the lowest and the highest value of the scale that all hypotheses of the metric share.
        id: begins the ids of the figure.
    """
    rows = [[value for value in row if value is not None] for row in evidence.differences]
    if not any(rows) and evidence.estimate is None:
        return None
    lanes = min(max(len(rows), 1), MOST_ROWS)
    top, lane = 42, 11
    bottom = top + 26 + lane * lanes + 6
    canvas = Canvas(bottom + 38)
    scale = Scale.over(limits, EDGE, WIDTH - EDGE)
    margin = _margin(evidence)
    if margin:
        canvas.box((scale.at(-margin), scale.at(margin)), (top - 8, bottom), SHADE)
        for end in {margin, -margin if evidence.claim.kind == "matches" else margin}:
            canvas.line((scale.at(end),) * 2, (top - 8, bottom), MUTED, dashed=True)
    canvas.axis(scale, bottom, sign=True, above=top - 8)
    canvas.line((scale.at(0),) * 2, (top - 8, bottom), INK)
    worse, better = _directions(evidence)
    canvas.text(scale.start, 10, f"← {worse}", MUTED, size=11)
    canvas.text(scale.end, 10, f"{better} →", MUTED, size=11, align="right")
    canvas.text(scale.end, bottom + 29, _axis_label(evidence), MUTED, size=11, align="right", most=90)
    for number, row in enumerate(rows):
        y = top + 26 + lane * (number * lanes / max(len(rows), 1) + 0.5)
        canvas.marks([scale.at(value) for value in row], [y] * len(row), MUTED, size=4, open=True)
    if evidence.estimate is not None:
        draw_interval(canvas, scale, evidence, top + 8)
    return canvas.finish(id=id, title="Forest plot", description=_describe(evidence, rows, scale))


def draw_interval(canvas: Canvas, scale: Scale, evidence: Evidence, y: float) -> None:
    """Draw the estimate of a hypothesis: its 95% interval, the 90% interval thicker, and the effect as a mark."""
    assert evidence.estimate is not None
    colour = VERDICTS.get(evidence.verdict or "", INK)
    for (low, high), width in ((evidence.estimate.interval_95, 1.5), (evidence.estimate.interval_90, 4.5)):
        canvas.line((scale.at(low), scale.at(high)), (y, y), colour, width=width)
        if width < 2:
            for end, marker in ((low, "<"), (high, ">")):
                if not scale.holds(end):
                    canvas.marks([scale.at(end)], [y], colour, marker=marker, size=7)
    mark = MARKS.get(evidence.verdict or "", "o")
    canvas.marks([scale.at(evidence.estimate.effect)], [y], colour, marker=mark, size=9)


def unit_in_words(evidence: Evidence) -> str:
    """Return the metric of a claim and its unit, named once if they have the same name."""
    metric, unit = evidence.claim.metric, evidence.claim.unit
    named = evidence.claim.of_output(metric)
    return f"in {named}" if unit in ("", metric) else f"{named} in {unit}"


def _margin(evidence: Evidence) -> float:
    return 0.0 if evidence.claim.kind == "reaches" else evidence.claim.threshold


def _directions(evidence: Evidence) -> tuple[str, str]:
    if evidence.claim.kind == "reaches":
        return "worse than the bar", "better than the bar"
    return "control arm better", "treatment arm better"


def _axis_label(evidence: Evidence) -> str:
    what = "distance from the bar" if evidence.claim.kind == "reaches" else "difference between the arms"
    return f"{what}, {unit_in_words(evidence)}; more is better"


def _describe(evidence: Evidence, rows: Sequence[Sequence[float]], scale: Scale) -> str:
    sentences = []
    if evidence.estimate is not None:
        (low, high), unit = evidence.estimate.interval_95, evidence.claim.unit
        sentences.append(
            f"The effect is {show_number(evidence.estimate.effect, sign=True)} {unit}; its 95% interval reaches from "
            f"{show_number(low, sign=True)} to {show_number(high, sign=True)}."
        )
        if not (scale.holds(low) and scale.holds(high)):
            sentences.append("The interval is longer than the scale, and is cut.")
    if margin := _margin(evidence):
        sentences.append(f"The shaded band lies within the margin of {margin:g}.")
    if values := [value for row in rows for value in row]:
        sentences.append(
            f"{plural(len(values), 'cell')}, a row of points for each repeat, from "
            f"{show_number(min(values), sign=True)} to {show_number(max(values), sign=True)}."
        )
    return " ".join(sentences)


def draw_parts(evidence: Evidence, *, id: str, most: int = 15) -> Markup | None:
    """Draw the effect in parts of the test rows, such as classes; return None if there are none.

    Args:
        evidence: the hypothesis.
        id: begins the ids of the figure.
        most: most parts that are drawn: all rows, and those that differ most from them.
    """
    if not evidence.parts:
        return None
    whole, *others = evidence.parts
    apart = sorted(others, key=lambda each: -abs(each.effect - whole.effect))[: most - 1]
    shown = [whole, *(each for each in others if each in apart)]
    canvas = Canvas(18 + 22 * len(shown) + 40)
    values = [0.0, *(end for each in shown for end in each.interval_95)]
    scale = Scale.over(values, 170, WIDTH - EDGE)
    bottom = 18 + 22 * len(shown)
    canvas.axis(scale, bottom, sign=True, above=8)
    canvas.line((scale.at(0),) * 2, (8, bottom), INK)
    for place, part in enumerate(shown):
        y = 18 + 22 * place + 6
        if part is whole:
            canvas.line((scale.at(whole.effect),) * 2, (8, bottom), LINE, dashed=True)
        canvas.text(158, y, part.part, align="right", most=26, bold=part is whole)
        canvas.line([scale.at(end) for end in part.interval_95], (y, y), INK, width=1.5)
        canvas.marks([scale.at(part.effect)], [y], INK, size=7)
    canvas.text(scale.end, bottom + 29, _axis_label(evidence), MUTED, size=11, align="right", most=90)
    sentences = [f"{each.part}: {show_number(each.effect, sign=True)}." for each in shown]
    return canvas.finish(id=id, title="Effect in parts of the test rows", description=" ".join(sentences))
