"""Training loss by epoch, between the loss of a perfect model and that of the mean image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.evidence import Replicate
from negres_core.pictures.chart import encode, new_figure, styled, wrap
from negres_core.pictures.labels import ARM_COLOURS, NEUTRAL_COLOUR
from negres_core.pictures.registry import Rendering
from negres_core.run.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "curve"

Level = Literal["mean_image_loss", "loss_floor"]
"""A loss that a record may hold, and that is drawn as a horizontal line: a field of `PredictionSummary`."""

LEVELS: dict[Level, tuple[str, tuple[int, tuple[float, float]]]] = {
    "mean_image_loss": ("mean image", (0, (5, 3))),
    "loss_floor": ("loss floor", (0, (1, 1.5))),
}
"""Label and dashes of each level."""


@dataclass(frozen=True)
class Trace:
    """One stage of one arm, or of both if they share it.

    Attributes:
        name: the arm and the stage, for the legend.
        colour: colour of the arm.
        loss: name of the quantity that is minimized.
        epochs_before: epochs of the stages before.
        replicates: the stage's replicates.
        has_held_out_loss: whether their loss on the test fold is the same quantity.
    """

    name: str
    colour: str
    loss: str
    epochs_before: int
    replicates: Sequence[Replicate]
    has_held_out_loss: bool


def render(run: Run) -> Sequence[Rendering] | None:
    """Render the curves; None if no arm trains a network."""
    traces = traces_of(run)
    if not traces:
        return None
    with styled():
        png = encode(make_figure(run, traces))
    return [Rendering(NAME, f"Training loss by epoch: {'; '.join(map(_describe, traces))}", png)]


def traces_of(run: Run) -> list[Trace]:
    """Return every stage of every arm's network; a stage that the arms share is returned once."""
    traces: dict[tuple[str, ...], Trace] = {}
    for arm in run.networks.by_recipe:
        epochs_before = 0
        for recipe, replicates in zip(arm.recipe.lineage, arm.stages, strict=True):
            stage, key = recipe.last, tuple(replicate.id for replicate in replicates)
            keras_name = run.models.output_layer(recipe).loss if run.models and not stage.losses else None
            loss = keras_name or _loss_in_words(stage)
            is_weighted = stage.class_weight is not None or run.data.sample_weight is not None
            loss += ", rows weighted" if is_weighted else ""
            owner, colour = ("both", NEUTRAL_COLOUR) if key in traces else (arm.role, ARM_COLOURS[arm.role])
            most = "at most " if stage.patience is not None else ""
            name = f"{owner}: {name_of(stage.build)} ({most}{stage.epochs} epochs)"
            # The test loss is not weighted.
            has_same_loss = stage.objective is None and not is_weighted and not stage.losses
            traces[key] = Trace(name, colour, loss, epochs_before, replicates, has_same_loss)
            epochs_before += max(len(replicate.curve) for replicate in replicates)
    return list(traces.values())


def _loss_in_words(stage: Stage) -> str:
    """Return the name of what a stage minimizes."""
    if stage.losses:
        return f"weighted sum of the losses of {', '.join(stage.losses)}"
    function: Any = stage.objective or stage.loss
    return function if isinstance(function, str) else name_of(function)


def make_figure(run: Run, traces: Sequence[Trace]) -> Figure:
    """Return the figure: one panel per loss, because values of different losses cannot be compared."""
    from matplotlib.ticker import MaxNLocator

    losses = list(dict.fromkeys(trace.loss for trace in traces))
    figure = new_figure(f"{run.data.name}: training loss by epoch", height=0.6 + 6 * len(losses))
    for axis, loss in zip(figure.subplots(len(losses), 1, squeeze=False)[:, 0], losses, strict=True):
        panel = [trace for trace in traces if trace.loss == loss]
        for trace in panel:
            _plot(axis, trace)
        _mark_levels(axis, panel)
        axis.plot(
            [], [], color=NEUTRAL_COLOUR, linewidth=0.9, alpha=0.6, label="thin: single replicates, thick: their mean"
        )
        if any(trace.has_held_out_loss for trace in panel):
            axis.plot([], [], "D", color=NEUTRAL_COLOUR, label="mean loss on the test fold at the end")
        axis.xaxis.set_major_locator(MaxNLocator(integer=True))
        axis.set_xlabel("epoch")
        axis.set_ylabel(wrap(loss.replace("_", " "), 40))
        axis.legend(loc="lower left", bbox_to_anchor=(0, 1), frameon=False, borderaxespad=0.2)
    return figure


def curves_of(trace: Trace) -> np.ndarray:
    """Return the curves of a trace, (replicates, epochs); NaN where a loss is not finite, and after it."""
    curves = np.full((len(trace.replicates), max(len(each.curve) for each in trace.replicates)), np.nan)
    for row, replicate in zip(curves, trace.replicates, strict=True):
        row[: len(replicate.curve)] = replicate.curve
    return curves


def held_out_losses_of(trace: Trace) -> np.ndarray:
    """Return the losses on the test folds, of replicates that stayed finite."""
    finished = [each for each in trace.replicates if each.status == "finished" and trace.has_held_out_loss]
    return np.array([replicate.metrics["loss"] for replicate in finished], dtype=float)


def level_of(traces: Sequence[Trace], level: Level) -> float | None:
    """Return the mean of a level over the records that hold it, or None if none does."""
    values = [_level_in(replicate, level) for trace in traces for replicate in trace.replicates]
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if known else None


def _level_in(replicate: Replicate, level: Level) -> float | None:
    value: float | None = getattr(replicate.predictions, level)
    return value


def _plot(axis: Any, trace: Trace) -> None:
    curves = curves_of(trace)
    epochs = trace.epochs_before + np.arange(1, curves.shape[1] + 1)
    axis.plot(epochs, curves.T, color=trace.colour, linewidth=0.9, alpha=0.45)
    complete = curves[np.isfinite(curves).all(axis=1)]
    mean = complete.mean(axis=0) if len(complete) else np.full(len(epochs), np.nan)
    markers = {"marker": "o", "markersize": 5} if len(epochs) <= 20 else {}
    axis.plot(epochs, mean, color=trace.colour, linewidth=2.8, label=wrap(trace.name), **markers)
    if (held_out_losses := held_out_losses_of(trace)).size:
        axis.plot(
            epochs[-1:], [held_out_losses.mean()], "D", color=trace.colour, markersize=10, markeredgecolor="white"
        )


def _mark_levels(axis: Any, traces: Sequence[Trace]) -> None:
    """Draw the levels, and cut off losses so far above them that the levels would become indistinguishable."""
    levels = {level: level_of(traces, level) for level in LEVELS}
    for level, value in levels.items():
        if value is not None:
            label, dashes = LEVELS[level]
            axis.axhline(value, color="#4d4d4d", linestyle=dashes, linewidth=1.5, label="_")
            transform = axis.get_yaxis_transform()
            axis.text(1.01, value, f"{label}\n{value:.4g}", transform=transform, va="center", color="#4d4d4d")
    floor, trivial = levels["loss_floor"], levels["mean_image_loss"]
    highest = max(float(np.nanmax(curves_of(trace), initial=-np.inf)) for trace in traces)
    if floor is not None and trivial is not None and highest > (top := floor + 2.5 * (trivial - floor)) > floor:
        axis.set_ylim(floor - 0.12 * (trivial - floor), top)
        axis.plot([], [], " ", label=f"off the chart: losses up to {highest:.3g}")


def _describe(trace: Trace) -> str:
    curves = curves_of(trace)
    last = curves[np.isfinite(curves).all(axis=1), -1]
    end = f"{trace.loss.replace('_', ' ')} {last.mean():.4g} at the end" if len(last) else "not finite"
    held_out_losses = held_out_losses_of(trace)
    return f"{trace.name}, {end}" + (f", {held_out_losses.mean():.4g} on the test fold" if held_out_losses.size else "")
