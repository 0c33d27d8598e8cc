"""Losses are paired: each row is compared with its own target, not with those of all rows."""

from __future__ import annotations

import numpy as np

from negres_core.controls.stage_finding import describe_stage, stage_finding
from negres_core.evidence import Finding
from negres_core.run.models import PairLosses
from negres_core.run.run import Run

NAME = "paired loss"
WHEN = "before"

CLEAR = 1e-4
"""How far the two means have to differ, relative to the largest loss: a thousand times the error of rounding."""
CLOSE = 0.02
"""How close the loss of a batch is to a mean that it equals, relative to the difference of the two means."""


def check(run: Run) -> Finding | None:
    """Compare the loss of a batch with the losses of its rows and targets, pair by pair.

    If targets of shape (rows,) meet outputs of shape (rows, 1), they broadcast to a matrix of all pairs. The mean over
    it depends on the targets, but not on their order, so nothing can be learned but a constant.
    """
    if run.models is None:
        return None
    sound: list[str] = []
    faults: list[str] = []
    for arm, recipe in run.stages:
        losses = run.models.pair_losses(recipe)
        if losses is None or not np.isfinite([*losses.each.ravel(), losses.together]).all():
            continue
        own, every = float(losses.each.diagonal().mean()), float(losses.each.mean())
        described = (
            f"{describe_stage(arm, recipe)} has {losses.together:.4g} for a batch, while rows have {own:.4g} with "
            f"their own targets and {every:.4g} with all targets"
        )
        (faults if _is_unpaired(losses) else sound).append(described)
    return stage_finding(
        NAME,
        faults,
        sound,
        threshold="expected a loss that is not the mean over all pairs of rows and targets: such a loss does not "
        "depend on which target belongs to which row",
        remedy="Give targets and outputs the same shape in the loss or objective: keras.ops.reshape(y, (-1, 1)).",
    )


def _is_unpaired(losses: PairLosses) -> bool:
    scale = float(np.abs(losses.each).max())
    own, every = losses.each.diagonal().mean(), losses.each.mean()
    apart = abs(own - every)
    return bool(apart > CLEAR * scale and abs(losses.together - every) <= CLOSE * apart)
