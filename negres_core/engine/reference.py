"""The reference engine: one replicate after another with plain `keras.Model.fit`. Slow and obvious: the oracle."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import PreparedRows, prepare_rows
from negres_core.arms.stage import Stage
from negres_core.arrays import map_arrays, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.batches import batches_for_fit
from negres_core.engine.callbacks import EpochwiseCallbacks
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device
from negres_core.engine.dropout import hashed_masks
from negres_core.engine.flops import peak_flops_per_s
from negres_core.engine.interruption import stop_if_interrupted
from negres_core.engine.memory import evaluation_rows
from negres_core.engine.model import make_loss_object, make_optimizer
from negres_core.engine.named_outputs import output_of
from negres_core.engine.objective import call_objective
from negres_core.engine.on_disk import is_on_disk
from negres_core.engine.program import UNWEIGHTED, Program, load_backend, over_positions
from negres_core.engine.replicate import epoch_orders, finish_replicate, on_rows, start_replicate, training_weights
from negres_core.engine.tensors import number_of
from negres_core.engine.watch import Watch, Watched
from negres_core.errors import InputError
from negres_core.weighting import weights_of_classes


def train(
    recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
) -> Generator[tuple[Job, Result], None, None]:
    """Train the last stage of a recipe on every job; see `negres_core.engine.contract.Train`."""
    del device  # Keras chooses it
    data = as_models_see(recipe, data)
    for job in jobs:
        stop_if_interrupted()
        yield job, _train_one(recipe, data, job)


def _train_one(recipe: Recipe, data: Dataset, job: Job) -> Result:
    start = start_replicate(recipe, data, job)
    rows = prepare_rows(recipe, data, job.cell)
    train_began = time.perf_counter()
    train_epochs = _fit if recipe.last.objective is None else _step
    seconds, curve, best = list[float](), list[float](), list[Any]()
    watched, watch_s = Watch(recipe, data).begin(job), 0.0
    with hashed_masks(start.model):
        epochs = train_epochs(recipe, data, job, start.model, rows, watched)
        epoch_began = time.perf_counter()
        for loss in epochs:
            curve.append(loss)
            seconds.append(time.perf_counter() - epoch_began)
            if watched.rows is not None:
                watch_began = time.perf_counter()
                watched.add(*_evaluate(recipe, data, watched.rows, start.model, rows))
                if watched.restores_best and watched.keeps:
                    best = [ops.convert_to_numpy(variable) for variable in _variables_of(start.model)]
                watch_s += time.perf_counter() - watch_began
            if not np.isfinite(loss) or watched.is_over:
                break
            epoch_began = time.perf_counter()
        epochs.close()
        for variable, value in zip(_variables_of(start.model), best, strict=False):
            variable.assign(value)
    train_ended = time.perf_counter()
    outputs, loss = _evaluate(recipe, data, job.cell.test, start.model, rows)
    cost = {
        "compile_s": 0.0,
        "train_s": train_ended - train_began - watch_s,
        "steady_epoch_s": float(np.median(seconds)),
        "evaluate_s": time.perf_counter() - train_ended,
    }
    return finish_replicate(
        recipe,
        data,
        job,
        start,
        rows=rows,
        outputs=outputs,
        loss=loss,
        curve=curve,
        cost=cost,
        watched=watched,
        peak_flops_per_s=peak_flops_per_s(),
    )


def _variables_of(model: Any) -> list[Any]:
    """Return the variables that training changes, those of layers that draw random numbers included."""
    return [*model.trainable_variables, *model.non_trainable_variables]


def _fit(
    recipe: Recipe, data: Dataset, job: Job, model: Any, rows: PreparedRows, watched: Watched
) -> Generator[float, None, None]:
    """Train with `keras.Model.fit`, one call per epoch, and yield the loss that it reports."""
    stage = recipe.last
    # Without it JAX would compile every operation separately, as for a model that it cannot compile.
    jit = "auto" if keras.backend.backend() == "jax" else False
    losses = {name: make_loss_object(stage, name) for name in stage.losses}
    of_several = {"loss_weights": stage.weights_of_losses} if losses else {}
    loss = losses or make_loss_object(stage)
    model.compile(optimizer=make_optimizer(stage), loss=loss, jit_compile=jit, **of_several)
    steps = stage.count_batches(len(on_rows(job, rows).cell.train))
    callbacks = EpochwiseCallbacks(stage, model, steps=steps) if stage.callbacks is not None else None
    try:
        for epoch, order in enumerate(epoch_orders(recipe, on_rows(job, rows))):
            weighted = _weights_for_keras(recipe, data, rows, order)
            weights = weighted.pop("sample_weight", None)
            options = batches_for_fit(rows.x, rows.targets, order, batch=stage.batch_size, weights=weights) | weighted
            if callbacks is not None:
                options |= {"callbacks": callbacks, "initial_epoch": epoch}
            try:
                history = model.fit(**options, epochs=options.get("initial_epoch", 0) + 1, shuffle=False, verbose=0)
            except ValueError as error:
                if (weighted or weights is not None) and "to unpack" in str(error):
                    raise _no_weights_in_step(stage, error) from error
                raise
            yield _reported_loss(history, stage)
            if callbacks is not None and model.stop_training:
                break
            if watched.rate is not None:
                model.optimizer.learning_rate = float(watched.rate)
        if callbacks is not None:
            callbacks.finish()
    finally:
        # Only the model is saved, without its optimizer, as by the other engines.
        model.compiled = False
        del model.optimizer


def _weights_for_keras(recipe: Recipe, data: Dataset, rows: PreparedRows, order: np.ndarray) -> dict[str, Any]:
    """Return the arguments of `keras.Model.fit` by which rows in training order are weighted."""
    class_weight, weights = recipe.last.class_weight, training_weights(recipe, data, rows)
    if weights is None:
        return {}
    # Keras takes one of the two.
    if data.sample_weight is None:
        return {"class_weight": weights_of_classes(class_weight, rows.y[rows.train])}
    by_output = map_arrays(lambda y: np.array(over_positions(weights[order], y[order], np)), rows.targets)
    return {"sample_weight": by_output}


def _no_weights_in_step(stage: Stage, error: ValueError) -> InputError:
    """Return the error of a training step of the user's own that takes batches without weights."""
    return InputError(
        f"The custom training step of {name_of(stage.build)} does not take sample weights, but the data set has them.",
        received=f"a batch (x, y, sample_weight), and from the step: {error}",
        remedy="Unpack the batch by keras.utils.unpack_x_y_sample_weight(data), and weight the loss by it.",
    )


def _reported_loss(history: Any, stage: Stage) -> float:
    """Return the mean loss of the latest epoch; a model with its own training decides what it reports."""
    reported = getattr(history, "history", history)
    losses = reported.get("loss") if isinstance(reported, dict) else None
    if losses is None or not np.size(losses):
        raise InputError(
            f"The custom training step of {name_of(stage.build)} does not report a loss.",
            received=", ".join(map(str, reported)) if isinstance(reported, dict) and reported else "nothing",
            remedy='Let train_step return {"loss": ...} among its metrics; let a `fit` of your own return the history '
            'that Keras\' returns, or {"loss": ...}.',
        )
    return float(np.ravel(losses)[-1])


def _step(
    recipe: Recipe, data: Dataset, job: Job, model: Any, rows: PreparedRows, watched: Watched
) -> Generator[float, None, None]:
    """Train with an objective, which `fit` does not support: step by step, uncompiled; yield each epoch's mean loss."""
    program, batch, put = Program(recipe, data, model), recipe.last.batch_size, load_backend().put
    weights, on_disk = training_weights(recipe, data, rows), is_on_disk(rows.x)
    x, y = (None, None) if on_disk else (put(rows.x), put(rows.y))
    state: Any = tuple([put(value) for value in part] for part in program.state_of(model))
    for order in epoch_orders(recipe, on_rows(job, rows)):
        total = 0.0
        for begin in range(0, len(order), batch):
            some = order[begin : begin + batch]
            weighted = UNWEIGHTED if weights is None else put(weights[some])
            if on_disk:
                x, y, some = put(take_rows(rows.x, some)), put(rows.y[some]), np.arange(len(some), dtype=some.dtype)
            loss, state = program.step(state, put(some), x, y, weighted)
            total += float(loss) * len(some)
        program.restore(model, state)
        yield total / len(order)
        state = program.with_rate(state, None if watched.rate is None else put(watched.rate))


def _evaluate(
    recipe: Recipe, data: Dataset, tested: np.ndarray, model: Any, prepared: PreparedRows
) -> tuple[np.ndarray, float]:
    loss_object, objective = make_loss_object(recipe.last, data.output), recipe.last.objective
    outputs, total, size = [], 0.0, evaluation_rows(model, recipe, data)
    for begin in range(0, len(tested), size):
        rows = tested[begin : begin + size]
        x, y = take_rows(prepared.x, rows), data.y[rows]
        some = output_of(model(x, training=False), data.output)
        loss = call_objective(objective, model, x, y, training=False) if objective else loss_object(y, some)
        players = loss.values() if isinstance(loss, dict) else [loss]
        outputs.append(ops.convert_to_numpy(some))
        total += sum(number_of(ops.mean(player)) for player in players) * data.count_targets(rows)
    return np.concatenate(outputs), total / data.count_targets(tested)
