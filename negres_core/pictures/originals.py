"""Originals above their reconstructions: the same images of one test fold, reconstructed by each arm."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.pictures.labels import ARM_COLOURS, describe_clipping, describe_scores, label_of
from negres_core.pictures.registry import Rendering
from negres_core.pictures.sample import sample_predictions
from negres_core.pictures.sheet import Row, count_columns, encode, make_sheet, scale_of
from negres_core.run.run import Run

if TYPE_CHECKING:
    from PIL.Image import Image

NAME = "originals"


def render(run: Run) -> Sequence[Rendering] | None:
    """Render the sheet; None if no arm predicts images of one channel or three."""
    rows = make_rows(run)
    if rows is None:
        return None
    lines = "; ".join(f"{row.caption} ({row.detail})" for row in rows[1:])
    caption = f"{len(rows[0].images)} images of a test fold of {run.data.name}, above their reconstructions: {lines}"
    return [Rendering(NAME, caption, encode(compose(run, rows)))]


def compose(run: Run, rows: Sequence[Row]) -> Image:
    """Return the sheet of some rows."""
    count, height, width = rows[0].images.shape[:3]
    title = f"{run.data.name}: held-out images and their reconstructions"
    return make_sheet(title, rows, scale=scale_of(height, width, count))


def make_rows(run: Run) -> list[Row] | None:
    """Return the originals and each arm's reconstructions, converted to 8 bits."""
    sample = sample_predictions(run)
    if sample is None or sample.targets.shape[3] not in (1, 3):
        return None
    _, height, width, channels = sample.targets.shape
    chosen = spread_rows(len(sample.targets), most=count_columns(width))

    def convert(images: np.ndarray) -> np.ndarray:
        shown = run.data.as_shown(images[chosen])
        return shown if channels == 3 else shown[..., 0]

    fold = f"fold {sample.cell.fold + 1} of repeat {sample.cell.repeat + 1}"
    rows = [Row(convert(sample.targets), "originals", f"{height} x {width} pixels, from the test fold ({fold})")]
    for arm, outputs in sample.outputs:
        detail = "; ".join(filter(None, (describe_scores(arm), describe_clipping(outputs[chosen], run))))
        rows.append(Row(convert(outputs), label_of(arm), detail, ARM_COLOURS[arm.role]))
    return rows
