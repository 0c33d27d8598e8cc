"""Arms as pictures show them: the same name and colour everywhere, and the outputs on the same rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negres_core.design import Cell
from negres_core.evidence import Replicate
from negres_core.run import Arm, Run

COLOURS = {"treatment": "#0072B2", "control": "#D55E00"}
"""Blue and vermilion, which people tell apart who see few colours (Okabe & Ito 2008)."""
NEUTRAL = "#767676"
"""Of what is no arm's."""

ROWS = 256
"""Rows of the test fold that are looked at."""
SEEN = 0.0005
"""The smallest share that is not 0.0%."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of one test fold, and what each arm makes of them.

    Attributes:
        cell: where they are from.
        targets: the images, (rows, height, width, channels).
        outputs: each arm that predicts images, with its raw outputs, in the shape of the targets.
    """

    cell: Cell
    targets: np.ndarray
    outputs: Sequence[tuple[Arm, np.ndarray]]


def sample_predictions(run: Run) -> Sample | None:
    """Let all arms predict the same rows; None where none does, or where they finished no replicate of one cell.

    It is the first replicate that all arms finished. Those that never did, and those whose fit returns metrics, not
    predictions, are left out.
    """
    # What a record says of predictions is nothing where there are none, or they are not finite.
    arms = [arm for arm in run.arms if any(_predicts(replicate) for replicate in arm.replicates)]
    for position in range(len(arms[0].replicates) if arms and run.models else 0):
        replicates = [arm.replicates[position] for arm in arms]
        if all(map(_predicts, replicates)):
            cell = run.cell_of(replicates[0])
            rows = spread(cell.test, ROWS)
            outputs = [(arm, run.models.predict(arm, position, rows)) for arm in arms] if run.models else []
            return Sample(cell, run.data.y[rows], [(arm, made) for arm, made in outputs if made is not None])
    return None


def spread(rows: np.ndarray, count: int) -> np.ndarray:
    """Return some rows, spread evenly, or all where there are no more."""
    some: np.ndarray = rows[np.linspace(0, len(rows) - 1, min(count, len(rows))).astype(int)]
    return some


def name_of_arm(arm: Arm) -> str:
    """Name an arm the same way in every picture."""
    return f"{arm.role}: {arm.recipe}"


def scores_of(arm: Arm) -> str:
    """Say what an arm's records say of its reconstructions, as means over its replicates that stayed finite."""
    finished = [replicate for replicate in arm.replicates if replicate.status == "finished"]
    means = {name: np.mean([replicate.metrics[name] for replicate in finished]) for name in ("psnr", "skill")}
    of = "" if len(finished) == len(arm.replicates) else f" of {len(arm.replicates)}"
    return f"PSNR {means['psnr']:.2f} dB, skill {means['skill']:.3f}: means over {len(finished)}{of} replicates"


def excess_of(values: np.ndarray, run: Run) -> str:
    """Say what of raw values lies outside the data's range, which a display cannot show; nothing where next to none."""
    low, high = float(run.data.y.min()), float(run.data.y.max())
    half = (high - low) / 510  # of a grey level: less is not seen
    ends = [("under", low, np.mean(values < low - half)), ("over", high, np.mean(values > high + half))]
    beyond = [f"{share:.1%} {where} {say(end, run)}" for where, end, share in ends if share >= SEEN]
    return f"clipped here, of its raw values: {', '.join(beyond)}" if beyond else ""


def say(value: float, run: Run) -> str:
    """Write a value of a pixel to four digits of the data's range."""
    return f"{round(float(value) / run.data.span, 4) * run.data.span:.4g}"


def _predicts(replicate: Replicate) -> bool:
    return replicate.status == "finished" and bool(replicate.predictions)
