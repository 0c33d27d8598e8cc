"""Holm's staircase: the p-values of a family in their order, against the level that each has to stay below."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from markupsafe import Markup

from negres_core.evidence import Evidence
from negres_core.report.layout import plural, show_p
from negres_core.report.page.canvas import WIDTH, Canvas
from negres_core.report.page.colours import INK, MUTED, VERDICTS
from negres_core.report.page.scale import Scale

HEIGHT, LEFT = 260, 64
LOWEST = 1e-8
"""Smaller p-values are drawn here."""


class Step(NamedTuple):
    """One p-value of the family.

    Attributes:
        title: the hypothesis in words.
        verdict: its verdict.
        p: the p-value of the null hypothesis that the verdict rejects.
        level: what it has to stay below, with all before it.
        passes: whether it does.
    """

    title: str
    verdict: str
    p: float
    level: float
    passes: bool


def climb(records: Sequence[Evidence], *, members: int, alpha: float) -> list[Step]:
    """Return the steps of Holm's method, from the smallest p-value on.

    Args:
        records: evidence of the family; hypotheses that decided nothing have no step, and count as members.
        members: the number of hypotheses of the family.
        alpha: the level of the family.
    """
    decided = sorted((each for each in records if each.p_value is not None), key=lambda each: each.p_value or 0.0)
    steps, passes = [], True
    for place, each in enumerate(decided):
        level = alpha / max(members - place, 1)
        passes = passes and (each.p_value or 0.0) < level
        steps.append(Step(f"{each.title}, {each.data.name}", each.verdict or "", each.p_value or 0.0, level, passes))
    return steps


def draw_staircase(steps: Sequence[Step], *, members: int, alpha: float, id: str) -> Markup | None:
    """Draw the steps; return None if there are none. For the arguments, see `climb`."""
    if not steps:
        return None
    canvas, bottom = Canvas(HEIGHT), HEIGHT - 40
    floor = max(min(LOWEST * 100, *(step.p for step in steps), alpha / members) / 3, LOWEST)
    scale = Scale(floor, 1.0, bottom, 14, logarithmic=True)
    across = Scale(0.0, float(max(members, 1)), LEFT, WIDTH - 14, whole=True)
    canvas.side_axis(scale, LEFT, to=WIDTH - 14, most=5)
    canvas.axis(across, bottom)
    x = [value for place in range(members) for value in (across.at(place), across.at(place + 1))]
    y = [scale.at(alpha / (members - place)) for place in range(members) for _ in range(2)]
    canvas.line(x, y, INK, width=1.5)
    for place, step in enumerate(steps):
        colour = VERDICTS.get(step.verdict, MUTED)
        canvas.marks([across.at(place + 0.5)], [scale.at(step.p)], colour, size=6, open=not step.passes)
    waiting = members - len(steps)
    if waiting:
        places = [across.at(place + 0.5) for place in range(len(steps), members)]
        canvas.marks(places, [scale.at(1.0)] * waiting, MUTED, marker="|", size=5, open=True)
    canvas.text(WIDTH - 14, bottom + 29, "hypotheses of the family, by p-value", MUTED, size=11, align="right")
    canvas.text(LEFT + 8, 24, "line: Holm's level; filled: significant for the family", MUTED, size=11)
    return canvas.finish(id=id, title="Holm's staircase", description=describe(steps, members=members, alpha=alpha))


def describe(steps: Sequence[Step], *, members: int, alpha: float) -> str:
    """Return what the staircase shows, in sentences."""
    passed = sum(step.passes for step in steps)
    first = next((step for step in steps if not step.passes), None)
    stop = f" The first that does not is p {show_p(first.p)}, against {first.level:.2g}." if first else ""
    return (
        f"The family has {plural(members, 'hypothesis', 'hypotheses')}, of which {len(steps)} are decided and "
        f"{passed} stay below Holm's level at {alpha:g}.{stop}"
    )
