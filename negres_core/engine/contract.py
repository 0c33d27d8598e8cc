"""The contract between an experiment and the engine that trains its replicates."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.claim import Metric
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.evidence import ProvenanceRecord, TrainedWeight

if TYPE_CHECKING:
    from negres_core.engine.device import Device


@dataclass(frozen=True)
class Job:
    """One replicate to train: the last stage of a recipe, on one cell, with one seed.

    Attributes:
        cell: the rows of the training fold and of the test fold.
        seed: index of the seed within the cell, from 0.
        parent: the saved model of the previous stage, if the recipe has one.
        watched: the metric to measure on the cell's validation rows after each epoch; None for none.
        alone: whether nothing else may train meanwhile, since the claim is about seconds.
    """

    cell: Cell
    seed: int
    parent: Path | None = None
    watched: Metric | None = field(default=None, compare=False)
    alone: bool = False


@dataclass(frozen=True, kw_only=True)
class Result:
    """The outcome of one replicate. Every engine returns the same numbers; only `cost` may differ.

    Attributes:
        metrics: metric name to value on the test fold; NaN if the replicate is not finite.
        finite: whether losses, weights and predictions stayed finite.
        curve: mean training loss of each epoch, dropout and penalties included, as Keras reports it.
        validation: the watched metric on the validation rows after each epoch; None if none is watched.
        monitored: the metric that the stage monitors on its validation rows after each epoch; None if it has none.
        best_epoch: the epoch with the best monitored value, from 1; None if the stage has no validation rows.
        predictions: a summary: the counts of predicted classes, or the moments of predicted values.
        weights: every weight, in the model's order.
        inputs_digest: digest of a fixed sample of the prepared inputs, for the control that checks the scaler.
        budget: `epochs`, `steps`, `trainable_weights`, `weights` and `step_flops` of this stage.
        cost: `compile_s` (shared by the jobs of one call), `train_s`, `steady_epoch_s` and `evaluate_s`, seconds;
            `memory_bytes`, the peak of the process or the device; `flops_per_s`, the operations of an epoch, counted,
            divided by the seconds of a steady epoch; and `peak_flops_per_s`, the device's rate for large matrix
            products, measured once per process. Replicates that train in parallel threads share that peak: each
            `flops_per_s` is the replicate's own, and their sum is the device's. In a batched program the seconds are
            divided among the replicates, so that each `flops_per_s` is already the device's.
        model: the trained model as the bytes of a Keras file, in the stage's format; None for a fit.
        provenance: where it was trained; None for this process.
        outputs: predictions of the test fold, which are not recorded: values in the shape of the targets; or class
            probabilities, (rows, classes), or predicted labels, (rows,), if the arm has no probabilities. None if they
            are not finite, or if a fit returned metrics.
    """

    metrics: dict[str, float]
    finite: bool
    curve: list[float]
    predictions: dict[str, Any]
    weights: list[TrainedWeight]
    inputs_digest: str
    budget: dict[str, int]
    cost: dict[str, float]
    model: bytes | None = field(repr=False)
    outputs: np.ndarray | None = field(default=None, repr=False)
    validation: list[float] | None = None
    monitored: list[float] | None = None
    best_epoch: int | None = None
    provenance: ProvenanceRecord | None = None


class NotBatchableError(Exception):
    """A backend cannot train this model as a stack of replicates; the next slower engine trains it."""


class Train(Protocol):
    """An engine: trains the last stage of a recipe on every job and yields each result when ready, in any order.

    Between epochs it looks whether an interruption was asked for, and then ends with what is finished.
    """

    def __call__(
        self, recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
    ) -> Generator[tuple[Job, Result], None, None]:
        """Train the jobs."""
