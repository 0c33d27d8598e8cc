"""Inspection of saved models by plain Keras: built again, weights loaded from their file, nothing compiled.

Independence is the point: a mistake of the engine that trained a model must not be repeated when it is inspected.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np
from keras import ops

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import as_models_see, prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arrays import digest_array, label_arrays, map_arrays, take_rows
from negres_core.dataset import Dataset
from negres_core.design import Cell, TrainedCells
from negres_core.engine import adapted, drawn_weights, matched_training, same_training
from negres_core.engine.adapted import adapt_layers
from negres_core.engine.constants import best_constant_loss, shares_or_means
from negres_core.engine.contract import Job
from negres_core.engine.fitted_models import FittedModels
from negres_core.engine.kept_model import KeptModel
from negres_core.engine.model import build_model, make_loss_object, output_shape
from negres_core.engine.named_outputs import output_of, side_by_side
from negres_core.engine.objective import mean_loss
from negres_core.engine.output_layer import describe_output
from negres_core.engine.program import load_backend
from negres_core.engine.replicate import start_replicate
from negres_core.engine.silence import track_silence
from negres_core.engine.target_use import predicts_targets
from negres_core.engine.tensors import number_of
from negres_core.engine.trained import load_trained
from negres_core.evidence import Replicate
from negres_core.metrics import shown_of
from negres_core.rescoring import Predictions
from negres_core.run.arm import Arm
from negres_core.run.models import Inspection, MatchedTraining, OutputLayer, PairLosses
from negres_core.seeds import derive_seed

INFERENCE_ROWS = 1024
"""Rows per call on the test fold, which is inspected whole: that costs less than an epoch of training."""

INSPECTED_ROWS = 512
"""Maximum number of rows of the training fold that are inspected."""

INSPECTED_BATCHES = 8
"""Maximum number of batches of the training fold that are inspected, of the stage's batch size."""

REDUNDANCY_ROWS = 64
"""Rows of the test fold on which it is tried whether a weight matters."""

CONTRAST_FACTOR = 1e4
"""Factor by which input contrast is raised to drive outputs to their limits; large enough to dwarf any bias."""


class SavedPredictions(NamedTuple):
    """What a saved model predicts for the test fold of its cell.

    Attributes:
        weights: digest of every weight in the file, in the model's order.
        finite: whether all weights are finite.
        dtype: the dtype that the model computes in.
        predictions: the predictions.
    """

    weights: list[str]
    finite: bool
    dtype: str
    predictions: Predictions


class SavedModels(FittedModels):
    """The saved models of one run, and its fits; see `negres_core.run.models.Models`.

    Args:
        data: the data set.
        cells: the cells of the run.
        path_of: returns the path of a replicate's model.
    """

    def __init__(self, data: Dataset, cells: Sequence[Cell], path_of: Callable[[Replicate], Path]) -> None:
        super().__init__(data, cells, path_of)
        self._output_layers: dict[Recipe, OutputLayer] = {}
        self._shapes: dict[Recipe, tuple[int, ...]] = {}
        self._inspections: dict[str, Inspection] = {}
        self._matched: dict[tuple[Recipe, Recipe | None], MatchedTraining] = {}
        self._latest_inputs: tuple[Any, Any] = (None, None)
        self._latest_model = KeptModel()
        self._trained_cells = TrainedCells(data)

    def output_layer(self, recipe: Recipe) -> OutputLayer:
        """Describe the output layer of a recipe's last stage, untrained."""
        if recipe not in self._output_layers:
            model = build_model(recipe.last.build, self._seen(recipe))
            self._output_layers[recipe] = describe_output(model, recipe.last, self._data.output)
        return self._output_layers[recipe]

    def redraw_weights(self, recipe: Recipe, replicate: Replicate, parent: Replicate | None = None) -> list[str]:
        """Return the digests of the initial weights that a replicate's seed, and its rule, give, drawn again."""
        if recipe.last.start is not None and parent is not None:
            job = Job(self._cell_of(recipe, replicate), replicate.key.seed, self._path_of(parent))
            return start_replicate(recipe, self._seen(recipe), job).digests
        model = build_model(recipe.last.build, self._seen(recipe), seed=_seed_of(recipe, replicate))
        adapt_layers(model, self._fold_of(recipe, replicate), name=name_of(recipe.last.build))
        return [digest_array(weight) for weight in model.weights]

    def predict_untrained(self, recipe: Recipe, cell: Cell, rows: np.ndarray, *, shuffles: int = 0) -> np.ndarray:
        """Return what a recipe's first stage predicts before training, and then with each weight shuffled."""
        first = recipe.with_parts(recipe.stages[0])
        logits = self.output_layer(first).logits
        seed = derive_seed("weights", stage=1, repeat=cell.repeat, fold=cell.fold, seed=0)
        trained_cell = self._trained_cells.of(cell, recipe.validation)
        inputs = self._inputs(first, trained_cell)
        x = take_rows(inputs, rows)
        model = build_model(first.last.build, self._seen(first), seed=seed)
        adapt_layers(model, lambda: take_rows(inputs, trained_cell.train), name=name_of(first.last.build))
        weights, rng = [ops.convert_to_numpy(weight) for weight in model.weights], np.random.default_rng(0)
        predictions = []
        for shuffle in range(1 + shuffles):
            if shuffle:
                model.set_weights([rng.permutation(weight.reshape(-1)).reshape(weight.shape) for weight in weights])
            outputs = ops.convert_to_numpy(self._output_of(model(x, training=False)))
            predictions.append(shown_of(outputs, self._data.y[rows], logits=logits, task=self._data.task))
        return np.stack(predictions)

    def predicts_targets(self, recipe: Recipe) -> bool:
        """Return whether the outputs of a recipe's last stage are predictions of the targets."""
        return predicts_targets(recipe.last, self._data)

    def statistics_of_all_rows(self, recipe: Recipe) -> list[str]:
        """Return the layers of all stages that the build functions have adapted to all rows of the data set."""
        return [
            f"{layer} of {name_of(stage.build)}"
            for stage in recipe.stages
            for layer in adapted.statistics_of_all_rows(build_model(stage.build, self._data), self._data.x)
        ]

    def inspect(self, recipe: Recipe, replicate: Replicate) -> Inspection:
        """Inspect a trained replicate of a recipe's last stage."""
        if replicate.id not in self._inspections:
            self._inspections[replicate.id] = self._inspect(recipe, replicate)
        return self._inspections[replicate.id]

    def constant_loss(self, recipe: Recipe, cell: Cell) -> float | None:
        """Return the loss on a cell's test fold of the best constant of its training fold; None for an objective."""
        stage = recipe.last
        if stage.objective is not None:
            return None
        if recipe not in self._shapes:
            model = build_model(stage.build, self._seen(recipe))
            self._shapes[recipe] = output_shape(model, self._seen(recipe), name=name_of(stage.build))
        loss, logits = make_loss_object(stage, self._data.output), self.output_layer(recipe).logits
        cell = self._trained_cells.of(cell, recipe.validation)
        return best_constant_loss(loss, self._data, cell, self._shapes[recipe], logits=logits)

    def predict_batches(self, recipe: Recipe, replicate: Replicate, batches: Sequence[np.ndarray]) -> np.ndarray:
        """Return raw outputs for rows of the data set, which the trained model is given batch by batch."""
        x = self._inputs(recipe, self._cell_of(recipe, replicate))
        with self._loaded(recipe, replicate) as model:
            outputs = [self._output_of(model(take_rows(x, rows), training=False)) for rows in batches]
        return np.concatenate([*map(ops.convert_to_numpy, outputs)]).astype(np.float32)

    def predictions(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> Predictions:
        """Return what a saved model predicts for rows of the data set, with the loss there."""
        cell = dataclasses.replace(self._cell_of(recipe, replicate), test=rows)
        return self._predict_fold(recipe, self._load(recipe, replicate), self._inputs(recipe, cell), cell)

    def predict_fold(self, recipe: Recipe, replicate: Replicate) -> SavedPredictions:
        """Predict the test fold of a replicate by its saved weights, and do nothing else."""
        cell = self._cell_of(recipe, replicate)
        model, x = self._load(recipe, replicate), self._inputs(recipe, cell)
        weights = [digest_array(weight) for weight in model.weights]
        finite = all(bool(np.isfinite(weight).all()) for weight in model.get_weights())
        return SavedPredictions(weights, finite, model.compute_dtype, self._predict_fold(recipe, model, x, cell))

    def draw_outputs(self, recipe: Recipe) -> np.ndarray:
        """Return raw outputs of a recipe's last model on some rows, under several draws of its weights."""
        return drawn_weights.draw_outputs(recipe, self._data)

    def pair_losses(self, recipe: Recipe) -> PairLosses | None:
        """Return losses of rows with their own and with each other's targets, or None if they vary by themselves."""
        return drawn_weights.pair_losses(recipe, self._data)

    def same_training(self, one: Recipe, other: Recipe) -> bool:
        """Return whether two recipes train the same function in the same way, whatever their layers are called."""
        return same_training.same_training(one, other, self._data)

    def match_training(self, control: Recipe, treatment: Recipe | None) -> MatchedTraining:
        """Compare the training of a control arm with that of a treatment arm; None if that trains no network."""
        key = (control, treatment)
        if key not in self._matched:
            rows = min((len(cell.train) for cell in self._cells.values()), default=len(self._data))
            self._matched[key] = matched_training.match_training(control, treatment, self._data, rows=rows)
        return self._matched[key]

    def _predict(self, arm: Arm, position: int, rows: np.ndarray) -> np.ndarray | None:
        recipe, replicate = arm.recipe_of(position), arm.replicates[position]
        if recipe.fit is not None:
            return super()._predict(arm, position, rows)
        cell = self._cell_of(recipe, replicate)
        x = self._inputs(recipe, cell)
        with self._loaded(recipe, replicate) as model:
            outputs = ops.convert_to_numpy(self._output_of(model(take_rows(x, rows), training=False)))
        logits = self.output_layer(recipe).logits
        return shown_of(outputs, self._data.y[rows], logits=logits, task=self._data.task)

    def _job(self, arm: Arm, position: int) -> Job:
        key = arm.replicates[position].key
        parent = self._path_of(arm.stages[-2][position]) if arm.recipe.stages else None
        return Job(self._cell_of(arm.recipe_of(position), arm.replicates[position]), key.seed, parent)

    def drive(self, recipe: Recipe, replicate: Replicate, rows: np.ndarray) -> np.ndarray:
        """Return raw predictions for some rows with extreme contrast, then for the same rows with inverted contrast."""
        cell = self._cell_of(recipe, replicate)
        x = take_rows(self._inputs(recipe, cell), rows)
        with self._loaded(recipe, replicate) as model:
            outputs = self._output_of(model(_raise_contrast(x), training=False))
        return ops.convert_to_numpy(outputs).reshape(-1, *self._data.y.shape[1:])

    def _inspect(self, recipe: Recipe, replicate: Replicate) -> Inspection:
        cell, stage, y, output = self._cell_of(recipe, replicate), recipe.last, self._data.y, self._data.output
        output_layer, model, x = self.output_layer(recipe), self._load(recipe, replicate), self._inputs(recipe, cell)
        weights = [digest_array(weight) for weight in model.weights]
        predictions = self._predict_fold(recipe, model, x, cell)
        batches = [(take_rows(x, rows), y[rows]) for rows in _sample_batches(cell, stage.batch_size)]
        with track_silence(model) as silent:
            inference = [number_of(mean_loss(model, stage, *batch, training=False, output=output)) for batch in batches]
        training, gradient_norm = _gradient_of(model, stage, batches, output)
        return Inspection(
            output_layer=output_layer,
            weights=weights,
            targets=predictions.targets,
            outputs=predictions.outputs,
            predicted=predictions.predicted,
            loss=predictions.loss,
            trivial_loss=predictions.trivial_loss,
            training_loss=training,
            inference_loss=float(np.mean(inference)),
            silent=[(int(zero.sum()), len(zero)) for zero in silent.values()],
            gradient_norm=gradient_norm,
            weight_norm=_norm(model.trainable_weights),
            redundant=_redundant(model, replicate, take_rows(x, cell.test[:REDUNDANCY_ROWS])),
        )

    def _predict_fold(self, recipe: Recipe, model: Any, x: Any, cell: Cell) -> Predictions:
        logits, y = self.output_layer(recipe).logits, self._data.y[cell.test]
        outputs, loss, trivial_loss = _predict(model, recipe.last, x, self._data, cell, logits=logits)
        return Predictions(
            targets=y,
            outputs=outputs,
            predicted=shown_of(outputs, y, logits=logits, task=self._data.task),
            logits=logits,
            loss=loss,
            trivial_loss=trivial_loss,
            task=self._data.task,
        )

    def _load(self, recipe: Recipe, replicate: Replicate) -> Any:
        """Build a model and load only its weights from the file; its structure comes from the researcher's code.

        It is built under the replicate's seed, so that what the build function draws besides weights is drawn again.
        """
        fold, seed = self._fold_of(recipe, replicate), _seed_of(recipe, replicate)
        return load_trained(recipe.last, self._seen(recipe), self._path_of(replicate), fold=fold, seed=seed)

    def _loaded(self, recipe: Recipe, replicate: Replicate) -> AbstractContextManager[Any]:
        """Return the model of a replicate for calls that should not change it; see `KeptModel`."""
        return self._latest_model.loaded((recipe, replicate.id), lambda: self._load(recipe, replicate))

    def _output_of(self, outputs: Any) -> Any:
        return output_of(outputs, self._data.output)

    def _seen(self, recipe: Recipe) -> Dataset:
        return as_models_see(recipe, self._data)

    def _fold_of(self, recipe: Recipe, replicate: Replicate) -> Callable[[], Any]:
        """Return a function that returns the prepared inputs of a replicate's training fold."""
        cell = self._cell_of(recipe, replicate)
        return lambda: take_rows(self._inputs(recipe, cell), cell.train)

    def _cell_of(self, recipe: Recipe, replicate: Replicate) -> Cell:
        """Return the cell that a replicate of a recipe was trained on."""
        return self._trained_cells.of(self._cells[replicate.key.repeat, replicate.key.fold], recipe.validation)

    def _inputs(self, recipe: Recipe, cell: Cell) -> Any:
        """Return the prepared inputs of a cell; the latest are kept for the other arm."""
        key = (recipe.preprocess, recipe.validation, cell)
        if self._latest_inputs[0] != key:
            self._latest_inputs = (key, prepare_inputs(recipe, self._data, cell))
        return self._latest_inputs[1]


def _seed_of(recipe: Recipe, replicate: Replicate) -> int:
    """Return the seed of a replicate's initial weights."""
    key = replicate.key
    return derive_seed("weights", stage=len(recipe.stages), repeat=key.repeat, fold=key.fold, seed=key.seed)


def _redundant(model: Any, replicate: Replicate, x: Any) -> list[str]:
    """Return the paths of still weights that do not matter beside others of their layer.

    Such as the bias of a layer whose outputs for two images are subtracted. The loss cannot move it, and need not. A
    layer of which no weight matters is another case: it leads nowhere.
    """
    trainable = [
        (weight, recorded)
        for weight, recorded in zip(model.weights, replicate.weights, strict=True)
        if recorded.trainable
    ]
    redundant = []
    for weight, recorded in trainable:
        layer = recorded.path.rpartition("/")[0]
        has_moving = any(other.path.rpartition("/")[0] == layer and other.start != other.end for _, other in trainable)
        if recorded.start == recorded.end and has_moving and not _matters(model, weight, x):
            redundant.append(recorded.path)
    return redundant


def _matters(model: Any, weight: Any, x: Any) -> bool:
    """Return whether the outputs change with a weight, by more than rounding; the weight is put back."""
    before, value = (ops.convert_to_numpy(each) for each in (side_by_side(model(x, training=False)), weight))
    weight.assign(value + np.random.default_rng(0).uniform(0.5, 1.5, size=value.shape).astype(value.dtype))
    after = ops.convert_to_numpy(side_by_side(model(x, training=False)))
    weight.assign(value)
    return not np.allclose(before, after, rtol=0, atol=1e-4 * max(1.0, float(np.abs(before).max())))


def _sample_batches(cell: Cell, batch_size: int) -> list[np.ndarray]:
    """Return batches of equal size of random rows of the training fold."""
    batch = min(batch_size, INSPECTED_ROWS, len(cell.train))
    count = min(INSPECTED_ROWS // batch, len(cell.train) // batch, INSPECTED_BATCHES)
    rows = np.random.default_rng(0).permutation(cell.train)[: count * batch]
    return list(rows.reshape(count, batch))


def _predict(
    model: Any, stage: Stage, x: Any, data: Dataset, cell: Cell, *, logits: bool
) -> tuple[np.ndarray, float | None, float | None]:
    """Return outputs on the test fold, their mean loss, and the mean loss of the training fold's best constant."""
    loss_object = make_loss_object(stage, data.output)
    outputs, losses, constant = [], np.zeros(2), None
    for begin in range(0, len(cell.test), INFERENCE_ROWS):
        rows = cell.test[begin : begin + INFERENCE_ROWS]
        some = output_of(model(take_rows(x, rows), training=False), data.output)
        outputs.append(ops.convert_to_numpy(some).astype(np.float32))
        if stage.objective is None:
            if constant is None:
                constant = shares_or_means(data, cell, outputs[0].shape[1:], logits=logits)
            trivial = ops.convert_to_tensor(np.broadcast_to(constant, outputs[-1].shape))
            pair = (loss_object(data.y[rows], some), loss_object(data.y[rows], trivial))
            losses += [number_of(ops.mean(loss)) * data.count_targets(rows) for loss in pair]
    if stage.objective is not None:
        return np.concatenate(outputs), None, None
    loss, trivial_loss = losses / data.count_targets(cell.test)
    return np.concatenate(outputs), float(loss), float(trivial_loss)


def _raise_contrast(inputs: Any) -> Any:
    """Return rows twice: with extreme contrast, then with it inverted. Labels beside images stay unchanged."""
    axes = max(each.ndim for each in label_arrays(inputs, "x").values())

    def drive(x: np.ndarray) -> np.ndarray:
        mean, far = x.mean(axis=0), CONTRAST_FACTOR * (x - x.mean(axis=0))
        return np.concatenate([mean + far, mean - far] if x.ndim == axes else [x, x]).astype(x.dtype)

    return map_arrays(drive, inputs)


def _gradient_of(
    model: Any, stage: Stage, batches: Sequence[tuple[Any, np.ndarray]], output: str | None
) -> tuple[float, float]:
    """Return the mean loss in training mode, and the norm of its gradient; every batch has equal weight."""
    variables = model.trainable_variables
    values = [variable.value for variable in variables]
    losses, total = [], [np.zeros(variable.shape) for variable in variables]
    for x, y in batches:

        def objective(values: Any, x: Any = x, y: Any = y) -> Any:
            # The scope discards what a pass in training mode changes: batch statistics and seeds.
            with keras.StatelessScope(state_mapping=list(zip(variables, values, strict=True))):
                return mean_loss(model, stage, x, y, training=True, output=output), ()

        (loss, _), gradients = load_backend().value_and_gradient(objective, values)
        losses.append(float(loss))
        total = [each + ops.convert_to_numpy(gradient) for each, gradient in zip(total, gradients, strict=True)]
    return float(np.mean(losses)), _norm(total) / len(batches)


def _norm(arrays: Sequence[Any]) -> float:
    squares = (np.sum(ops.convert_to_numpy(array).astype(np.float64) ** 2) for array in arrays)
    return float(np.sqrt(sum(squares)))
