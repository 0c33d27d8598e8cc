"""The timeline of a run: when each replicate compiled, trained and evaluated, as far as it was recorded."""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from markupsafe import Markup

from negres_core.evidence import Replicate
from negres_core.report.layout import plural
from negres_core.report.page.canvas import WIDTH, Canvas
from negres_core.report.page.colours import ARMS, INK, MUTED
from negres_core.report.page.scale import Scale

LEFT = 14
PHASES = ("compile", "train", "evaluate")
MOST_LANES = 60
"""Most replicates side by side that are drawn."""


class Span(NamedTuple):
    """A replicate in time, in seconds since the run began.

    Attributes:
        start: when it must have begun.
        end: when it was recorded, to the second.
        parts: seconds that it compiled, trained and evaluated.
        role: the arm that it is of, or None for a stage that arms share or a run of a control.
    """

    start: float
    end: float
    parts: tuple[float, float, float]
    role: str | None


def spans_of(replicates: Sequence[tuple[str | None, Replicate]], *, started_at: str) -> list[Span]:
    """Return the replicates that a run trained itself, in the order of their beginnings; others came from the store.

    Args:
        replicates: each replicate with the role of its arm.
        started_at: when the run began, as evidence has it.
    """
    start = datetime.fromisoformat(started_at)
    spans = []
    for role, replicate in replicates:
        end = (datetime.fromisoformat(replicate.recorded_at) - start).total_seconds()
        cost = replicate.cost
        parts = (cost.compile_s or 0.0, cost.train_s or 0.0, cost.evaluate_s or 0.0)
        if end >= 0:
            spans.append(Span(end - sum(parts), end, parts, role))
    return sorted(spans, key=lambda span: (span.start, span.end))


def lanes_of(spans: Sequence[Span]) -> list[list[Span]]:
    """Distribute replicates, in their order, over lanes: those that ran at the same time lie above each other."""
    lanes: list[list[Span]] = []
    ends: list[tuple[float, int]] = []  # the lanes by the time when they become free
    for span in spans:
        # Ends are recorded to the second, so that a shorter overlap means nothing.
        if ends and ends[0][0] <= span.start + 1.0:
            _, place = heapq.heappop(ends)
        else:
            place = len(lanes)
            lanes.append([])
        lanes[place].append(span)
        heapq.heappush(ends, (span.end, place))
    return lanes


def draw_timeline(lanes: Sequence[Sequence[Span]], *, wall_s: float | None, id: str) -> Markup | None:
    """Draw a run; return None if it trained nothing.

    Args:
        lanes: the replicates that it trained, see `lanes_of`.
        wall_s: how long it took.
        id: begins the ids of the figure.
    """
    spans = [span for lane in lanes for span in lane]
    if not spans:
        return None
    height = min(max(150 / min(len(lanes), MOST_LANES), 2.5), 12)
    bottom = 30 + height * min(len(lanes), MOST_LANES) + 4
    canvas = Canvas(bottom + 38)
    first = min([0.0, *(span.start for span in spans)])
    scale = Scale(first, max([wall_s or 0.0, *(span.end for span in spans), first + 1.0]), LEFT, WIDTH - LEFT)
    boxes: dict[tuple[str, float], list[tuple[tuple[float, float], tuple[float, float]]]] = {}
    for place, lane in enumerate(lanes[:MOST_LANES]):
        top = 30 + height * place
        for span in lane:
            at = span.start
            for phase, seconds in zip(PHASES, span.parts, strict=True):
                colour = {"compile": MUTED, "train": ARMS.get(span.role or "", MUTED), "evaluate": INK}[phase]
                if seconds > 0:
                    left, right = scale.at(at), scale.at(at + seconds)
                    opacity = 0.5 if phase == "compile" or span.role is None else 1.0
                    box = (left, max(right, left + 0.4)), (top, top + height * 0.8)
                    boxes.setdefault((colour, opacity), []).append(box)
                at += seconds
    for (colour, opacity), several in boxes.items():
        canvas.boxes(several, colour, opacity=opacity)
    canvas.axis(scale, bottom)
    canvas.text(WIDTH - LEFT, bottom + 29, "seconds since the run began", MUTED, size=11, align="right")
    roles = [role for role in ARMS if any(span.role == role for span in spans)]
    keys = [("compile", MUTED, 0.5), *((f"train, {role}", ARMS[role], 1.0) for role in roles), ("evaluate", INK, 1.0)]
    if any(span.role is None for span in spans):
        keys.insert(-1, ("shared stages and small runs", MUTED, 0.5))
    start = float(LEFT)
    for name, colour, opacity in keys:
        canvas.box((start, start + 12), (6, 16), colour, opacity=opacity)
        canvas.text(start + 17, 11, name, size=11)
        start += 17 + 6.2 * len(name) + 18
    return canvas.finish(id=id, title="Timeline of the run", description=describe(lanes))


def describe(lanes: Sequence[Sequence[Span]]) -> str:
    """Return what the timeline shows, in sentences, or why there is none."""
    spans = [span for lane in lanes for span in lane]
    if not spans:
        return "Nothing was trained in this run, or its replicates have no records here: all came from the store."
    totals = [sum(span.parts[place] for span in spans) for place in range(len(PHASES))]
    times = ", ".join(f"{name} {total:,.1f} s" for name, total in zip(PHASES, totals, strict=True))
    more = f" The first {MOST_LANES} are drawn." if len(lanes) > MOST_LANES else ""
    return (
        f"{plural(len(spans), 'replicate')} trained in this run, up to {len(lanes)} at a time; in all: {times}. "
        f"Records tell when a replicate was finished and how long each part took, not which worker trained it.{more}"
    )
