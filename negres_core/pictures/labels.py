"""Labels: the colours, names and numbers by which every picture identifies the arms."""

from __future__ import annotations

import numpy as np

from negres_core.run.arm import Arm
from negres_core.run.run import Run

ARM_COLOURS = {"treatment": "#0072B2", "control": "#D55E00"}
"""Blue and vermilion, which colour-blind people can tell apart (Okabe & Ito 2008)."""
NEUTRAL_COLOUR = "#767676"
"""Colour of elements that belong to no arm."""
MIN_SHOWN_SHARE = 0.0005
"""The smallest share that does not round to 0.0%."""


def label_of(arm: Arm) -> str:
    """Return the name of an arm, the same in every picture."""
    return f"{arm.role}: {arm.recipe}"


def describe_scores(arm: Arm) -> str:
    """Describe an arm's reconstructions by the scores in its records, as means over its finished replicates."""
    finished = [replicate for replicate in arm.replicates if replicate.status == "finished"]
    means = {name: np.mean([replicate.metrics[name] for replicate in finished]) for name in ("psnr", "skill")}
    total = "" if len(finished) == len(arm.replicates) else f" of {len(arm.replicates)}"
    return f"PSNR {means['psnr']:.2f} dB, skill {means['skill']:.3f}: means over {len(finished)}{total} replicates"


def describe_clipping(values: np.ndarray, run: Run) -> str:
    """Describe the share of raw values outside the data's range, which a display cannot show; "" if negligible."""
    low, high = float(run.data.y.min()), float(run.data.y.max())
    half_level = (high - low) / 510  # half a grey level: a smaller difference is invisible
    ends = [
        ("below", low, np.mean(values < low - half_level)),
        ("above", high, np.mean(values > high + half_level)),
    ]
    shares = [f"{share:.1%} {side} {format_value(end, run)}" for side, end, share in ends if share >= MIN_SHOWN_SHARE]
    return f"raw values clipped here: {', '.join(shares)}" if shares else ""


def format_value(value: float, run: Run) -> str:
    """Format a pixel value, rounded to four digits of the data's range."""
    return f"{round(float(value) / run.data.span, 4) * run.data.span:.4g}"
