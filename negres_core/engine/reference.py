"""The reference engine: one replicate after another with plain `keras.Model.fit`. Slow, obvious, the oracle."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.dataset import Dataset
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device
from negres_core.engine.dropout import hashed_masks
from negres_core.engine.model import make_objective, make_optimizer
from negres_core.engine.replicate import CHUNK, epoch_orders, finish_replicate, start_replicate
from negres_core.inputs import prepare_inputs
from negres_core.recipe import Recipe


def train(recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device) -> Iterator[tuple[Job, Result]]:
    """Train the last stage of a recipe on every job; see `negres_core.engine.contract.Train`."""
    del device  # Keras places the work
    for job in jobs:
        yield job, _train_one(recipe, data, job)


def _train_one(recipe: Recipe, data: Dataset, job: Job) -> Result:
    stage = recipe.last
    start = start_replicate(recipe, data, job)
    inputs = prepare_inputs(recipe, data, job.cell)
    model = start.model
    began = time.perf_counter()
    seconds, curve = [], []
    # Without it JAX would compile every operation on its own.
    jit = keras.backend.backend() == "jax"
    with hashed_masks(model):
        model.compile(optimizer=make_optimizer(stage), loss=make_objective(stage), jit_compile=jit)
        for order in epoch_orders(recipe, job):
            epoch_began = time.perf_counter()
            history = model.fit(
                inputs[order], data.y[order], batch_size=stage.batch_size, epochs=1, shuffle=False, verbose=0
            )
            seconds.append(time.perf_counter() - epoch_began)
            curve.append(float(history.history["loss"][0]))
            if not np.isfinite(curve[-1]):
                break
    trained = time.perf_counter()
    # What is saved is the model alone, as after any engine.
    model.compiled = False
    del model.optimizer
    outputs, loss = _evaluate(model, make_objective(stage), inputs[job.cell.test], data.y[job.cell.test])
    cost = {
        "compile_s": 0.0,
        "train_s": trained - began,
        "steady_epoch_s": float(np.median(seconds)),
        "evaluate_s": time.perf_counter() - trained,
    }
    return finish_replicate(recipe, data, job, start, inputs=inputs, outputs=outputs, loss=loss, curve=curve, cost=cost)


def _evaluate(model: Any, loss: Any, x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, float]:
    outputs, total = [], 0.0
    for begin in range(0, len(x), CHUNK):
        rows = slice(begin, begin + CHUNK)
        chunk = model(x[rows], training=False)
        outputs.append(ops.convert_to_numpy(chunk))
        total += float(ops.mean(loss(y[rows], chunk))) * len(y[rows])
    return np.concatenate(outputs), total / len(x)
