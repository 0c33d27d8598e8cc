"""Training loss by epoch, between what no model can beat and what the mean image has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from negres_core.evidence import Replicate
from negres_core.pictures.chart import encode, new_figure, styled, wrap
from negres_core.pictures.registry import Rendering
from negres_core.pictures.sample import COLOURS, NEUTRAL
from negres_core.recipe import Recipe, name_of
from negres_core.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

REFERENCES = {"mean_image_loss": ("the mean image", (0, (5, 3))), "loss_floor": ("the floor", (0, (1, 1.5)))}
"""Levels that a record may hold, how they are called, and the dashes they are drawn with."""


@dataclass(frozen=True)
class Trace:
    """One stage of one arm, or of both where they share it.

    Attributes:
        name: whose it is, and what.
        colour: of the arm.
        loss: what is minimized.
        begins: epochs of the stages before.
        replicates: the stage's replicates.
        tested: whether their loss on the test fold is the same quantity.
    """

    name: str
    colour: str
    loss: str
    begins: int
    replicates: Sequence[Replicate]
    tested: bool


def render(run: Run) -> Sequence[Rendering] | None:
    """Draw the curves; None where no arm trains a network."""
    traces = traces_of(run)
    if not traces:
        return None
    with styled():
        png = encode(make(run, traces))
    return [Rendering("curve", f"Training loss by epoch: {'; '.join(map(_describe, traces))}", png)]


def traces_of(run: Run) -> list[Trace]:
    """Return every stage of every arm's network; one that the arms share, once."""
    found: dict[tuple[str, ...], Trace] = {}
    for arm in run.networks.arms:
        recipe: Recipe | None = arm.recipe
        stages: list[Recipe] = []
        while recipe is not None:
            stages.insert(0, recipe)
            recipe = recipe.parent
        begins = 0
        for recipe, replicates in zip(stages, arm.stages, strict=True):
            stage, key = recipe.last, tuple(replicate.id for replicate in replicates)
            own = stage.objective or stage.loss
            loss = (run.models.output_layer(recipe).loss if run.models else None) or (
                own if isinstance(own, str) else name_of(own)
            )
            who, colour = ("both", NEUTRAL) if key in found else (arm.role, COLOURS[arm.role])
            name = f"{who}: {name_of(stage.build)} ({stage.epochs} epochs)"
            found[key] = Trace(name, colour, loss, begins, replicates, stage.objective is None)
            begins += stage.epochs
    return list(found.values())


def make(run: Run, traces: Sequence[Trace]) -> Figure:
    """Return the figure: a panel for each loss that is minimized, since no two can be compared."""
    from matplotlib.ticker import MaxNLocator

    losses = list(dict.fromkeys(trace.loss for trace in traces))
    figure = new_figure(f"{run.data.name}: training loss by epoch", height=0.6 + 6 * len(losses))
    for axis, loss in zip(figure.subplots(len(losses), 1, squeeze=False)[:, 0], losses, strict=True):
        own = [trace for trace in traces if trace.loss == loss]
        for trace in own:
            _plot(axis, trace)
        _mark_levels(axis, own)
        axis.plot([], [], color=NEUTRAL, linewidth=0.9, alpha=0.6, label="thin: one replicate each, thick: their mean")
        if any(trace.tested for trace in own):
            axis.plot([], [], "D", color=NEUTRAL, label="loss on the test fold at the end, mean")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_xlabel("epoch")
        axis.set_ylabel(wrap(loss.replace("_", " "), 40))
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, borderaxespad=0.2)
    return figure


def curves_of(trace: Trace) -> np.ndarray:
    """Return the curves of a trace, (replicates, epochs), NaN from where one was not finite."""
    curves = np.full((len(trace.replicates), max(len(each.curve) for each in trace.replicates)), np.nan)
    for row, replicate in zip(curves, trace.replicates, strict=True):
        row[: len(replicate.curve)] = replicate.curve
    return curves


def tested_losses(trace: Trace) -> np.ndarray:
    """Return the losses on the test folds, of replicates that stayed finite."""
    finished = [replicate for replicate in trace.replicates if replicate.status == "finished" and trace.tested]
    return np.array([replicate.metrics["loss"] for replicate in finished], dtype=float)


def level_of(traces: Sequence[Trace], name: str) -> float | None:
    """Return the mean of a level that the records of replicates hold, or None where none holds it."""
    found = [each.predictions[name] for trace in traces for each in trace.replicates if name in each.predictions]
    return float(np.mean(found)) if found else None


def _plot(axis: Any, trace: Trace) -> None:
    curves = curves_of(trace)
    epochs = trace.begins + np.arange(1, curves.shape[1] + 1)
    axis.plot(epochs, curves.T, color=trace.colour, linewidth=0.9, alpha=0.45)
    whole = curves[np.isfinite(curves).all(axis=1)]
    mean = whole.mean(axis=0) if len(whole) else np.full(len(epochs), np.nan)
    few = {"marker": "o", "markersize": 5} if len(epochs) <= 20 else {}
    axis.plot(epochs, mean, color=trace.colour, linewidth=2.8, label=wrap(trace.name), **few)
    if (tested := tested_losses(trace)).size:
        axis.plot(epochs[-1:], [tested.mean()], "D", color=trace.colour, markersize=10, markeredgecolor="white")


def _mark_levels(axis: Any, traces: Sequence[Trace]) -> None:
    """Draw the levels in, and leave out of sight what is so far over them that they could not be told apart."""
    levels = {name: level_of(traces, name) for name in REFERENCES}
    for name, level in levels.items():
        if level is not None:
            words, dashes = REFERENCES[name]
            axis.axhline(level, color="#4d4d4d", linestyle=dashes, linewidth=1.5, label="_")
            place = axis.get_yaxis_transform()
            axis.text(1.01, level, f"{words}\n{level:.4g}", transform=place, va="center", color="#4d4d4d")
    floor, trivial = levels["loss_floor"], levels["mean_image_loss"]
    highest = max(float(np.nanmax(curves_of(trace), initial=-np.inf)) for trace in traces)
    if floor is not None and trivial is not None and highest > (top := floor + 2.5 * (trivial - floor)) > floor:
        axis.set_ylim(floor - 0.12 * (trivial - floor), top)
        axis.plot([], [], " ", label=f"above the picture: losses up to {highest:.3g}")


def _describe(trace: Trace) -> str:
    curves = curves_of(trace)
    last = curves[np.isfinite(curves).all(axis=1), -1]
    ends = f"{trace.loss.replace('_', ' ')} {last.mean():.4g} at the end" if len(last) else "not finite"
    tested = tested_losses(trace)
    return f"{trace.name}, {ends}" + (f", {tested.mean():.4g} on the test fold" if tested.size else "")
