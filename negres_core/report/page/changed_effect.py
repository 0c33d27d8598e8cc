"""The figure of a change: the interval of one hypothesis before and after, and that of the change, on one scale."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup

from negres_core.evidence import Evidence
from negres_core.report.change import Change
from negres_core.report.layout import show_interval, show_number
from negres_core.report.page.canvas import WIDTH, Canvas
from negres_core.report.page.colours import INK, MUTED, SHADE
from negres_core.report.page.forest import EDGE, draw_interval, scale_key, shared_ranges, unit_in_words
from negres_core.report.page.scale import Scale

LEFT, TOP, LANE = 78, 16, 30
ScaleKey = tuple[str, str, bool]
"""What hypotheses share that are drawn on one scale, see `scale_key`."""


def limits_of(changes: Iterable[Change], records: Iterable[Evidence]) -> dict[ScaleKey, tuple[float, float]]:
    """Return the lowest and the highest value that the scale of each metric has to hold, changes included.

    As in `shared_ranges`, an interval is cut where it leaves the others by more than their range.

    Args:
        changes: the changes that are drawn.
        records: all runs that are drawn.
    """
    ranges = shared_ranges(records)
    shifts: dict[ScaleKey, list[tuple[float, tuple[float, float]]]] = {}
    for change in changes:
        if change.effect is not None and change.effect.interval_95 is not None:
            found = shifts.setdefault(scale_key(change.after), [])
            found.append((change.effect.change, change.effect.interval_95))
    for key, found in shifts.items():
        points = [*ranges[key], *(shift for shift, _ in found)]
        low, high = min(points), max(points)
        spare = high - low
        ends = [min(max(end, low - spare), high + spare) for _, interval in found for end in interval]
        ranges[key] = min([low, *ends]), max([high, *ends])
    return ranges


def draw_change(change: Change, limits: tuple[float, float], *, id: str) -> Markup | None:
    """Draw both runs and the change in a lane each; return None if no run has an estimate, or their scales differ.

    Args:
        change: the change of a hypothesis.
        limits: the lowest and the highest value of the scale that all hypotheses of the metric share.
        id: begins the ids of the figure.
    """
    runs = {"before": change.before, "after": change.after}
    has_estimate = any(each.estimate is not None for each in runs.values())
    if not has_estimate or scale_key(change.before) != scale_key(change.after):
        return None
    bottom = TOP + LANE * (3 if change.effect else 2)
    canvas = Canvas(bottom + 40)
    scale = Scale.over(limits, LEFT, WIDTH - EDGE)
    middles = [TOP + LANE * (place + 0.5) for place in range(3)]
    for evidence, y in zip(runs.values(), middles, strict=False):
        if margin := 0.0 if evidence.claim.kind == "reaches" else evidence.claim.threshold:
            canvas.box((scale.at(-margin), scale.at(margin)), (y - LANE / 2 + 2, y + LANE / 2 - 2), SHADE)
    canvas.axis(scale, bottom, sign=True, above=TOP - 6)
    canvas.line((scale.at(0),) * 2, (TOP - 6, bottom), INK)
    for (name, evidence), y in zip(runs.items(), middles, strict=False):
        canvas.text(LEFT - 14, y, name, align="right")
        if evidence.estimate is not None:
            draw_interval(canvas, scale, evidence, y)
        else:
            canvas.text(scale.start + 6, y, "no estimate", MUTED, size=11)
    if change.effect:
        _draw_difference(canvas, scale, change, middles[2])
    label = f"effect and its change, {unit_in_words(change.after)}; more is better"
    canvas.text(scale.end, bottom + 30, label, MUTED, size=11, align="right", most=90)
    return canvas.finish(id=id, title="Effect before and after", description=_describe(change))


def _draw_difference(canvas: Canvas, scale: Scale, change: Change, y: float) -> None:
    assert change.effect is not None
    canvas.line((LEFT - 70, WIDTH - EDGE), (y - LANE / 2,) * 2, MUTED, width=0.5)
    canvas.text(LEFT - 14, y, "change", align="right", bold=True)
    if change.effect.interval_95 is None:
        canvas.marks([scale.at(0)], [y], INK, size=8, marker="D", open=True)
        canvas.text(scale.at(0) + 10, y, "none in any cell", MUTED, size=11)
        return
    low, high = change.effect.interval_95
    canvas.line((scale.at(low), scale.at(high)), (y, y), INK, width=1.5)
    for end, marker in ((low, "<"), (high, ">")):
        if not scale.holds(end):
            canvas.marks([scale.at(end)], [y], INK, marker=marker, size=7)
    canvas.marks([scale.at(change.effect.change)], [y], INK, size=8, marker="D")


def _describe(change: Change) -> str:
    sentences = [_run_in_words("Before", change.before), _run_in_words("After", change.after)]
    if change.effect is not None:
        if change.effect.interval_95 is None:
            sentences.append("No cell changed.")
        else:
            interval = show_interval(change.effect.interval_95)
            sentences.append(f"Change: {show_number(change.effect.change, sign=True)}, 95% interval {interval}.")
    return " ".join(sentences)


def _run_in_words(name: str, evidence: Evidence) -> str:
    if evidence.estimate is None:
        return f"{name}: no estimate."
    effect, interval = show_number(evidence.estimate.effect, sign=True), show_interval(evidence.estimate.interval_95)
    return f"{name}: {effect}, 95% interval {interval}, {evidence.verdict or 'no verdict'}."
