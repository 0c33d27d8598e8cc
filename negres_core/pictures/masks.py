"""Masks: images of one test fold above their true classes, pixel by pixel, and those that each arm predicts."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.dataset.segmentation import counted
from negres_core.pictures.labels import ARM_COLOURS, label_of
from negres_core.pictures.registry import Rendering
from negres_core.pictures.sample import sample_predictions
from negres_core.pictures.sheet import Row, count_columns, encode, make_sheet, scale_of
from negres_core.run.arm import Arm
from negres_core.run.run import Run

NAME = "masks"
TASK = "segmentation"

CLASS_COLOURS = np.array(
    [(0, 0, 0), (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0)],
    dtype=np.uint8,
)
"""Colours of the classes, which colour-blind people can tell apart (Okabe & Ito 2008); they repeat after seven."""
NOT_COUNTED_GREY = 160
"""Grey level of pixels that do not count, whatever is predicted there."""


def render(run: Run) -> Sequence[Rendering] | None:
    """Render the sheet; None if the labels are not those of pixels, or no arm predicts any."""
    rows = make_rows(run)
    if rows is None:
        return None
    lines = "; ".join(f"{row.caption} ({row.detail})" if row.detail else row.caption for row in rows)
    _, height, width = rows[0].images.shape[:3]
    sheet = make_sheet(
        f"{run.data.name}: held-out images and the classes of their pixels",
        rows,
        scale=scale_of(height, width, len(rows[0].images)),
    )
    return [Rendering(NAME, f"{len(rows[0].images)} images of a test fold of {run.data.name}: {lines}", encode(sheet))]


def make_rows(run: Run) -> list[Row] | None:
    """Return the images, if the inputs are images of that size, the true masks, and those of each arm."""
    sample = sample_predictions(run)
    if sample is None or sample.targets.ndim != 4 or not sample.outputs:
        return None
    _, height, width, _ = sample.targets.shape
    chosen = spread_rows(len(sample.targets), most=count_columns(width))
    truth = sample.targets[chosen]
    fold = f"fold {sample.cell.fold + 1} of repeat {sample.cell.repeat + 1}"
    grey = "; grey does not count" if not counted(truth).all() else ""
    rows = [Row(_colour(truth, truth), "true classes", f"{height} x {width} pixels, from the test fold ({fold}){grey}")]
    x = run.data.x
    if isinstance(x, np.ndarray) and x.shape[1:3] == (height, width) and x.ndim == 4 and x.shape[3] in (1, 3):
        rows.insert(0, Row(_as_shown(x[sample.rows[chosen]]), "images"))
    for arm, labels in sample.outputs:
        shown = _colour(labels.reshape(sample.targets.shape)[chosen], truth)
        rows.append(Row(shown, label_of(arm), _describe_scores(arm), ARM_COLOURS[arm.role]))
    return rows


def _colour(labels: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return labels, (rows, height, width, 1), as colours, (rows, height, width, 3)."""
    colours: np.ndarray = np.where(counted(truth), CLASS_COLOURS[labels[..., 0] % len(CLASS_COLOURS)], NOT_COUNTED_GREY)
    return colours.astype(np.uint8)


def _as_shown(images: np.ndarray) -> np.ndarray:
    """Return images from the darkest to the brightest of their values, as 8 bits show them."""
    low, span = float(images.min()), float(np.ptp(images)) or 1.0
    shown = np.round((images - low) * (255 / span)).astype(np.uint8)
    return shown if images.shape[3] == 3 else shown[..., 0]


def _describe_scores(arm: Arm) -> str:
    """Describe an arm's masks by the scores in its records, as means over its finished replicates."""
    finished = [replicate for replicate in arm.replicates if replicate.status == "finished"]
    means = {name: np.mean([replicate.metrics[name] for replicate in finished]) for name in ("accuracy", "iou")}
    total = "" if len(finished) == len(arm.replicates) else f" of {len(arm.replicates)}"
    return (
        f"accuracy {means['accuracy']:.3f}, mean IoU {means['iou']:.3f}: means over {len(finished)}{total} replicates"
    )
