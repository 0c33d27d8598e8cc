"""The record of one trained replicate: one arm's stage on one cell with one seed."""

from __future__ import annotations

import hashlib
import json
import math
import statistics
from collections.abc import Iterable
from typing import Annotated, Any, Literal

from pydantic import Field

from negres_core.evidence.provenance import ProvenanceRecord
from negres_core.evidence.record import Moment, Number, PartialRecord, Record


class Key(Record):
    """Everything that a replicate's numbers depend on; the replicate's id is the hash of this record."""

    contract: int
    """Version of the engines, raised when the same recipe gives different numbers."""
    recipe: str
    """Digest of the recipe, code included."""
    data: str
    """SHA-256 of the data set's arrays."""
    folds: int
    repeat: int
    fold: int
    rows: str
    """Digest of the row numbers of the test fold, in case a new version of a splitter gives other folds."""
    seed: int
    backend: str
    device: Literal["cpu", "gpu"]
    packages: tuple[str, ...] | None = None
    """Each installed package that the recipe's code names, with its version, as "numpy==2.1.0"; null in older records,
    whose provenance names the versions."""
    validation: str | None = None
    """The metric that is measured on validation rows after each epoch, and the digest of these rows; null if none is.
    The metric is the one that the claim watches, or else the one that the stage monitors."""
    timed: str | None = None
    """A mark of the run that trained it alone on its device, for a claim about seconds; null if it was not timed so.
    Such a replicate is not used by any other run, since seconds depend on what else runs at the time."""

    output: str | None = None
    """The output that is judged, of a data set with targets of several; null if there is one."""

    @property
    def id(self) -> str:
        """The replicate's id: 32 hexadecimal digits."""
        optional = ("packages", "validation", "timed", "output")
        content = {
            name: value for name, value in self.model_dump().items() if name not in optional or value is not None
        }
        return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:32]


class TrainedWeight(Record):
    """One weight before and after training. Digests cover its bytes: equal digests mean bitwise equal weights."""

    path: str
    shape: tuple[int, ...]
    trainable: bool
    """Whether the optimizer updates it."""
    frozen: bool
    """Whether the stage asked for it to be frozen."""
    start: str
    """Digest when training began, after any inheritance."""
    end: str
    """Digest when training ended."""
    inherited_from: int | None
    """Index of the parent's weight from which it was loaded; null if it was not inherited."""


class ModelFile(Record):
    """The trained model, beside the record."""

    file: Annotated[str, Field(pattern=r"^[0-9a-f]{32}\.[0-9a-f]{8}\.(keras|h5)$")]
    """File name, in the folder of the record."""
    sha256: str


class PredictionSummary(PartialRecord):
    """Summary of a replicate's predictions on the test fold; a record contains only the fields that apply."""

    counts: list[int] | None = None
    """Number of rows, or of steps or pixels that count, predicted as each class; or of rows with each of several
    labels."""
    mean: Number = None
    """Mean of the predicted values, or of the probabilities of several labels a row."""
    sd: Number = None
    """Standard deviation of the predicted values; of several labels a row that between rows, over all labels; of labels
    of steps or pixels that of their numbers between rows, which is 0 if all rows are given the same ones."""
    low: Number = None
    """Smallest raw output, for images."""
    high: Number = None
    """Largest raw output, for images."""
    shown_values: int | None = None
    """Number of distinct values after conversion to 8 bits, for images."""
    shown_black: Number = None
    """Share of pixels that are 0 after conversion to 8 bits."""
    shown_white: Number = None
    """Share of pixels that are 255 after conversion to 8 bits."""
    loss_floor: Number = None
    """Loss of a perfect reconstruction, if the loss is built into Keras."""
    mean_image_loss: Number = None
    """Loss of the training fold's mean image, if the loss is built into Keras."""

    def _is_written(self, name: str, value: Any) -> bool:
        del value  # an unknown number is null, and is written
        return name in self.model_fields_set


class Budget(Record):
    """Training budget of one stage; all 0 for a fit."""

    epochs: int
    steps: int
    """Optimizer steps over all epochs."""
    trainable_weights: int
    weights: int
    step_flops: int
    """Floating-point operations of one training step."""


class Cost(Record):
    """Time and memory spent on one replicate. These differ from run to run; null if not measured."""

    compile_s: Number = None
    train_s: Number = None
    steady_epoch_s: Number = None
    """Median epoch, without compilation."""
    evaluate_s: Number = None
    memory_bytes: Number = None
    """Peak memory of the process or the device."""
    flops_per_s: Number = None
    """Operations per second reached in a steady epoch."""
    peak_flops_per_s: Number = None
    """Measured peak of the whole device, which replicates that train in parallel threads share."""


class Replicate(Record):
    """One arm's stage, trained on one cell with one seed."""

    schema_version: Literal[1] = 1
    id: str
    key: Key
    status: Literal["finished", "not finite"]
    """"not finite": a loss, a weight or a prediction was NaN or infinite, and training stopped there."""
    metrics: dict[str, Number]
    """On the test fold; null if not finite."""
    curve: list[Number]
    """Mean training loss of each epoch."""
    validation: list[Number] | None = None
    """The metric that a claim watches, on the validation rows after each epoch; null if none is watched."""
    monitored: list[Number] | None = None
    """The metric that the stage monitors, on its validation rows after each epoch; null if the stage has none."""
    best_epoch: int | None = None
    """The epoch with the best monitored value, from 1; null if the stage has no validation rows."""
    predictions: PredictionSummary
    weights: list[TrainedWeight]
    inputs_digest: str
    """Digest of a fixed sample of the prepared inputs."""
    budget: Budget
    cost: Cost
    model: ModelFile | None
    """Null for a fit, which trains no network."""
    provenance: ProvenanceRecord
    recorded_at: Moment
    """UTC, ISO 8601."""

    def was_trained_with(self, packages: tuple[str, ...]) -> bool:
        """Return whether the provenance names all of some packages, with the same versions."""
        return {f"{name}=={version}" for name, version in self.provenance.packages.items()} >= set(packages)

    @property
    def most_model_bytes(self) -> int:
        """A size that the model's file cannot honestly exceed, given the shapes of the weights."""
        values = sum(math.prod(weight.shape) for weight in self.weights)
        return (1 << 26) + 32 * max(values, 0)

    def differing_weights(self, parent: Replicate) -> list[str]:
        """Return the paths of inherited weights that did not start as the parent's record says they ended."""
        inherited = ((weight, weight.inherited_from) for weight in self.weights)
        return [
            weight.path
            for weight, index in inherited
            if index is not None and (not 0 <= index < len(parent.weights) or weight.start != parent.weights[index].end)
        ]


def median_train_s(replicates: Iterable[Replicate]) -> float | None:
    """Return the median seconds that the training of replicates took; None if no time was measured."""
    known = [each.cost.train_s for each in replicates if each.cost.train_s is not None]
    return statistics.median(known) if known else None
