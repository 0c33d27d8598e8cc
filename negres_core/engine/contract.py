"""The contract between an experiment and whatever trains its replicates."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.recipe import Recipe

if TYPE_CHECKING:
    from negres_core.engine.device import Device


@dataclass(frozen=True)
class Job:
    """One replicate to train: the last stage of a recipe, on one cell, with one seed.

    Attributes:
        cell: the rows to train and to test on.
        seed: index of the seed inside the cell, from 0.
        parent: the saved model of the stage before, where the recipe has one.
    """

    cell: Cell
    seed: int
    parent: Path | None = None


@dataclass(frozen=True)
class Weight:
    """What became of one weight: whether it was trained, and digests of its bytes at the start and the end.

    Attributes:
        path: the weight's path in the model, for example "hidden_1/kernel".
        shape: its shape.
        trainable: whether the optimizer was given it.
        frozen: whether the stage asked for it to be frozen.
        start: digest when training began, after any inheritance.
        end: digest when training ended.
        inherited_from: index of the parent's weight that it was set to, or None.
    """

    path: str
    shape: tuple[int, ...]
    trainable: bool
    frozen: bool
    start: str
    end: str
    inherited_from: int | None


@dataclass(frozen=True, kw_only=True)
class Result:
    """What training one replicate gave. The same numbers whatever trained it; only `cost` may differ.

    Attributes:
        metrics: metric name to value on the test fold; NaN where the model is not finite.
        finite: whether losses, weights and predictions stayed finite.
        curve: mean training loss of each epoch, dropout and penalties included, as Keras reports it.
        predictions: a summary: the predicted classes' counts, or the moments of predicted values.
        weights: every weight, in the model's order.
        inputs_digest: digest of a fixed sample of the prepared inputs, for the control of the scaler.
        budget: `epochs`, `steps`, `trainable_weights`, `weights` and `step_flops` of this stage.
        cost: `compile_s` (shared by the jobs of one call), `train_s`, `steady_epoch_s` and `evaluate_s`, seconds;
            `memory_bytes`, the peak of the process or the device; `flops_per_s`, the operations of an epoch, counted,
            over the seconds of a steady one; and `peak_flops_per_s`, the device's rate for large matrix products,
            measured once a process. Replicates that train side by side in threads share that peak: each one's
            `flops_per_s` is its own, and together they make the device's. Where they train as one program, seconds
            are shared out instead, and each one's is the device's already.
        model: the trained model as the bytes of a Keras file, in the stage's format; None of a fit.
    """

    metrics: dict[str, float]
    finite: bool
    curve: list[float]
    predictions: dict[str, Any]
    weights: list[Weight]
    inputs_digest: str
    budget: dict[str, int]
    cost: dict[str, float]
    model: bytes | None = field(repr=False)


class NotBatchableError(Exception):
    """A model that a backend cannot train as a stack of replicates; the next slower engine takes it."""


class Train(Protocol):
    """An engine: trains the last stage of a recipe on every job and yields each result as it is ready, in any order."""

    def __call__(
        self, recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
    ) -> Iterator[tuple[Job, Result]]:
        """Train the jobs."""
