"""Histograms of raw outputs against their targets: saturated or rounded outputs are seen at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negres_core.pictures.chart import encode, new_figure, styled, wrap
from negres_core.pictures.registry import Rendering
from negres_core.pictures.sample import COLOURS, ROWS, Sample, name_of_arm, sample_predictions, say, spread
from negres_core.run import Arm, Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LEVELS = 256
"""Values that 8 bits show from one end of the data's range to the other."""


def render(run: Run) -> Sequence[Rendering] | None:
    """Draw the histograms; None where no arm predicts."""
    sample = sample_predictions(run)
    if sample is None:
        return None
    with styled():
        png = encode(make(run, sample))
    lines = "; ".join(f"{name_of_arm(arm)}: {describe(run, outputs)}" for arm, outputs in sample.outputs)
    caption = f"Raw outputs against their targets ({describe(run, sample.targets)}): {lines}"
    return [Rendering("histogram", caption, png)]


def make(run: Run, sample: Sample) -> Figure:
    """Return the figure: one panel an arm, all with the same axes."""
    low, high = float(run.data.y.min()), float(run.data.y.max())
    step = step_of(run)
    figure = new_figure(
        f"{run.data.name}: raw outputs on {len(sample.targets)} held-out images, against the images",
        height=1.2 + 3.3 * len(sample.outputs),
    )
    axes = figure.subplots(len(sample.outputs), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    ends = [low - 12 * step, high + 12 * step]
    for axis, (arm, outputs) in zip(axes, sample.outputs, strict=True):
        edges, shares = count(run, sample.targets)
        axis.stairs(shares, edges, baseline=1e-7, fill=True, color="#b8b8b8")
        edges, shares = count(run, outputs)
        axis.stairs(shares, edges, baseline=1e-7, fill=True, color=COLOURS[arm.role], alpha=0.35)
        axis.stairs(shares, edges, baseline=1e-7, color=COLOURS[arm.role], linewidth=1.3)
        occupied = edges[:-1][shares > 0]
        ends = [min(ends[0], occupied[0] - 8 * step), max(ends[1], occupied[-1] + 9 * step)]
        _title(axis, arm, describe(run, outputs))
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(lambda share, position: f"{100 * share:g}%")
        axis.set_ylabel("share of values")
    for axis in axes:
        for outside in ((ends[0], low - step / 2), (high + step / 2, ends[1])):
            axis.axvspan(*outside, color="#f0e442", alpha=0.28, linewidth=0, zorder=0)
    axes[0].set_xlim(*ends)
    axes[0].set_ylim(bottom=0.5 / sample.targets.size)
    within = f"{say(low, run)} to {say(high, run)}"
    words = f"grey: the images; in colour: raw outputs; shaded: outside the data's range, {within}"
    if any(np.abs(outputs - (low + high) / 2).max() > 1.5 * (high - low) for _, outputs in sample.outputs):
        words += "; at its edges: all that lies further out"
    axes[-1].set_xlabel(f"value of a pixel\n{words}")
    return figure


def step_of(run: Run) -> float:
    """Return the width of a bin, which is centred on a value: that of the levels of 8 bits, or of the images' own.

    Images of 8 bits that are never quite black have fewer levels in their range: bins as narrow as a display's would
    leave some empty, as rounding does.
    """
    shown = run.data.span / (LEVELS - 1)
    some = run.data.y[spread(np.arange(len(run.data)), ROWS)]
    own = float(np.diff(np.unique(some)).min(initial=np.inf))
    # A whole number of steps, so that rounding does not add up.
    return run.data.span / round(run.data.span / own) if 0.999 * shown < own < 2 * shown else shown


def count(run: Run, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the bins, and the share of values in each; what is a range or more outside is in the last."""
    step, low = step_of(run), float(run.data.y.min())
    bins = np.clip(np.round((values.astype(np.float64) - low) / step), -LEVELS, 2 * LEVELS) + LEVELS
    counts = np.bincount(bins.astype(np.int64).reshape(-1), minlength=3 * LEVELS + 1)
    return low + (np.arange(len(counts) + 1) - LEVELS - 0.5) * step, counts / values.size


def describe(run: Run, values: np.ndarray) -> str:
    """Say how far values reach, how many lie at an end, and how many differ where 8 bits show them."""
    shown = run.data.as_shown(values)
    return (
        f"{say(values.min(), run)} to {say(values.max(), run)}; shown in 8 bits {np.mean(shown == 0):.1%} black, "
        f"{np.mean(shown == LEVELS - 1):.1%} white, {len(np.unique(shown))} of {LEVELS} levels"
    )


def _title(axis: Any, arm: Arm, words: str) -> None:
    axis.set_title(f"{wrap(name_of_arm(arm))}\n{wrap(words)}", loc="left", color=COLOURS[arm.role])
