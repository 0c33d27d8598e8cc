"""Trained models, as controls, signatures and pictures see them: a protocol, and what it returns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from negres_core.arms.recipe import Recipe
from negres_core.design import Cell
from negres_core.evidence import Replicate
from negres_core.rescoring import Predictions
from negres_core.run.arm import Arm


@dataclass(frozen=True)
class OutputLayer:
    """The output layer and the loss of a recipe's last stage, known before training.

    Attributes:
        activation: name of the model's last activation, or None if the model ends in something else.
        low: lower bound of the outputs; minus infinity if none is known.
        high: upper bound of the outputs; infinity if none is known.
        loss: name of a loss that is built into Keras ("binary_crossentropy"), or None for a custom loss or objective.
        logits: whether the loss takes logits instead of probabilities.
    """

    activation: str | None = None
    low: float = -np.inf
    high: float = np.inf
    loss: str | None = None
    logits: bool = False


@dataclass(frozen=True, eq=False, kw_only=True)
class Inspection:
    """The inspection of a trained model: its weights are loaded from its file and applied to the rows of its cell.

    Attributes:
        output_layer: the output layer and the loss, known before training.
        weights: digest of every weight in the file, in the model's order.
        targets: targets of the test fold, as in the data set.
        outputs: outputs on the test fold with dropout off, (rows, ...), float32.
        predicted: predicted labels, (rows,); or the outputs in the shape of the targets.
        loss: mean loss on the test fold, or None if the stage has an objective.
        trivial_loss: mean loss on the test fold if every output is the training fold's share of the class, or mean of
            the column; None like `loss`.
        training_loss: mean loss on a sample of the training fold in training mode (dropout on, batch statistics).
        inference_loss: mean loss on the same sample in inference mode.
        silent: for each hidden ReLU layer, the number of units that are zero on the whole sample, and of all units.
        gradient_norm: Euclidean norm of the gradient of the training loss over all trainable weights.
        weight_norm: Euclidean norm of the trainable weights.
        redundant: paths of the weights that ended as they began, and that the outputs do not depend on, although they
            depend on other weights of the same layer.
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
    redundant: Sequence[str] = ()


@dataclass(frozen=True)
class PairLosses:
    """Losses of an untrained model on a few rows with different targets.

    Attributes:
        each: the loss of every row, on the first axis, with every target: (rows, rows).
        together: the loss of the batch of all rows, each with its own target.
    """

    each: np.ndarray
    together: float


@dataclass(frozen=True)
class MatchedTraining:
    """How the control arm is trained beside the treatment arm, or beside Keras' defaults if that trains no network.

    Attributes:
        differences: each setting of the training that differs, in words: the control arm's against the treatment arm's.
        is_claim: whether the arms would be the same without these differences, so that the claim is about them.
        recipes: recipes of the control arm with settings of the treatment arm, by the names of these settings; empty if
            none of them may be to its disadvantage, or if the claim is about them.
    """

    differences: tuple[str, ...] = ()
    is_claim: bool = False
    recipes: Mapping[str, Recipe] = field(default_factory=dict)


class Models(Protocol):
    """Inspects trained models with code that is independent of the code that trained them."""

    def output_layer(self, recipe: Recipe) -> OutputLayer:
        """Return the output layer and the loss of a recipe's last stage."""

    def redraw_weights(self, recipe: Recipe, replicate: Replicate, parent: Replicate | None = None) -> Sequence[str]:
        """Return the digests of the initial weights that the build function draws under a replicate's seed.

        If the stage has a rule for its start, they are what it makes of the model of the replicate's `parent`.
        """

    def predicts_targets(self, recipe: Recipe) -> bool:
        """Return whether the outputs of a recipe's last stage are predictions of the targets.

        Otherwise its objective asks for something else, such as the inputs.
        """

    def statistics_of_all_rows(self, recipe: Recipe) -> Sequence[str]:
        """Return the layers of all stages that the build functions have adapted to all rows, test rows included."""

    def predict_untrained(self, recipe: Recipe, cell: Cell, rows: np.ndarray, *, shuffles: int = 0) -> np.ndarray:
        """Return the labels or values that a recipe's first stage predicts before training, (1 + shuffles, rows, ...).

        After the first come those of the same model with the numbers of each of its weights in random order.
        """

    def inspect(self, recipe: Recipe, replicate: Replicate) -> Inspection:
        """Inspect a trained replicate of a recipe's last stage."""

    def constant_loss(self, recipe: Recipe, cell: Cell) -> float | None:
        """Return the loss of a recipe's last stage on a test fold, for the best constant of the training fold.

        None if the stage has an objective, which a constant cannot be given to.
        """

    def predict(self, arm: Arm, position: int, rows: np.ndarray) -> np.ndarray | None:
        """Return raw predictions for rows of a replicate's test fold, or None if its fit returns only metrics."""

    def refit(
        self, arm: Arm, position: int, targets: np.ndarray, rows: np.ndarray | None = None
    ) -> np.ndarray | Mapping[str, float]:
        """Compute an arm's fit again with other targets, or other rows, in the test fold.

        Args:
            arm: the arm.
            position: place of the replicate.
            targets: targets of the rows that the fit is given to predict.
            rows: these rows; None for those of the replicate's test fold.

        Returns:
            Its predictions, or its metrics.
        """

    def predict_batches(self, recipe: Recipe, replicate: Replicate, batches: Sequence[np.ndarray]) -> np.ndarray:
        """Return raw outputs for rows of the data set, which the trained model is given batch by batch."""

    def predictions(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> Predictions:
        """Return what a trained model predicts for rows of the data set, with the loss there."""

    def draw_outputs(self, recipe: Recipe) -> np.ndarray:
        """Return raw outputs, (rows, ...), of a recipe's last model on some rows, under several draws of its weights.

        Weights that begin at 0 are drawn from a wide distribution. So outputs reach most of what they can be.
        """

    def pair_losses(self, recipe: Recipe) -> PairLosses | None:
        """Return losses of rows with their own and with each other's targets, or None if they vary by themselves."""

    def same_training(self, one: Recipe, other: Recipe) -> bool:
        """Return whether two recipes train the same function in the same way, whatever their layers are called."""

    def match_training(self, control: Recipe, treatment: Recipe | None) -> MatchedTraining:
        """Compare the training of a control arm with that of a treatment arm; None if that trains no network."""

    def render_fit(self, arm: Arm, position: int) -> Mapping[str, np.ndarray]:
        """Return the images that an arm's fit renders of a replicate, by caption; empty if it renders none."""

    def drive(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> np.ndarray:
        """Return raw outputs for rows whose contrast is raised far beyond the data, and for the same rows inverted.

        Such inputs drive the outputs nearly to the ends of their range. The result has twice as many rows.
        """
