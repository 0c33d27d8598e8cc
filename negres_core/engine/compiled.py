"""The compiled engine: whole epochs as one program over data that stay on the device, replicates in threads.

A compiled call releases the interpreter's lock, so as many replicates train in parallel as there are workers.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from typing import Any

import numpy as np
from keras import ops

from negres_core.dataset import Dataset
from negres_core.engine.compile_cache import CompiledStage, compile_stage
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device
from negres_core.engine.dropout import hashed_masks, samples_only_by_hash
from negres_core.engine.flops import peak_flops_per_s
from negres_core.engine.interruption import InterruptedTrainingError, WorkerThreads, interruption_requested
from negres_core.engine.layers import layers_of
from negres_core.engine.memory import evaluation_rows
from negres_core.engine.prepared_inputs import PreparedInputs
from negres_core.engine.program import Program, State, load_backend
from negres_core.engine.replicate import Start, epoch_orders, finish_replicate, start_replicate
from negres_core.engine.watch import Watch
from negres_core.recipe import Recipe


def train(
    recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
) -> Generator[tuple[Job, Result], None, None]:
    """Train the last stage of a recipe on every job; see `negres_core.engine.contract.Train`.

    Replicates start and finish in the calling thread, which owns Keras' global state; other threads run only compiled
    calls.
    """
    if not jobs:
        return
    # Measured before the threads start, while nothing else runs.
    peak = peak_flops_per_s()
    # Replicates of one cell follow one another, so that they reuse its prepared inputs.
    waiting = sorted(jobs, key=lambda job: (job.cell.repeat, job.cell.fold, job.seed))
    stage = compile_stage(recipe, data, waiting[0], engine=__name__, compile_program=_compile)
    alone = any(job.alone for job in jobs)
    workers = 1 if alone else count_workers(stage.model, device)
    # One more job than workers is in flight, so that no worker waits while a replicate starts or finishes here; but a
    # replicate that is timed has the machine to itself.
    most_in_flight = workers if alone else workers + 1
    with hashed_masks(stage.model), WorkerThreads(workers) as pool:
        worker = _Worker(recipe, data, stage, kept_cells=workers)
        worker.warm_up(waiting)
        running: dict[Future[_Trained], tuple[Job, Start]] = {}
        while running or (waiting and not interruption_requested()):
            while waiting and len(running) < most_in_flight and not interruption_requested():
                job = waiting.pop(0)
                start = start_replicate(recipe, data, job)
                running[pool.submit(worker.train, job, stage.program.state_of(start.model))] = (job, start)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job, start = running.pop(future)
                try:
                    trained = future.result()
                except InterruptedTrainingError:
                    continue
                stage.program.restore(start.model, trained.state)
                yield job, finish_replicate(recipe, data, job, start, peak_flops_per_s=peak, **trained.scored)


def runs_under_xla(model: Any) -> bool:
    """Return whether TensorFlow should compile a model with XLA on a CPU.

    Measured: dense layers are half as fast without it. Convolutions are faster in oneDNN, which graph mode calls; and
    Keras' own random numbers are slow under XLA, and there differ from those of the reference.
    """
    return samples_only_by_hash(model) and not convolves(model)


def count_workers(model: Any, device: Device) -> int:
    """Return how many replicates of a model train in parallel: one per processor, or one per two if it convolves.

    Measured on two processors: a convolution uses both, so two replicates of an autoencoder in parallel save only a
    twentieth of the time that they take one after the other, and cost a third of a GiB more.
    """
    return max(1, device.workers // 2) if convolves(model) else device.workers


def convolves(model: Any) -> bool:
    """Return whether any layer of a model is a convolution."""
    return any("Conv" in type(layer).__name__ for layer in layers_of(model))


def _compile(program: Program, model: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    compile_program, jit = load_backend().compile_program, runs_under_xla(model)
    return compile_program(program.epoch, jit=jit), compile_program(program.evaluate, jit=jit)


@dataclass(frozen=True)
class _Trained:
    state: State
    scored: dict[str, Any]
    """Arguments of `finish_replicate`: inputs, outputs, loss, curve, validation and cost."""


class _Worker:
    """Trains one replicate per call; several threads call it."""

    def __init__(self, recipe: Recipe, data: Dataset, stage: CompiledStage, *, kept_cells: int) -> None:
        self._recipe, self._data, self._stage = recipe, data, stage
        self._epoch, self._evaluate = stage.epoch, stage.evaluate
        self._put: Callable[[Any], Any] = load_backend().put
        self._cells = PreparedInputs(recipe, data, self._put, kept_cells=kept_cells)
        self._rows = evaluation_rows(stage.model, recipe, data)
        self._watch = Watch(recipe, data)
        self._compile_s = 0.0

    def warm_up(self, jobs: Sequence[Job]) -> None:
        """Compile for every fold size while no other thread traces, by calling the epoch with zero whole batches."""
        # The values do not matter here; the first job reuses its inputs.
        x, y = self._cells.inputs(jobs[0])[1], self._cells.targets
        began = time.perf_counter()
        state = self._placed(self._stage.program.state_of(self._stage.model))
        for job in {len(job.cell.train): job for job in jobs}.values():
            self._epoch(*state, self._put(job.cell.train), 0, x, y)
            watched_rows = Watch.rows_of(job)
            for tested in (job.cell.test, *([] if watched_rows is None else [watched_rows])):
                for size in {min(len(tested), self._rows), len(tested) % self._rows} - {0}:
                    self._evaluate(state[0], state[1], self._put(tested[:size]), x, y)
        self._compile_s = time.perf_counter() - began

    def _placed(self, state: State) -> State:
        trainable, other, optimizer = state
        return [*map(self._put, trainable)], [*map(self._put, other)], [*map(self._put, optimizer)]

    def train(self, job: Job, state: State) -> _Trained:
        """Train and evaluate one replicate."""
        (inputs, x), y = self._cells.inputs(job), self._cells.targets
        train_began = time.perf_counter()
        seconds: list[float] = []
        curve: list[float] = []
        watched_rows = Watch.rows_of(job)
        validation: list[float] | None = None if watched_rows is None else []
        watch_s = 0.0
        state = self._placed(state)
        for order in epoch_orders(self._recipe, job):
            epoch_began = time.perf_counter()
            steps = len(order) // self._recipe.last.batch_size
            loss, *after = self._epoch(*state, self._put(order), steps, x, y)
            state = (after[0], after[1], after[2])
            curve.append(float(loss))
            seconds.append(time.perf_counter() - epoch_began)
            if watched_rows is not None and validation is not None:
                watch_began = time.perf_counter()
                validation.append(self._watch.score(job, *self._predict(watched_rows, state, x, y)))
                watch_s += time.perf_counter() - watch_began
            if not np.isfinite(curve[-1]):
                break
        train_ended = time.perf_counter()
        outputs, loss = self._predict(job.cell.test, state, x, y)
        cost = {
            "compile_s": self._compile_s,
            "train_s": train_ended - train_began - watch_s,
            "steady_epoch_s": float(np.median(seconds)),
            "evaluate_s": time.perf_counter() - train_ended,
        }
        scored = {"inputs": inputs, "outputs": outputs, "loss": loss, "curve": curve, "cost": cost}
        return _Trained(state, scored | {"validation": validation})

    def _predict(self, tested: np.ndarray, state: State, x: Any, y: Any) -> tuple[np.ndarray, float]:
        outputs, total = [], 0.0
        for begin in range(0, len(tested), self._rows):
            rows = tested[begin : begin + self._rows]
            some, loss = self._evaluate(state[0], state[1], self._put(rows), x, y)
            outputs.append(ops.convert_to_numpy(some))
            total += float(loss) * len(rows)
        return np.concatenate(outputs), total / len(tested)
