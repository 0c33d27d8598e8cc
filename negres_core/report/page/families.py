"""The forest plot of the suite: every hypothesis of a family, those of one metric on one scale."""

from __future__ import annotations

import textwrap
from collections.abc import Collection, Sequence

from markupsafe import Markup

from negres_core.errors import show
from negres_core.evidence import Evidence
from negres_core.report.across import combine_group
from negres_core.report.layout import show_interval, show_number
from negres_core.report.page.canvas import Canvas
from negres_core.report.page.colours import INK, MUTED, SHADE
from negres_core.report.page.forest import draw_interval, scale_key, unit_in_words
from negres_core.report.page.scale import Scale

WIDTH, LEFT, ROW = 860, 380, 24
LINE_LENGTH = 56
"""Most characters in a line of a hypothesis' name, which has two lines at most beside its interval."""


def family_name(evidence: Evidence) -> str:
    """Return the family of a hypothesis: the file of its test, without folders."""
    return evidence.hypothesis.partition("::")[0].rpartition("/")[2].removesuffix(".py").removeprefix("test_")


def by_family(records: Sequence[Evidence]) -> dict[str, list[list[Evidence]]]:
    """Return the hypotheses with an estimate, by family, in groups that share a scale."""
    families: dict[str, dict[tuple[str, str, bool], list[Evidence]]] = {}
    for evidence in records:
        if evidence.estimate is not None:
            families.setdefault(family_name(evidence), {}).setdefault(scale_key(evidence), []).append(evidence)
    return {name: list(groups.values()) for name, groups in families.items()}


def draw_family(group: Sequence[Evidence], limits: tuple[float, float], *, id: str) -> Markup:
    """Draw hypotheses of one metric for the page, a row each.

    Args:
        group: hypotheses with estimates.
        limits: the lowest and the highest value of the scale.
        id: begins the ids of the figure.
    """
    sentences = [f"{each.title}, {each.data.name}: {_in_words(each)}" for each in group]
    title = f"Effects on {group[0].claim.of_output(group[0].claim.metric)}"
    return plot_family(group, limits).finish(id=id, title=title, description=" ".join(sentences))


def plot_family(
    group: Sequence[Evidence],
    limits: tuple[float, float],
    *,
    width: float = WIDTH,
    left: float = LEFT,
    line_length: int = LINE_LENGTH,
) -> Canvas:
    """Plot hypotheses of one metric, a row each.

    Args:
        group: hypotheses with estimates.
        limits: the lowest and the highest value of the scale.
        width: of the figure, in pixels.
        left: pixels for the names.
        line_length: most characters in a line of a name.
    """
    data_sets = {each.data.name for each in group}
    names = [textwrap.wrap(_name(each, data_sets), line_length, max_lines=2, placeholder=" ...") for each in group]
    heights = [ROW if len(lines) < 2 else ROW + 12 for lines in names]
    bottom = 14 + sum(heights)
    canvas = Canvas(bottom + 40, width)
    scale = Scale.over(limits, left, width - 20)
    middles = [14 + sum(heights[:place]) + height / 2 for place, height in enumerate(heights)]
    bands = [
        ((scale.at(-each.claim.threshold), scale.at(each.claim.threshold)), (y - 9, y + 9))
        for each, y in zip(group, middles, strict=True)
        if each.claim.kind != "reaches" and each.claim.threshold
    ]
    canvas.boxes(bands, SHADE)
    canvas.axis(scale, bottom, sign=True, above=8)
    canvas.line((scale.at(0),) * 2, (8, bottom), INK)
    for place, evidence in enumerate(group):
        y = middles[place]
        for number, line in enumerate(names[place]):
            shift = 14 * (number - (len(names[place]) - 1) / 2)
            canvas.text(left - 14, y + shift, line, size=11.5, align="right", most=line_length)
        draw_interval(canvas, scale, evidence, y)
    _label_axis(canvas, group[0], bottom, f"on {group[0].data.name}" if len(data_sets) == 1 else "")
    return canvas


def draw_across(group: Sequence[Evidence], *, id: str) -> Markup:
    """Draw the effect of one claim on each data set, and below it the mean effect over data sets as a diamond.

    Args:
        group: the evidence of one claim on two or more data sets.
        id: begins the ids of the figure.
    """
    combined = combine_group(group)
    low, high = combined.interval(0.95)
    bottom = 14 + ROW * (len(group) + 1)
    canvas = Canvas(bottom + 40, WIDTH)
    known = [end for each in group if each.estimate for end in (*each.estimate.interval_95, each.estimate.effect)]
    spare = (max(known) - min(known)) or 1.0
    # The mean over two data sets has an interval so long that nothing else could be told apart.
    inside = [min(max(end, min(known) - spare), max(known) + spare) for end in (low, high)]
    scale = Scale.over([0.0, *known, *inside], LEFT, WIDTH - 20)
    canvas.axis(scale, bottom, sign=True, above=8)
    canvas.line((scale.at(0),) * 2, (8, bottom), INK)
    for place, evidence in enumerate(group):
        y = 14 + ROW * (place + 0.5)
        canvas.text(LEFT - 14, y, evidence.data.name, size=11.5, align="right", most=LINE_LENGTH)
        draw_interval(canvas, scale, evidence, y)
    y = 14 + ROW * (len(group) + 0.5)
    canvas.text(LEFT - 14, y, "mean over data sets", size=11.5, align="right", bold=True)
    x = [scale.at(low), scale.at(combined.effect), scale.at(high)]
    canvas.area(x, [y, y + 6, y], [y, y - 6, y], INK, opacity=0.85)
    for end, marker in ((low, "<"), (high, ">")):
        if not scale.holds(end):
            canvas.marks([scale.at(end)], [y], INK, marker=marker, size=8)
    _label_axis(canvas, group[0], bottom)
    text = (
        f"Mean effect {show_number(combined.effect, sign=True)}, 95% interval from {show_number(low, sign=True)} to "
        f"{show_number(high, sign=True)}. {' '.join(f'{show(each.data.name)}: {_in_words(each)}' for each in group)}"
    )
    return canvas.finish(id=id, title=f"{group[0].title}: effects across data sets", description=text)


def _name(evidence: Evidence, data_sets: Collection[str]) -> str:
    """Return the name of a hypothesis, with its data set if others of the figure have another one."""
    return show(evidence.title if len(data_sets) == 1 else f"{evidence.title}, {evidence.data.name}")


def _in_words(evidence: Evidence) -> str:
    assert evidence.estimate is not None
    interval = show_interval(evidence.estimate.interval_95)
    return f"{show_number(evidence.estimate.effect, sign=True)} {interval}, {evidence.verdict or 'not judged'}."


def _label_axis(canvas: Canvas, evidence: Evidence, bottom: float, where: str = "") -> None:
    what = "distance from the bar" if evidence.claim.kind == "reaches" else "effect"
    text = f"{what} {where}".rstrip() + f", {unit_in_words(evidence)}; more is better"
    canvas.text(canvas.width - 20, bottom + 29, text, MUTED, size=11, align="right", most=90)
