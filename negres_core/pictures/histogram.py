"""Histograms of raw outputs and their targets, which show saturated or rounded outputs at a glance."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.pictures.chart import encode, new_figure, styled, wrap
from negres_core.pictures.labels import ARM_COLOURS, format_value, label_of
from negres_core.pictures.registry import Rendering
from negres_core.pictures.sample import SAMPLED_ROWS, Sample, sample_predictions
from negres_core.run.arm import Arm
from negres_core.run.run import Run

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAME = "histogram"

GREY_LEVELS = 256
"""Values that 8 bits can represent, from one end of the data's range to the other."""


def render(run: Run) -> Sequence[Rendering] | None:
    """Render the histograms; None if no arm predicts images."""
    sample = sample_predictions(run)
    if sample is None:
        return None
    with styled():
        png = encode(make_figure(run, sample))
    lines = "; ".join(f"{label_of(arm)}: {describe(run, outputs)}" for arm, outputs in sample.outputs)
    caption = f"Raw outputs against their targets ({describe(run, sample.targets)}): {lines}"
    return [Rendering(NAME, caption, png)]


def make_figure(run: Run, sample: Sample) -> Figure:
    """Return the figure: one panel per arm, all with the same axes."""
    low, high = float(run.data.y.min()), float(run.data.y.max())
    width = bin_width(run)
    figure = new_figure(
        f"{run.data.name}: raw outputs on {len(sample.targets)} held-out images, against the images",
        height=1.2 + 3.3 * len(sample.outputs),
    )
    axes = figure.subplots(len(sample.outputs), 1, sharex=True, sharey=True, squeeze=False)[:, 0]
    limits = [low - 12 * width, high + 12 * width]
    for axis, (arm, outputs) in zip(axes, sample.outputs, strict=True):
        edges, shares = bin_values(run, sample.targets)
        axis.stairs(shares, edges, baseline=1e-7, fill=True, color="#b8b8b8")
        edges, shares = bin_values(run, outputs)
        axis.stairs(shares, edges, baseline=1e-7, fill=True, color=ARM_COLOURS[arm.role], alpha=0.35)
        axis.stairs(shares, edges, baseline=1e-7, color=ARM_COLOURS[arm.role], linewidth=1.3)
        occupied = edges[:-1][shares > 0]
        limits = [min(limits[0], occupied[0] - 8 * width), max(limits[1], occupied[-1] + 9 * width)]
        _title(axis, arm, describe(run, outputs))
        axis.set_yscale("log")
        axis.yaxis.set_major_formatter(lambda share, position: f"{100 * share:g}%")
        axis.set_ylabel("share of values")
    for axis in axes:
        for outside in ((limits[0], low - width / 2), (high + width / 2, limits[1])):
            axis.axvspan(*outside, color="#f0e442", alpha=0.28, linewidth=0, zorder=0)
    axes[0].set_xlim(*limits)
    axes[0].set_ylim(bottom=0.5 / sample.targets.size)
    data_range = f"{format_value(low, run)} to {format_value(high, run)}"
    key = f"grey: the images; colour: raw outputs; shaded: outside the data's range, {data_range}"
    if any(np.abs(outputs - (low + high) / 2).max() > 1.5 * (high - low) for _, outputs in sample.outputs):
        key += "; outermost bins: all values beyond"
    axes[-1].set_xlabel(f"pixel value\n{key}")
    return figure


def bin_width(run: Run) -> float:
    """Return the width of a bin, which is centred on a value: the distance between levels of 8 bits, or of the images.

    8-bit images that are never quite black have fewer levels in their range. Bins as narrow as those of a display would
    leave some of them empty, which looks like rounding.
    """
    display_step = run.data.span / (GREY_LEVELS - 1)
    images = run.data.y[spread_rows(len(run.data), most=SAMPLED_ROWS)]
    image_step = float(np.diff(np.unique(images)).min(initial=np.inf))
    if not 0.999 * display_step < image_step < 2 * display_step:
        return display_step
    # A whole number of steps, so that rounding errors do not accumulate.
    return run.data.span / round(run.data.span / image_step)


def bin_values(run: Run, values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the edges of the bins, and the share of values in each.

    The outermost bins hold all values that lie outside the data's range by the length of that range or more.
    """
    width, low = bin_width(run), float(run.data.y.min())
    bins = np.clip(np.round((values.astype(np.float64) - low) / width), -GREY_LEVELS, 2 * GREY_LEVELS) + GREY_LEVELS
    counts = np.bincount(bins.astype(np.int64).reshape(-1), minlength=3 * GREY_LEVELS + 1)
    return low + (np.arange(len(counts) + 1) - GREY_LEVELS - 0.5) * width, counts / values.size


def describe(run: Run, values: np.ndarray) -> str:
    """Describe the range of values, and how many are black, white and distinct when shown in 8 bits."""
    shown = run.data.as_shown(values)
    return (
        f"{format_value(values.min(), run)} to {format_value(values.max(), run)}; shown in 8 bits "
        f"{np.mean(shown == 0):.1%} black, {np.mean(shown == GREY_LEVELS - 1):.1%} white, "
        f"{len(np.unique(shown))} of {GREY_LEVELS} levels"
    )


def _title(axis: Any, arm: Arm, description: str) -> None:
    axis.set_title(f"{wrap(label_of(arm))}\n{wrap(description)}", loc="left", color=ARM_COLOURS[arm.role])
