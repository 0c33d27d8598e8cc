"""The reference engine: one replicate after another with plain `keras.Model.fit`. Slow and obvious: the oracle."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arrays import Named, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.callbacks import EpochwiseCallbacks
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device
from negres_core.engine.dropout import hashed_masks
from negres_core.engine.flops import peak_flops_per_s
from negres_core.engine.interruption import stop_if_interrupted
from negres_core.engine.memory import evaluation_rows
from negres_core.engine.model import make_loss_object, make_optimizer
from negres_core.engine.program import Program, load_backend
from negres_core.engine.replicate import epoch_orders, finish_replicate, start_replicate
from negres_core.engine.watch import Watch
from negres_core.errors import InputError
from negres_core.preprocessing import prepare_inputs
from negres_core.recipe import Recipe, Stage, name_of


def train(
    recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
) -> Generator[tuple[Job, Result], None, None]:
    """Train the last stage of a recipe on every job; see `negres_core.engine.contract.Train`."""
    del device  # Keras chooses it
    for job in jobs:
        stop_if_interrupted()
        yield job, _train_one(recipe, data, job)


def _train_one(recipe: Recipe, data: Dataset, job: Job) -> Result:
    start = start_replicate(recipe, data, job)
    inputs = prepare_inputs(recipe, data, job.cell)
    train_began = time.perf_counter()
    train_epochs = _fit if recipe.last.objective is None else _step
    seconds, curve, validation = [], [], []
    watch, watched_rows, watch_s = Watch(recipe, data), Watch.rows_of(job), 0.0
    with hashed_masks(start.model):
        epochs = train_epochs(recipe, data, job, start.model, inputs)
        epoch_began = time.perf_counter()
        for loss in epochs:
            curve.append(loss)
            seconds.append(time.perf_counter() - epoch_began)
            if watched_rows is not None:
                watch_began = time.perf_counter()
                validation.append(watch.score(job, *_evaluate(recipe, data, watched_rows, start.model, inputs)))
                watch_s += time.perf_counter() - watch_began
            if not np.isfinite(loss):
                break
            epoch_began = time.perf_counter()
        epochs.close()
    train_ended = time.perf_counter()
    outputs, loss = _evaluate(recipe, data, job.cell.test, start.model, inputs)
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
        inputs=inputs,
        outputs=outputs,
        loss=loss,
        curve=curve,
        cost=cost,
        validation=None if watched_rows is None else validation,
        peak_flops_per_s=peak_flops_per_s(),
    )


def _fit(
    recipe: Recipe, data: Dataset, job: Job, model: Any, inputs: Named[np.ndarray]
) -> Generator[float, None, None]:
    """Train with `keras.Model.fit`, one call per epoch, and yield the loss that it reports."""
    stage = recipe.last
    # Without it JAX would compile every operation separately.
    jit = keras.backend.backend() == "jax"
    model.compile(optimizer=make_optimizer(stage), loss=make_loss_object(stage), jit_compile=jit)
    steps = -(-len(job.cell.train) // stage.batch_size)
    callbacks = EpochwiseCallbacks(stage, model, steps=steps) if stage.callbacks is not None else None
    try:
        for epoch, order in enumerate(epoch_orders(recipe, job)):
            x, y = take_rows(inputs, order), data.y[order]
            options: dict[str, Any] = {"batch_size": stage.batch_size, "shuffle": False, "verbose": 0}
            if callbacks is not None:
                options |= {"callbacks": callbacks, "initial_epoch": epoch}
            history = model.fit(x, y, epochs=options.get("initial_epoch", 0) + 1, **options)
            yield _reported_loss(history, stage)
            if callbacks is not None and model.stop_training:
                break
        if callbacks is not None:
            callbacks.finish()
    finally:
        # Only the model is saved, without its optimizer, as by the other engines.
        model.compiled = False
        del model.optimizer


def _reported_loss(history: Any, stage: Stage) -> float:
    """Return the mean loss of the latest epoch; a model with its own training decides what it reports."""
    reported = getattr(history, "history", history)
    losses = reported.get("loss") if isinstance(reported, dict) else None
    if losses is None or not np.size(losses):
        raise InputError(
            f"The own training step of {name_of(stage.build)} reports no loss.",
            received=", ".join(map(str, reported)) if isinstance(reported, dict) and reported else "nothing",
            remedy='Let train_step return {"loss": ...} among its metrics; let a `fit` of your own return the history '
            'that Keras\' returns, or {"loss": ...}.',
        )
    return float(np.ravel(losses)[-1])


def _step(
    recipe: Recipe, data: Dataset, job: Job, model: Any, inputs: Named[np.ndarray]
) -> Generator[float, None, None]:
    """Train with an objective, which `fit` does not support: step by step, uncompiled; yield each epoch's mean loss."""
    program, batch, put = Program(recipe, data, model), recipe.last.batch_size, load_backend().put
    x, y = put(inputs), put(data.y)
    state: Any = tuple([put(value) for value in part] for part in program.state_of(model))
    for order in epoch_orders(recipe, job):
        total = 0.0
        for begin in range(0, len(order), batch):
            rows = order[begin : begin + batch]
            loss, state = program.step(state, put(rows), x, y)
            total += float(loss) * len(rows)
        program.restore(model, state)
        yield total / len(order)


def _evaluate(
    recipe: Recipe, data: Dataset, tested: np.ndarray, model: Any, inputs: Named[np.ndarray]
) -> tuple[np.ndarray, float]:
    loss_object, objective = make_loss_object(recipe.last), recipe.last.objective
    outputs, total, size = [], 0.0, evaluation_rows(model, recipe, data)
    for begin in range(0, len(tested), size):
        rows = tested[begin : begin + size]
        x, y = take_rows(inputs, rows), data.y[rows]
        some = model(x, training=False)
        loss = objective(model, x, y, training=False) if objective else loss_object(y, some)
        players = loss.values() if isinstance(loss, dict) else [loss]
        outputs.append(ops.convert_to_numpy(some))
        total += sum(float(ops.mean(player)) for player in players) * len(rows)
    return np.concatenate(outputs), total / len(tested)
