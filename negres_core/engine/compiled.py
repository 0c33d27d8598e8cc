"""The compiled engine: whole epochs as one program over data that stay on the device, replicates side by side.

The program is written once, in keras.ops and Keras' stateless calls; `tensorflow.py` and `jax.py` add what Keras has no
common word for. One program serves every replicate of a stage: weights go in and come out.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.dataset import Dataset
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device
from negres_core.engine.dropout import draws_by_hash_alone, hashed_masks
from negres_core.engine.model import layers_of, make_objective, make_optimizer
from negres_core.engine.replicate import CHUNK, Start, epoch_orders, finish_replicate, start_replicate
from negres_core.inputs import prepare_inputs
from negres_core.recipe import Recipe


def train(recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device) -> Iterator[tuple[Job, Result]]:
    """Train the last stage of a recipe on every job; see `negres_core.engine.contract.Train`.

    Replicates start and finish in the calling thread, where Keras' global state is; only the compiled calls, which
    release the interpreter's lock, run in others.
    """
    if not jobs:
        return
    # Replicates of one cell follow one another, so that they find its prepared inputs.
    waiting = sorted(jobs, key=lambda job: (job.cell.repeat, job.cell.fold, job.seed))
    template = start_replicate(recipe, data, waiting[0])
    with hashed_masks(template.model), ThreadPoolExecutor(device.workers) as pool:
        program = _Program(recipe, data, template.model)
        program.warm_up({len(job.cell.train): job for job in waiting}.values())
        cells = _Cells(recipe, data, program.put)
        running: dict[Future[_Trained], tuple[Job, Start]] = {}
        while waiting or running:
            # One job more than workers is in flight, so that none waits while another starts or finishes here.
            while waiting and len(running) <= device.workers:
                job = waiting.pop(0)
                start = start_replicate(recipe, data, job)
                running[pool.submit(program.train, job, program.state_of(start.model), cells)] = (job, start)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job, start = running.pop(future)
                trained = future.result()
                program.restore(start.model, trained.state)
                yield (
                    job,
                    finish_replicate(
                        recipe,
                        data,
                        job,
                        start,
                        inputs=trained.inputs,
                        outputs=trained.outputs,
                        loss=trained.loss,
                        curve=trained.curve,
                        cost=trained.cost,
                    ),
                )


State = tuple[list[Any], list[Any], list[Any]]
"""Values of a replicate's trainable variables, its other variables, and its optimizer's."""


@dataclass(frozen=True)
class _Trained:
    state: State
    inputs: np.ndarray
    outputs: np.ndarray
    loss: float
    curve: list[float]
    cost: dict[str, float]


class _Cells:
    """The prepared inputs of the cells at work, on the host and on the device; the oldest make room."""

    def __init__(self, recipe: Recipe, data: Dataset, put: Callable[[np.ndarray], Any]) -> None:
        self._recipe, self._data, self._put = recipe, data, put
        self._held: dict[tuple[int, int], tuple[np.ndarray, Any]] = {}

    def inputs(self, job: Job) -> tuple[np.ndarray, Any]:
        # Without a transformer every cell has the same inputs.
        key = (job.cell.repeat, job.cell.fold) if self._recipe.preprocess else (-1, -1)
        held = self._held.get(key)
        if held is None:
            prepared = prepare_inputs(self._recipe, self._data, job.cell)
            held = self._held[key] = (prepared, self._put(prepared))
            for old in list(self._held)[:-2]:
                self._held.pop(old, None)
        return held


class _Program:
    """The compiled epoch and evaluation of one stage on one data set."""

    def __init__(self, recipe: Recipe, data: Dataset, model: Any) -> None:
        backend = importlib.import_module(f"negres_core.engine.{keras.backend.backend()}")
        self._recipe, self._data, self._model = recipe, data, model
        self._batch = recipe.last.batch_size
        self._loss = make_objective(recipe.last)
        self._optimizer = backend.stateless_optimizer(make_optimizer(recipe.last))
        self._optimizer.build(model.trainable_variables)
        self._fresh = [ops.convert_to_numpy(variable) for variable in self._optimizer.variables]
        self._gradient = backend.value_and_gradient
        self.put = backend.put
        # Keras' own random numbers differ under XLA from those of the reference, and are slow there.
        jit = draws_by_hash_alone(model) and not any("Conv" in type(layer).__name__ for layer in layers_of(model))
        self._epoch = backend.compile_program(self._run_epoch, jit=jit)
        self._predict = backend.compile_program(self._run_chunk, jit=jit)
        self._y = self.put(data.y)
        self._compile_s = 0.0

    def state_of(self, model: Any) -> State:
        """Return the values of a model's variables, with an optimizer that has not begun."""
        trainable, other = self._variables(model)
        return (
            [self.put(ops.convert_to_numpy(variable)) for variable in trainable],
            [self.put(ops.convert_to_numpy(variable)) for variable in other],
            [self.put(value) for value in self._fresh],
        )

    def restore(self, model: Any, state: State) -> None:
        """Set a model's variables to trained values."""
        for variables, values in zip(self._variables(model), state, strict=False):
            for variable, value in zip(variables, values, strict=True):
                variable.assign(value)

    def _variables(self, model: Any) -> tuple[list[Any], list[Any]]:
        return model.trainable_variables, model.non_trainable_variables

    def warm_up(self, jobs: Any) -> None:
        """Compile for every size of fold, by training no step at all; here, where no other thread traces."""
        began = time.perf_counter()
        x = self.put(self._data.x)
        for job in jobs:
            state = self.state_of(self._model)
            self._epoch(*state, self.put(job.cell.train), 0, x, self._y)
            tested = len(job.cell.test)
            for size in {min(tested, CHUNK), tested % CHUNK} - {0}:
                self._predict(state[0], state[1], self.put(job.cell.test[:size]), x, self._y)
        self._compile_s = time.perf_counter() - began

    def train(self, job: Job, state: State, cells: _Cells) -> _Trained:
        """Train and evaluate one replicate; runs in a worker thread."""
        inputs, x = cells.inputs(job)
        began = time.perf_counter()
        seconds: list[float] = []
        curve: list[float] = []
        for order in epoch_orders(self._recipe, job):
            epoch_began = time.perf_counter()
            loss, *after = self._epoch(*state, self.put(order), len(order) // self._batch, x, self._y)
            state = (after[0], after[1], after[2])
            curve.append(float(loss))
            seconds.append(time.perf_counter() - epoch_began)
            if not np.isfinite(curve[-1]):
                break
        trained = time.perf_counter()
        outputs, loss = self._evaluate(job, state, x)
        cost = {
            "compile_s": self._compile_s,
            "train_s": trained - began,
            "steady_epoch_s": float(np.median(seconds)),
            "evaluate_s": time.perf_counter() - trained,
        }
        return _Trained(state, inputs, outputs, loss, curve, cost)

    def _evaluate(self, job: Job, state: State, x: Any) -> tuple[np.ndarray, float]:
        outputs, total = [], 0.0
        for begin in range(0, len(job.cell.test), CHUNK):
            rows = job.cell.test[begin : begin + CHUNK]
            chunk, loss = self._predict(state[0], state[1], self.put(rows), x, self._y)
            outputs.append(ops.convert_to_numpy(chunk))
            total += float(loss) * len(rows)
        return np.concatenate(outputs), total / len(job.cell.test)

    def _run_epoch(
        self, trainable: Any, other: Any, optimizer: Any, order: Any, steps: Any, x: Any, y: Any
    ) -> tuple[Any, Any, Any, Any]:
        """Train on the rows in order, in batches; the last batch holds what is left over."""
        rows, batch = order.shape[0], self._batch
        rest = rows % batch

        def body(step: Any, carry: Any) -> Any:
            total, *state = carry
            loss, state = self._step(state, ops.slice(order, [step * batch], [batch]), x, y)
            return (total + loss * batch, *state)

        carry = (ops.zeros((), "float32"), trainable, other, optimizer)
        if rows >= batch:
            carry = ops.fori_loop(0, steps, body, carry)
        total, *state = carry
        if rest:
            loss, state = self._step(state, order[rows - rest :], x, y)
            total = total + loss * rest
        return (total / rows, *state)

    def _step(self, state: Any, rows: Any, x: Any, y: Any) -> tuple[Any, Any]:
        trainable, other, optimizer = state
        inputs, targets = ops.take(x, rows, axis=0), ops.take(y, rows, axis=0)

        def objective(trainable: Any) -> Any:
            outputs, other_after, penalties = self._model.stateless_call(
                trainable, other, inputs, training=True, return_losses=True
            )
            loss = ops.mean(self._loss(targets, outputs))
            return sum(penalties, loss), other_after

        (loss, other), gradients = self._gradient(objective, trainable)
        trainable, optimizer = self._optimizer.stateless_apply(optimizer, gradients, trainable)
        return loss, (list(trainable), list(other), list(optimizer))

    def _run_chunk(self, trainable: Any, other: Any, rows: Any, x: Any, y: Any) -> tuple[Any, Any]:
        outputs, _ = self._model.stateless_call(trainable, other, ops.take(x, rows, axis=0), training=False)
        return outputs, ops.mean(self._loss(ops.take(y, rows, axis=0), outputs))
