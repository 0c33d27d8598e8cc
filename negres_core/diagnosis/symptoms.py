"""Symptoms: numbers that summarize the outputs and the record of one arm.

Nothing here comes from a configuration, a layer's name or source code: a layer need not do what its name says.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from negres_core.arrays import spread_rows
from negres_core.evidence import Replicate
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from negres_core.thresholds import END_MARGIN, LOST_VARIANCE

INSPECTED_ROWS = 256
"""Rows of the test fold that are inspected, spread over it: tens of thousands of values even in the smallest images."""
BOUND_MARGIN = 0.05
"""How close to its bound a driven output comes, in output units. Outputs without a bound go far beyond."""
MAX_ALIKE_SPREAD = 0.01
"""Outputs that vary between rows by no more than this share of the targets' spread do not depend on the input."""


@dataclass(frozen=True)
class Values:
    """A summary of images, (rows, height, width, channels).

    Attributes:
        low: smallest value.
        high: largest value.
        mean: mean of all values.
        sd: standard deviation of all values.
        distinct: number of distinct values.
        whole_share: share of values that are whole numbers.
        spread: standard deviation over rows, averaged over pixels and channels; 0 if all images are alike.
    """

    low: float
    high: float
    mean: float
    sd: float
    distinct: int
    whole_share: float
    spread: float


@dataclass(frozen=True, kw_only=True)
class Symptoms:
    """The symptoms of one replicate of an arm; None for fields that need a network, or a loss built into Keras.

    Attributes:
        targets: images of the test fold.
        scored: the images that the arm's metrics score; None if its fit returns metrics.
        outputs: raw outputs of its network, which a fit may have changed before they were scored.
        reach: lowest and highest output of the network, including its outputs for inputs of extreme contrast.
        outputs_at_ends: share of the outputs at an end of the reach.
        targets_at_ends: share of the targets at an end of the reach.
        lost_variance: share of the targets' variance that is lost by clipping them to the reach.
        skill: skill of the images as scored.
        loss_skill: skill that the network's own loss implies.
        constant_loss: loss of the mean image.
        loss_floor: loss of a perfect reconstruction; 0 if unknown.
        training_loss: loss on training rows in training mode.
        inference_loss: loss on the same rows in inference mode.
        first_loss: mean training loss of the first epoch.
        last_loss: mean training loss of the last epoch.
        dead_share: largest share of a hidden ReLU layer's units that are zero on every row; 0 without such a layer.
    """

    targets: Values
    scored: Values | None
    outputs: Values | None = None
    reach: tuple[float, float] | None = None
    outputs_at_ends: float = 0.0
    targets_at_ends: float = 0.0
    lost_variance: float = 0.0
    skill: float | None = None
    loss_skill: float | None = None
    constant_loss: float | None = None
    loss_floor: float = 0.0
    training_loss: float | None = None
    inference_loss: float | None = None
    first_loss: float | None = None
    last_loss: float | None = None
    dead_share: float = 0.0

    @property
    def outputs_are_alike(self) -> bool:
        """Whether the network gives nearly the same image for every input."""
        return self.outputs is not None and self.outputs.spread <= MAX_ALIKE_SPREAD * self.targets.spread

    @property
    def targets_are_out_of_reach(self) -> bool:
        """Whether a relevant share of the targets' variance lies outside the range of the outputs."""
        return self.lost_variance >= LOST_VARIANCE


def summarize(images: np.ndarray) -> Values:
    """Summarize images, (rows, ...)."""
    return Values(
        low=float(images.min()),
        high=float(images.max()),
        mean=float(images.mean(dtype=np.float64)),
        sd=float(images.std(dtype=np.float64)),
        distinct=len(np.unique(images)),
        whole_share=float(np.mean(images == np.round(images))),
        spread=float(images.std(axis=0, dtype=np.float64).mean()),
    )


def gather(run: Run, arm: Arm) -> Symptoms | None:
    """Gather the symptoms of an arm from its first finished replicate; None without one, or without models."""
    position = arm.first_finished
    if run.models is None or position is None:
        return None
    replicate = arm.replicates[position]
    test = run.cell_of(replicate).test
    inspected = spread_rows(len(test), most=INSPECTED_ROWS)
    scored = run.models.predict(arm, position, test[inspected])
    targets = run.data.y[test[inspected]]
    symptoms = Symptoms(
        targets=summarize(targets),
        scored=None if scored is None else summarize(scored),
        skill=replicate.metrics.get("skill"),
    )
    network = arm.recipe_of(position).network
    if network is None:
        return symptoms
    trained = arm.stages[len(network.stages) - 1][position]
    inspection = run.models.inspect(network, trained)
    outputs = inspection.predicted[inspected]
    driven = run.models.drive(network, trained, test[inspected])
    low, high = (float(extreme([extreme(outputs), extreme(driven)])) for extreme in (np.min, np.max))
    return replace(
        symptoms,
        outputs=summarize(outputs),
        reach=(low, high),
        outputs_at_ends=_share_at_ends(outputs, low, high),
        targets_at_ends=_share_at_ends(targets, low, high),
        lost_variance=_lost_variance(targets, low, high),
        loss_skill=trained.metrics.get("loss_skill"),
        constant_loss=inspection.trivial_loss,
        loss_floor=trained.predictions.loss_floor or 0.0,
        training_loss=inspection.training_loss,
        inference_loss=inspection.inference_loss,
        first_loss=_loss_in_epoch(run, trained, 0),
        last_loss=_loss_in_epoch(run, trained, -1),
        dead_share=max((zero / units for zero, units in inspection.silent), default=0.0),
    )


def _share_at_ends(values: np.ndarray, low: float, high: float) -> float:
    margin = END_MARGIN * (high - low)
    return float(np.mean((np.abs(values - low) <= margin) | (np.abs(values - high) <= margin)))


def _lost_variance(targets: np.ndarray, low: float, high: float) -> float:
    variance = float(np.mean((targets - targets.mean(axis=0)) ** 2))
    return float(np.mean((targets - np.clip(targets, low, high)) ** 2)) / variance if variance else 0.0


def _loss_in_epoch(run: Run, replicate: Replicate, epoch: int) -> float | None:
    """Return the training loss of an epoch; divided by the mean weight, if rows have weights."""
    loss = replicate.curve[epoch] if replicate.curve else None
    if loss is None or run.data.sample_weight is None:
        return loss
    return loss / (float(run.data.sample_weight[run.cell_of(replicate).train].mean()) or 1.0)
