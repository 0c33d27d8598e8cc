"""Losses of a batch: a stage's loss, or its objective, which may ask for the weights of the rows."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from typing import Any

import numpy as np
from keras import ops

from negres_core.arms.stage import Objective, Stage
from negres_core.engine.model import make_loss_object
from negres_core.engine.named_outputs import output_of

ASKED = "sample_weight"
"""Name of the parameter by which an objective asks for weights."""


def asks_for_weights(objective: Objective) -> bool:
    """Return whether an objective has a parameter for the weights of the rows."""
    return ASKED in inspect.signature(objective).parameters


def call_objective(
    objective: Objective, model: Any, x: Any, y: Any, *, training: bool, sample_weight: Any = None
) -> dict[str, Any] | Any:
    """Return what an objective returns for a batch.

    Args:
        objective: the objective.
        model: the model.
        x: inputs.
        y: targets.
        training: whether the batch is trained on.
        sample_weight: weights of the rows, (rows,); None where rows are tested, or there are none.
    """
    more = {ASKED: sample_weight} if asks_for_weights(objective) else {}
    return objective(model, x, y, training=training, **more)


def mean_loss(model: Any, stage: Stage, x: Any, y: np.ndarray, *, training: bool, output: str | None = None) -> Any:
    """Return the mean loss of a batch, without weights and penalties; for an objective, summed over its players.

    If there are several outputs, it is the loss of the named one, whose targets are `y`.
    """
    [loss] = mean_losses(model, stage, x, [y], training=training, output=output)
    return loss


def mean_losses(
    model: Any, stage: Stage, x: Any, targets: Sequence[np.ndarray], *, training: bool, output: str | None = None
) -> list[Any]:
    """Return the mean loss of a batch beside each of several targets; see `mean_loss`.

    The outputs do not depend on targets, and are computed once; an objective calls the model as it likes.
    """
    if stage.objective is None:
        outputs, loss = output_of(model(x, training=training), output), make_loss_object(stage, output)
        return [ops.mean(loss(y, outputs)) for y in targets]
    return [
        sum(ops.mean(loss) for loss in (losses.values() if isinstance(losses, dict) else [losses]))
        for losses in (call_objective(stage.objective, model, x, y, training=training) for y in targets)
    ]
