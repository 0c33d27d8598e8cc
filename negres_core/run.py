"""A run: the arms, the data and the design of one hypothesis, and the trained models that can be inspected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal, Protocol

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design import Cell, Design
from negres_core.evidence import Replicate
from negres_core.metrics import METRICS, Metric
from negres_core.recipe import Recipe

ControlLevel = Literal["all", "cheap", "none"]
"""Which controls run: all; those that train nothing of their own; none."""

Role = Literal["treatment", "control"]


@dataclass(frozen=True)
class Arm:
    """One arm and its replicates.

    Attributes:
        role: "treatment" or "control".
        recipe: what the arm trains.
        stages: the replicates of each stage of the recipe, in the order repeat, fold, seed. Empty before training.
    """

    role: Role
    recipe: Recipe
    stages: Sequence[Sequence[Replicate]] = ()

    @property
    def replicates(self) -> Sequence[Replicate]:
        """The replicates of the last stage."""
        return self.stages[-1]

    @property
    def first_finished(self) -> int | None:
        """Position of the first replicate that stayed finite, or None if there is none."""
        return next((place for place, each in enumerate(self.replicates) if each.status == "finished"), None)


@dataclass(frozen=True)
class OutputLayer:
    """What is known of the last stage of a recipe before it is trained.

    Attributes:
        activation: name of the activation that the model ends in, or None where it ends in something else.
        low: no output is under this; minus infinity where nothing is known.
        high: no output is over this.
        loss: Keras' name of its own loss ("binary_crossentropy"), or None for a loss or an objective of another author.
        logits: whether the loss takes logits, not probabilities.
    """

    activation: str | None = None
    low: float = -np.inf
    high: float = np.inf
    loss: str | None = None
    logits: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Inspection:
    """A second look at a trained model: its weights loaded from its file, on the rows of its own cell.

    Attributes:
        output_layer: what was known of it before.
        weights: digest of every weight in the file, in the model's order.
        targets: targets of the test fold, as in the data set.
        outputs: outputs on the test fold with dropout off, (rows, ...), float32.
        predicted: predicted labels, (rows,); or the outputs in the shape of the targets.
        loss: mean loss on the test fold, or None where the stage has an objective.
        trivial_loss: the same where every output is the training fold's share of its class, or mean of its column.
        training_loss: mean loss on a sample of the training fold in training mode (dropout on, statistics of batches).
        inference_loss: the same in inference mode.
        silent: for each hidden ReLU layer, how many of its units are zero on the whole sample, and how many it has.
        gradient_norm: Euclidean norm of the gradient of the training loss over all trainable weights.
        weight_norm: Euclidean norm of the trainable weights.
    """

    output_layer: OutputLayer
    weights: Sequence[str]
    targets: np.ndarray
    outputs: np.ndarray
    predicted: np.ndarray
    loss: float | None
    trivial_loss: float | None
    training_loss: float
    inference_loss: float
    silent: Sequence[tuple[int, int]]
    gradient_norm: float
    weight_norm: float


class Models(Protocol):
    """Looks at models by other means than those that trained them."""

    def output_layer(self, recipe: Recipe) -> OutputLayer:
        """Describe what a recipe's last stage ends in, untrained."""

    def redraw_weights(self, recipe: Recipe, replicate: Replicate) -> Sequence[str]:
        """Return the digests of the weights that a replicate's own seed gives its build function."""

    def inspect(self, recipe: Recipe, replicate: Replicate) -> Inspection:
        """Look again at a trained replicate of a recipe's last stage."""

    def predict(self, arm: Arm, position: int, rows: np.ndarray) -> np.ndarray | None:
        """Predict some rows of a replicate's test fold, raw; None where its fit returns metrics, not predictions."""

    def render_fit(self, arm: Arm, position: int) -> Mapping[str, np.ndarray]:
        """Return the images that an arm's own fit draws of a replicate, by caption; none where it draws nothing."""

    def drive(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> np.ndarray:
        """Predict some rows whose contrast is raised beyond measure, raw, and then again with it inverted.

        Twice as many rows come back, whose outputs go about as far as outputs can.
        """


@dataclass(frozen=True)
class Run:
    """Everything a control may look at.

    Attributes:
        data: the data set.
        design: folds, repeats and seeds.
        cells: the cells of the design, repeat by repeat.
        arms: the arms.
        metric: what the claim is about.
        models: a second look at models, or None where there are none to look at.
    """

    data: Dataset
    design: Design
    cells: Sequence[Cell]
    arms: Sequence[Arm]
    metric: Metric = METRICS["loss"]
    models: Models | None = None

    def values(self, arm: Arm, metric: str) -> np.ndarray:
        """Return a metric of an arm's replicates, (repeats, folds, seeds), NaN where it is not finite."""
        values = np.array([replicate.metrics[metric] for replicate in arm.replicates], dtype=float)
        return values.reshape(-1, self.design.folds, self.design.seeds)

    def inspections(self) -> Iterator[tuple[Arm, Replicate, Inspection]]:
        """Look again at one replicate of each arm, the first that stayed finite: what is systematic shows in any."""
        for arm in self.arms:
            if self.models is not None and (position := arm.first_finished) is not None:
                replicate = arm.replicates[position]
                yield arm, replicate, self.models.inspect(arm.recipe, replicate)

    @property
    def networks(self) -> Run:
        """The run of the networks that the arms train: without fits, and without arms that are nothing else."""
        arms = []
        for arm in self.arms:
            network = arm.recipe.network
            if network is not None:
                arms.append(replace(arm, recipe=network, stages=arm.stages[: len(network.stages)]))
        metric = self.metric if self.data.task in self.metric.tasks else METRICS["loss"]
        return replace(self, arms=arms, metric=metric)

    def cell_of(self, replicate: Replicate) -> Cell:
        """Return the cell that a replicate was trained on."""
        return self.cells[replicate.key.repeat * self.design.folds + replicate.key.fold]
