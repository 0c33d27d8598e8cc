"""Whether the outputs of a stage are predictions of the targets, or something else that an objective asks for.

An autoencoder that is trained to reconstruct its inputs, on data with labels, has outputs that no label is compared
with: what it has learned is for a stage that inherits it.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.arrays import take_rows
from negres_core.dataset import Dataset
from negres_core.engine.model import build_model, output_shape
from negres_core.engine.objective import mean_loss

ROWS = 8
"""Rows on which it is tried whether an objective depends on the targets."""


def predicts_targets(stage: Stage, data: Dataset) -> bool:
    """Return whether the outputs of a stage are predictions of the targets of a data set."""
    if stage.objective is None:
        return True
    model = build_model(stage.build, data)
    return outputs_predict(stage, model, data, output_shape(model, data, name=name_of(stage.build)))


def outputs_predict(stage: Stage, model: Any, data: Dataset, shape: tuple[int, ...]) -> bool:
    """Return whether outputs of a shape for one row are predictions of the targets.

    Args:
        stage: the stage.
        model: a model of the stage.
        data: the data set.
        shape: the shape of its outputs for one row.
    """
    if stage.objective is None:
        return True
    if data.task == "classification":
        fits = len(shape) == 1 and int(data.y.max()) < max(shape[0], 2)
    elif data.task == "multilabel":
        fits = shape == (data.outputs,)
    else:
        fits = shape in {data.y.shape[1:], (data.outputs,)}
    # As many outputs as pixels are more than enough for the labels, and may still be pixels.
    if fits and data.has_labels and shape not in {(data.outputs,), (1,)}:
        return _depends_on_targets(stage, model, data)
    return fits


def _depends_on_targets(stage: Stage, model: Any, data: Dataset) -> bool:
    """Return whether an objective changes if all targets of a few rows are exchanged for others."""
    x, size = take_rows(data.x, slice(ROWS)), min(ROWS, len(data))
    different = np.unique(data.y, axis=0)
    targets = [np.resize(np.roll(different, shift, axis=0), (size, *data.y.shape[1:])) for shift in (0, 1)]
    one, other = (float(mean_loss(model, stage, x, y, training=False, output=data.output)) for y in targets)
    return one != other
