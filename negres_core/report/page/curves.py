"""Learning curves: a value by epoch, each arm as its median over replicates, with the range between them."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from markupsafe import Markup

from negres_core.report.layout import plural
from negres_core.report.page.canvas import WIDTH, Canvas
from negres_core.report.page.colours import ARMS, MUTED
from negres_core.report.page.scale import Scale

HEIGHT, LEFT, TOP = 252, 64, 48
MOST_POINTS = 120
"""Most epochs that are drawn; of longer trainings, this many, evenly spaced, the first and the last among them."""
WIDE_RATIO = 50.0
"""Positive values whose largest is so many times the smallest are drawn on a logarithmic scale."""

Curves = Mapping[str, Sequence[Sequence[float | None]]]
"""The curves of each arm's replicates, by the arm's role; None where a value was not finite."""


def draw_curves(curves: Curves, *, what: str, id: str) -> Markup | None:
    """Draw the curves of arms; return None if none has two epochs.

    Args:
        curves: the curves.
        what: what they show, such as "training loss".
        id: begins the ids of the figure.
    """
    tables = {role: _table(rows) for role, rows in curves.items() if any(len(row) > 1 for row in rows)}
    finite = np.concatenate([table[np.isfinite(table)] for table in tables.values()]) if tables else np.empty(0)
    if not finite.size:
        return None
    canvas, bottom = Canvas(HEIGHT), HEIGHT - 38
    low, high = float(finite.min()), float(finite.max())
    if low > 0 and high / low > WIDE_RATIO:
        scale = Scale(low / 1.1, high * 1.1, bottom - 4, TOP, logarithmic=True)
    else:
        scale = Scale.over((low, high), bottom - 4, TOP)
    epochs = max(table.shape[1] for table in tables.values())
    across = Scale(1, max(epochs, 2), LEFT, WIDTH - 14, whole=True)
    canvas.side_axis(scale, LEFT, to=WIDTH - 14)
    canvas.axis(across, bottom)
    canvas.text(WIDTH - 14, bottom + 28, "epoch", MUTED, size=11, align="right")
    title = f"{what[0].upper()}{what[1:]} by epoch"
    canvas.text(LEFT, 12, title, size=12, bold=True)
    descriptions, start = [], LEFT
    for role, table in tables.items():
        colour, places = ARMS.get(role, MUTED), _places(table.shape[1])
        known = [place for place in places if np.isfinite(table[:, place]).any()]
        x = [across.at(place + 1) for place in known]
        lowest, highest = (
            [scale.at(float(find(table[:, place]))) for place in known] for find in (np.nanmin, np.nanmax)
        )
        if len(table) > 1:
            canvas.area(x, lowest, highest, colour, opacity=0.16)
        middle = [float(np.nanmedian(table[:, place])) for place in known]
        canvas.line(x, [scale.at(value) for value in middle], colour, width=2, dashed=role == "control")
        if len(known) == 1:
            canvas.marks(x, [scale.at(middle[0])], colour)
        canvas.line((start, start + 22), (34, 34), colour, width=2, dashed=role == "control")
        canvas.text(start + 28, 34, f"{role} arm, {plural(len(table), 'replicate')}", size=11)
        start += 210
        descriptions.append(
            f"{role.capitalize()} arm: the median of {plural(len(table), 'replicate')} goes from {middle[0]:.4g} to "
            f"{middle[-1]:.4g} in {plural(table.shape[1], 'epoch')}."
        )
    if scale.logarithmic:
        canvas.text(WIDTH - 14, 12, "logarithmic scale", MUTED, size=11, align="right")
    return canvas.finish(id=id, title=title, description=" ".join(descriptions))


def _table(rows: Sequence[Sequence[float | None]]) -> np.ndarray:
    """Return curves as a table, (replicates, epochs), NaN where one has no finite value."""
    table = np.full((len(rows), max(map(len, rows))), math.nan)
    for place, row in enumerate(rows):
        table[place, : len(row)] = [math.nan if value is None else value for value in row]
    return table


def _places(epochs: int) -> list[int]:
    return sorted({round(place) for place in np.linspace(0, epochs - 1, min(epochs, MOST_POINTS))})
