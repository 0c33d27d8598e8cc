"""Originals over reconstructions: the same images of one test fold, as each arm makes them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from negres_core.pictures.registry import Rendering
from negres_core.pictures.sample import COLOURS, excess_of, name_of_arm, sample_predictions, scores_of, spread
from negres_core.pictures.sheet import Row, columns, encode, make_sheet, scale_of
from negres_core.run import Run

if TYPE_CHECKING:
    from PIL.Image import Image


def render(run: Run) -> Sequence[Rendering] | None:
    """Draw the sheet; None where no arm predicts images of one channel or three."""
    rows = make_rows(run)
    if rows is None:
        return None
    lines = "; ".join(f"{row.caption} ({row.detail})" for row in rows[1:])
    caption = f"{len(rows[0].images)} images of a test fold of {run.data.name} over their reconstructions: {lines}"
    return [Rendering("originals", caption, encode(make(run, rows)))]


def make(run: Run, rows: Sequence[Row]) -> Image:
    """Return the sheet of some rows."""
    count, height, width = rows[0].images.shape[:3]
    title = f"{run.data.name}: held-out images, and what the arms make of them"
    return make_sheet(title, rows, scale=scale_of(height, width, count))


def make_rows(run: Run) -> list[Row] | None:
    """Return the originals and each arm's reconstructions, as 8 bits show them."""
    sample = sample_predictions(run)
    if sample is None or sample.targets.shape[3] not in (1, 3):
        return None
    _, height, width, channels = sample.targets.shape
    chosen = spread(np.arange(len(sample.targets)), columns(width))

    def shown(images: np.ndarray) -> np.ndarray:
        some = run.data.as_shown(images[chosen])
        return some if channels == 3 else some[..., 0]

    fold = f"fold {sample.cell.fold + 1} of repeat {sample.cell.repeat + 1}"
    rows = [Row(shown(sample.targets), "originals", f"{height} x {width} pixels, from the test fold ({fold})")]
    for arm, outputs in sample.outputs:
        detail = "; ".join(filter(None, (scores_of(arm), excess_of(outputs[chosen], run))))
        rows.append(Row(shown(outputs), name_of_arm(arm), detail, COLOURS[arm.role]))
    return rows
