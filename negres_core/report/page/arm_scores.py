"""Scores of all arms of a family side by side: the mean over cells of each metric, with bars of a standard deviation.

The small panels are those of bar charts of models, such as figures 1 to 3 of "#Fail: Artificial Intelligence is a
Science": accuracy over folds with its deviation; precision, recall and accuracy; F1 and loss.
"""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from markupsafe import Markup

from negres_core.errors import show
from negres_core.evidence import ArmRecord, Evidence, Spread
from negres_core.report.layout import show_number
from negres_core.report.page.canvas import Canvas
from negres_core.report.page.colours import INK, MUTED
from negres_core.report.page.scale import Scale

WIDTH, LEFT, ROW, GAP = 860, 300, 24, 22
LINE_LENGTH = 42
"""Most characters in a line of an arm's name, which has two lines at most."""
METRICS = (
    ("accuracy", "precision", "recall", "f1", "loss"),
    ("psnr", "ssim", "skill", "loss"),
    ("mae", "mse", "r2", "loss"),
)
"""The metrics that are drawn, as far as arms have them: of classes, of images, and of values."""
TITLES = {"f1": "F1", "mae": "MAE", "mse": "MSE", "r2": "R²", "psnr": "PSNR", "ssim": "SSIM"}


class ArmScores(NamedTuple):
    """The scores of the arms of a family on one data set.

    Attributes:
        data: name of the data set.
        metrics: the metrics, in the order of the panels.
        arms: the metrics of each arm, by its name.
    """

    data: str
    metrics: Sequence[str]
    arms: Mapping[str, Mapping[str, Spread]]


def scores_of(records: Sequence[Evidence]) -> list[ArmScores]:
    """Return the scores of the distinct arms of some hypotheses, for each data set on which there are two or more.

    An arm of several hypotheses counts once, with the most replicates. Arms without the metrics, such as fits that
    return others, are left out.
    """
    by_data: dict[str, list[ArmRecord]] = {}
    for evidence in records:
        if not evidence.smoke:
            by_data.setdefault(evidence.data.name, []).extend(evidence.arms)
    found = []
    for data, arms in by_data.items():
        known = max((_those_with(arms, metrics, data) for metrics in METRICS), key=lambda scores: len(scores.arms))
        if len(known.arms) > 1:
            found.append(known)
    return found


def _those_with(arms: Sequence[ArmRecord], metrics: Sequence[str], data: str) -> ArmScores:
    """Return the arms on a data set that have the first of some metrics, with those metrics that all of them have."""
    distinct: dict[tuple[str, str], ArmRecord] = {}
    for arm in arms:
        spread = arm.metrics.get(metrics[0])
        if spread is not None and spread.mean is not None:
            key = (arm.name, "" if arm.description is None else arm.description.digest)
            if key not in distinct or len(arm.own_replicates) > len(distinct[key].own_replicates):
                distinct[key] = arm
    shared = [name for name in metrics if all(_mean(arm, name) is not None for arm in distinct.values())]
    return ArmScores(data, shared, {name: arm.metrics for name, arm in _named(distinct).items()})


def _mean(arm: ArmRecord, metric: str) -> float | None:
    return arm.metrics[metric].mean if metric in arm.metrics else None


def _named(distinct: Mapping[tuple[str, str], ArmRecord]) -> dict[str, ArmRecord]:
    """Return arms by their names; those of one name, which differ in a setting, are numbered."""
    names = [arm.name for arm in distinct.values()]
    seen: dict[str, int] = {}
    named = {}
    for arm in distinct.values():
        seen[arm.name] = seen.get(arm.name, 0) + 1
        is_shared = names.count(arm.name) > 1
        named[f"{arm.name} ({seen[arm.name]})" if is_shared else arm.name] = arm
    return named


def draw_scores(scores: ArmScores, *, id: str) -> Markup:
    """Draw the scores of arms for the page, a row for each arm and a panel for each metric."""
    sentences = [
        f"{name}: {', '.join(f'{metric} {show_number(arm[metric].mean or 0.0)}' for metric in scores.metrics)}."
        for name, arm in scores.arms.items()
    ]
    title = f"Scores of the arms on {scores.data}"
    return plot_scores(scores).finish(id=id, title=title, description=" ".join(sentences))


def plot_scores(scores: ArmScores) -> Canvas:
    """Plot the scores of arms."""
    names = [textwrap.wrap(show(each), LINE_LENGTH, max_lines=2, placeholder=" ...") for each in scores.arms]
    heights = [ROW if len(lines) < 2 else ROW + 12 for lines in names]
    top = 30
    bottom = top + sum(heights)
    canvas = Canvas(bottom + 40, WIDTH)
    middles = [top + sum(heights[:place]) + height / 2 for place, height in enumerate(heights)]
    for lines, y in zip(names, middles, strict=True):
        for number, line in enumerate(lines):
            shift = 14 * (number - (len(lines) - 1) / 2)
            canvas.text(LEFT - 14, y + shift, line, size=11.5, align="right", most=LINE_LENGTH)
    panel = (WIDTH - 14 - LEFT + GAP) / len(scores.metrics)
    for place, metric in enumerate(scores.metrics):
        start = LEFT + place * panel
        _plot_panel(canvas, [arm[metric] for arm in scores.arms.values()], middles, start, start + panel - GAP)
        canvas.text(start + (panel - GAP) / 2, 12, TITLES.get(metric, metric), size=12, align="center", bold=True)
    text = "mean over cells, and one standard deviation of the cells on either side"
    canvas.text(WIDTH - 14, bottom + 29, text, MUTED, size=11, align="right", most=90)
    return canvas


def _plot_panel(canvas: Canvas, spreads: Sequence[Spread], middles: Sequence[float], start: float, end: float) -> None:
    """Plot one metric of each arm between two pixels."""
    known = [(each.mean or 0.0, each.sd or 0.0) for each in spreads]
    scale = Scale.over([mean + sign * sd for mean, sd in known for sign in (-1, 1)], start, end)
    bottom = middles[-1] + ROW / 2
    canvas.axis(scale, bottom, most=3, above=middles[0] - ROW / 2)
    for (mean, sd), y in zip(known, middles, strict=True):
        canvas.line((scale.at(mean - sd), scale.at(mean + sd)), (y, y), INK, width=1.5)
        canvas.marks([scale.at(mean)], [y], INK, size=7)
