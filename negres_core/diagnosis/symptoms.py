"""Symptoms: what outputs and records of one arm look like, as numbers alone.

Nothing here is read from a configuration, a layer's name or a source: what a layer is called need not be what it does.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from negres_core.evidence import Replicate
from negres_core.run import Arm, Run

ROWS = 256
"""Rows of the test fold that are looked at, spread over it: tens of thousands of values in the smallest images."""
NEAR = 0.005
"""How near to an end of the reach counts as there, in lengths of the reach: as the control of saturation has it."""


@dataclass(frozen=True)
class Values:
    """A summary of images, (rows, height, width, channels).

    Attributes:
        low: the smallest value.
        high: the largest.
        mean: of all values.
        sd: of all values.
        distinct: how many different values there are.
        whole: share of values that are whole numbers.
        spread: standard deviation over rows, averaged over the places of an image; 0 where all images are alike.
    """

    low: float
    high: float
    mean: float
    sd: float
    distinct: int
    whole: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Symptoms:
    """What one replicate of an arm looks like; None where an arm has no network, or a loss that is nobody's.

    Attributes:
        targets: images of the test fold.
        scored: the images that the arm's metrics are of.
        outputs: raw outputs of its network, which a fit may have changed before they were scored.
        reach: how far the network's outputs go, low and high, contrast of its inputs raised beyond measure included.
        pressed: share of the outputs at an end of the reach.
        asked: share of the targets there.
        lost: share of the targets' variance that lies beyond the reach.
        skill: of the images as scored.
        loss_skill: what the network's own loss implies.
        constant_loss: loss of the mean image.
        loss_floor: loss of a perfect reconstruction; 0 where it is not known.
        training_loss: loss on training rows in training mode.
        inference_loss: the same in inference mode.
        first_loss: mean training loss of the first epoch.
        last_loss: the same of the last.
        dead: the largest share of a hidden ReLU layer's units that are zero on every row; 0 without such a layer.
    """

    targets: Values
    scored: Values | None
    outputs: Values | None = None
    reach: tuple[float, float] | None = None
    pressed: float = 0.0
    asked: float = 0.0
    lost: float = 0.0
    skill: float | None = None
    loss_skill: float | None = None
    constant_loss: float | None = None
    loss_floor: float = 0.0
    training_loss: float | None = None
    inference_loss: float | None = None
    first_loss: float | None = None
    last_loss: float | None = None
    dead: float = 0.0


def summarize(images: np.ndarray) -> Values:
    """Summarize images, (rows, ...)."""
    return Values(
        low=float(images.min()),
        high=float(images.max()),
        mean=float(images.mean(dtype=np.float64)),
        sd=float(images.std(dtype=np.float64)),
        distinct=len(np.unique(images)),
        whole=float(np.mean(images == np.round(images))),
        spread=float(images.std(axis=0, dtype=np.float64).mean()),
    )


def gather(run: Run, arm: Arm) -> Symptoms | None:
    """Gather the symptoms of an arm from its first replicate that stayed finite; None where there is none."""
    finished = (place for place, each in enumerate(arm.replicates) if each.status == "finished")
    if run.models is None or (position := next(finished, None)) is None:
        return None
    replicate = arm.replicates[position]
    test = run.cell_of(replicate).test
    seen = np.linspace(0, len(test) - 1, min(ROWS, len(test))).astype(int)
    scored = run.models.predict(arm, position, test[seen])
    targets = run.data.y[test[seen]]
    symptoms = Symptoms(
        targets=summarize(targets),
        scored=None if scored is None else summarize(scored),
        skill=replicate.metrics.get("skill"),
    )
    network = arm.recipe.network
    if network is None:
        return symptoms
    trained = arm.stages[len(network.stages) - 1][position]
    inspection = run.models.inspect(network, trained)
    outputs = inspection.predicted[seen]
    driven = run.models.drive(network, trained, test[seen])
    low, high = (float(extreme([extreme(outputs), extreme(driven)])) for extreme in (np.min, np.max))
    return replace(
        symptoms,
        outputs=summarize(outputs),
        reach=(low, high),
        pressed=_share_at_ends(outputs, low, high),
        asked=_share_at_ends(targets, low, high),
        lost=_share_lost(targets, low, high),
        loss_skill=trained.metrics.get("loss_skill"),
        constant_loss=inspection.trivial_loss,
        loss_floor=trained.predictions.loss_floor or 0.0,
        training_loss=inspection.training_loss,
        inference_loss=inspection.inference_loss,
        first_loss=_at(trained, 0),
        last_loss=_at(trained, -1),
        dead=max((zero / units for zero, units in inspection.silent), default=0.0),
    )


def _share_at_ends(values: np.ndarray, low: float, high: float) -> float:
    margin = NEAR * (high - low)
    return float(np.mean((np.abs(values - low) <= margin) | (np.abs(values - high) <= margin)))


def _share_lost(targets: np.ndarray, low: float, high: float) -> float:
    variance = float(np.mean((targets - targets.mean(axis=0)) ** 2))
    return float(np.mean((targets - np.clip(targets, low, high)) ** 2)) / variance if variance else 0.0


def _at(replicate: Replicate, epoch: int) -> float | None:
    return replicate.curve[epoch] if replicate.curve else None
