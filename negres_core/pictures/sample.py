"""A sample of predictions: rows of one test fold, and the outputs of every arm on these rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.design import Cell
from negres_core.evidence import Replicate
from negres_core.run.arm import Arm
from negres_core.run.run import Run

SAMPLED_ROWS = 256
"""Rows of the test fold that are predicted, spread over it."""


@dataclass(frozen=True, eq=False)
class Sample:
    """Rows of one test fold, and the outputs of each arm on them.

    Attributes:
        cell: the cell of the test fold.
        rows: their numbers in the data set.
        targets: the images, (rows, height, width, channels), or labels of pixels.
        outputs: each arm that predicts images, with its raw outputs, in the shape of the targets; or predicted labels.
    """

    cell: Cell
    rows: np.ndarray
    targets: np.ndarray
    outputs: Sequence[tuple[Arm, np.ndarray]]


def sample_predictions(run: Run) -> Sample | None:
    """Let all arms predict the same rows, in the first cell that all of them finished; None if there is none.

    Arms that never finished, and arms whose fit returns metrics instead of predictions, are left out.
    """
    if run.models is None:
        return None
    arms = [arm for arm in run.arms if any(map(_has_predictions, arm.replicates))]
    for position in range(len(arms[0].replicates) if arms else 0):
        replicates = [arm.replicates[position] for arm in arms]
        if all(map(_has_predictions, replicates)):
            cell = run.cell_of(replicates[0])
            rows = cell.test[spread_rows(len(cell.test), most=SAMPLED_ROWS)]
            outputs = [(arm, run.models.predict(arm, position, rows)) for arm in arms]
            return Sample(
                cell, rows, run.data.y[rows], [(arm, images) for arm, images in outputs if images is not None]
            )
    return None


def _has_predictions(replicate: Replicate) -> bool:
    # A record holds no summary of predictions if its fit returned metrics, or if they were not finite.
    return replicate.status == "finished" and replicate.predictions.sd is not None
