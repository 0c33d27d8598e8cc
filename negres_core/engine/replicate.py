"""One replicate before and after its training: its start, the order of its rows, and its result."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from negres_core.arms.functions import is_loss, name_of
from negres_core.arms.preprocessing import sample_rows, training_fold
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import PreparedRows, prepare_rows
from negres_core.arms.stage import Stage
from negres_core.arrays import Named, digest_array, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.adapted import adapt_layers
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import peak_memory_bytes
from negres_core.engine.flops import step_flops
from negres_core.engine.inheritance import describe_relation, freeze_layers, inherit_weights, weight_paths
from negres_core.engine.interruption import stop_if_interrupted
from negres_core.engine.model import make_loss_object, save_model
from negres_core.engine.output_layer import describe_output, takes_logits
from negres_core.engine.relatives import Relatives
from negres_core.engine.scores import score
from negres_core.engine.start_rule import start_by_rule
from negres_core.engine.target_use import outputs_predict
from negres_core.engine.watch import Watched
from negres_core.evidence import TrainedWeight
from negres_core.metrics import Predicted, floor_of, loss_skill
from negres_core.run.models import OutputLayer
from negres_core.seeds import derive_seed
from negres_core.weighting import weights_of_rows

MEAN_IMAGE_ROWS = 256
"""Rows per call of the loss of the mean image."""


@dataclass(frozen=True)
class Start:
    """A replicate that is ready to be trained.

    Attributes:
        model: its own Keras model, with initial or inherited weights and with the stage's frozen layers.
        inherited: index in `model.weights` to the index of the parent's weight that it was set to, unless the rule of
            the stage changed it.
        frozen: indices in `model.weights` that the stage freezes.
        digests: digest of each weight.
    """

    model: Any
    inherited: dict[int, int]
    frozen: set[int]
    digests: list[str]


def start_replicate(recipe: Recipe, data: Dataset, job: Job, relatives: Relatives | None = None) -> Start:
    """Build the model of a job, with weights that are inherited or set by its rule, and with frozen layers.

    Args:
        recipe: the recipe whose last stage is trained.
        data: the data set.
        job: the replicate.
        relatives: those that other jobs of the same stage had; by default new ones.
    """
    stage, relatives = recipe.last, relatives or Relatives(recipe, data)
    # The parent first: what is drawn while it is built must not be drawn from the seed of this model.
    parent = relatives.parent(job)
    model = relatives.model(_seed("weights", recipe, job))
    adapt_layers(model, lambda: training_fold(recipe, data, job.cell), name=name_of(stage.build))
    inherited: dict[int, int] = {}
    frozen: set[int] = set()
    if stage.start is not None and parent is not None:
        rule_seed = _seed("start", recipe, job)
        inherited = start_by_rule(stage, model, parent, rows=lambda: _trained_on(recipe, data, job), seed=rule_seed)
    elif stage.inherits is not None and parent is not None:
        inherited = inherit_weights(model, parent, wanted_by=describe_relation(stage, "inherits"))
    if stage.freezes is not None:
        frozen = freeze_layers(model, relatives.frozen(), wanted_by=describe_relation(stage, "freezes"))
    return Start(model, inherited, frozen, [digest_array(weight) for weight in model.weights])


def _trained_on(recipe: Recipe, data: Dataset, job: Job) -> tuple[Named[np.ndarray], Named[np.ndarray]]:
    """Return the inputs and the targets of the rows that a stage is trained on."""
    rows = prepare_rows(recipe, data, job.cell)
    return take_rows(rows.x, rows.train), take_rows(rows.targets, rows.train)


def on_rows(job: Job, rows: PreparedRows) -> Job:
    """Return a job whose training fold is the rows to train on: a share of it, or what a sampler returned."""
    if rows.train is job.cell.train:
        return job
    return replace(job, cell=replace(job.cell, train=rows.train))


def epoch_orders(recipe: Recipe, job: Job) -> Iterator[np.ndarray]:
    """Yield, for each epoch, the rows of the training fold in training order, int32.

    Raises:
        InterruptedTrainingError: an interruption was asked for since the last epoch.
    """
    for epoch in range(recipe.last.epochs):
        stop_if_interrupted()
        generator = np.random.default_rng(_seed("order", recipe, job, epoch=epoch))
        yield generator.permutation(job.cell.train)


def training_weights(recipe: Recipe, data: Dataset, rows: PreparedRows) -> np.ndarray | None:
    """Return the weights of all rows in the training of the last stage, by row number; None if they have none.

    Args:
        recipe: the recipe.
        data: the data set, which may have weights of rows.
        rows: the prepared rows of the cell. Those that a sampler returned have only the weights of their classes.

    Returns:
        float32, (rows,); 0 for rows that are not trained on.
    """
    of_data = None if data.sample_weight is None else data.sample_weight[rows.train]
    weights = weights_of_rows(recipe.last.class_weight, rows.y[rows.train], of_data)
    if weights is None:
        return None
    every = np.zeros(len(rows.y), np.float32)
    every[rows.train] = weights
    return every


@dataclass(frozen=True)
class Scored:
    """The scores of a trained replicate.

    Attributes:
        finite: whether its losses, weights and outputs are finite.
        metrics: metrics by name.
        summary: the summary of the predictions.
        predicted: the predictions of the test fold; None if the outputs are none, or not finite.
    """

    finite: bool
    metrics: dict[str, float]
    summary: dict[str, Any]
    predicted: Predicted | None


def needs_keras_to_score(stage: Stage, data: Dataset) -> bool:
    """Return whether scores need Keras, or a user's loss to be made, which is for the thread that builds models."""
    makes_loss = any(callable(loss) and not is_loss(loss) for loss in (*stage.losses.values(), stage.loss))
    return stage.objective is not None or data.task == "reconstruction" or makes_loss


def score_replicate(
    recipe: Recipe,
    data: Dataset,
    job: Job,
    model: Any,
    *,
    weights: Iterable[Any],
    outputs: np.ndarray,
    loss: float,
    curve: list[float],
) -> Scored:
    """Score the outputs of a trained replicate.

    Args:
        recipe: the recipe whose last stage was trained.
        data: the data set.
        job: the replicate.
        model: its model; its weights do not count.
        weights: the trained values of all weights.
        outputs: the model's outputs on the test fold, (rows, outputs).
        loss: mean loss on the test fold, without penalties.
        curve: mean training loss of each trained epoch.
    """
    finite = all(bool(np.isfinite(values).all()) for values in (curve, loss, outputs, *weights))
    if not outputs_predict(recipe.last, model, data, outputs.shape[1:]):
        return Scored(finite, {"loss": loss if finite else float("nan")}, {}, None)
    output_layer = functools.partial(describe_output, model, recipe.last, data.output)
    metrics, summary = score_outputs(recipe, data, job, outputs, loss=loss, finite=finite, output_layer=output_layer)
    return Scored(finite, metrics, summary, _predicted(recipe, data, job, outputs) if finite else None)


def finish_replicate(
    recipe: Recipe,
    data: Dataset,
    job: Job,
    start: Start,
    *,
    rows: PreparedRows,
    outputs: np.ndarray,
    loss: float,
    curve: list[float],
    cost: dict[str, float],
    peak_flops_per_s: float,
    watched: Watched,
    scored: Scored | None = None,
) -> Result:
    """Score a trained replicate, if it is not scored yet, and return its result.

    Args:
        recipe: the recipe whose last stage was trained.
        data: the data set.
        job: the replicate.
        start: the start of the replicate; its model has the trained weights by now.
        rows: the cell's prepared rows.
        outputs: the model's outputs on the test fold, (rows, outputs).
        loss: mean loss on the test fold, without penalties.
        curve: mean training loss of each trained epoch.
        cost: seconds of each step, including `steady_epoch_s`.
        peak_flops_per_s: the measured peak of the device.
        watched: what was watched on validation rows.
        scored: its scores, if another thread computed them; see `score_replicate`.
    """
    stage, model = recipe.last, start.model
    # A replicate whose loss is not finite ends early, too, and counts as planned.
    epochs = stage.epochs if stage.patience is None and stage.callbacks is None else len(curve)
    trainable = {id(weight) for weight in model.trainable_weights}
    weights = [
        TrainedWeight(
            path=path,
            shape=tuple(weight.shape),
            trainable=id(weight) in trainable,
            frozen=index in start.frozen,
            start=start.digests[index],
            end=digest_array(weight),
            inherited_from=start.inherited.get(index),
        )
        for index, (path, weight) in enumerate(zip(weight_paths(model), model.weights, strict=True))
    ]
    if scored is None:
        final = {"weights": model.get_weights(), "outputs": outputs, "loss": loss, "curve": curve}
        scored = score_replicate(recipe, data, job, model, **final)
    return Result(
        metrics=scored.metrics,
        finite=scored.finite,
        curve=curve,
        validation=watched.validation,
        monitored=watched.monitored,
        best_epoch=watched.best_epoch,
        predictions=scored.summary,
        weights=weights,
        inputs_digest=digest_array(take_rows(rows.x, sample_rows(job.cell))),
        budget={
            "epochs": epochs,
            "steps": epochs * stage.count_batches(len(rows.train)),
            "trainable_weights": sum(int(np.prod(weight.shape)) for weight in model.trainable_weights),
            "weights": int(model.count_params()),
            "step_flops": step_flops(model, stage.batch_size),
        },
        cost={
            "memory_bytes": peak_memory_bytes(),
            "flops_per_s": step_flops(model, len(rows.train)) / cost["steady_epoch_s"],
            "peak_flops_per_s": peak_flops_per_s,
        }
        | cost,
        model=save_model(model, stage.saved_as),
        outputs=None if scored.predicted is None else scored.predicted.best,
    )


def score_outputs(
    recipe: Recipe,
    data: Dataset,
    job: Job,
    outputs: np.ndarray,
    *,
    loss: float,
    finite: bool,
    output_layer: Callable[[], OutputLayer],
) -> tuple[dict[str, float], dict[str, Any]]:
    """Score what a trained model predicts for the test fold, now or when it is loaded again.

    Args:
        recipe: the recipe whose last stage was trained.
        data: the data set.
        job: the replicate.
        outputs: the outputs, (rows, outputs).
        loss: their mean loss, without penalties.
        finite: whether losses, weights and outputs are finite.
        output_layer: describes the output layer of the recipe; called only for images.

    Returns:
        Metrics by name, and the summary of the predictions.
    """
    y = data.y[job.cell.test]
    classes = max(outputs.shape[-1], 2) if data.classes else 0
    predicted = _predicted(recipe, data, job, outputs)
    metrics, summary = score(data, job.cell, predicted, finite=finite, classes=classes)
    metrics["loss"] = loss if finite else float("nan")
    if finite and data.task == "reconstruction":
        layer = output_layer()
        if (floor := floor_of(layer.loss, y)) is not None and not layer.logits:
            trivial = _mean_image_loss(recipe, data, job)
            summary |= {"loss_floor": floor, "mean_image_loss": trivial}
            metrics["loss_skill"] = loss_skill(loss, trivial=trivial, floor=floor)
    return metrics, summary


def _predicted(recipe: Recipe, data: Dataset, job: Job, outputs: np.ndarray) -> Predicted:
    """Return what outputs, (rows, outputs), predict for the test fold of a job."""
    return Predicted.of_network(
        outputs,
        data.y[job.cell.test],
        logits=takes_logits(recipe.last, data.output),
        task=data.task,
    )


def _mean_image_loss(recipe: Recipe, data: Dataset, job: Job) -> float:
    """Return the loss of the training fold's mean image on the test fold."""
    loss, mean = make_loss_object(recipe.last, data.output), data.y[job.cell.train].mean(axis=0)
    y = data.y[job.cell.test]
    parts = [y[begin : begin + MEAN_IMAGE_ROWS] for begin in range(0, len(y), MEAN_IMAGE_ROWS)]
    losses = [float(loss(part, np.broadcast_to(mean, part.shape))) * len(part) for part in parts]
    return sum(losses) / len(y)


def _seed(purpose: str, recipe: Recipe, job: Job, **axes: int) -> int:
    return derive_seed(
        purpose, stage=len(recipe.stages), repeat=job.cell.repeat, fold=job.cell.fold, seed=job.seed, **axes
    )
