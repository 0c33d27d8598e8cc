"""The compiled engine: whole epochs as one program over data that stay on the device, replicates in threads.

A compiled call releases the interpreter's lock, so as many replicates train in parallel as there are workers.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, wait
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from keras import ops

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import PreparedRows, rows_of_share
from negres_core.dataset import Dataset
from negres_core.engine.compile_cache import CompiledStage, compile_stage
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device
from negres_core.engine.dropout import hashed_masks, samples_only_by_hash
from negres_core.engine.flops import peak_flops_per_s
from negres_core.engine.interruption import InterruptedTrainingError, WorkerThreads, interruption_requested
from negres_core.engine.layers import layers_of
from negres_core.engine.memory import evaluation_rows
from negres_core.engine.prepared_inputs import PlacedRows, PreparedInputs
from negres_core.engine.program import UNWEIGHTED, Program, State, load_backend
from negres_core.engine.relatives import Relatives
from negres_core.engine.replicate import (
    Start,
    epoch_orders,
    finish_replicate,
    needs_keras_to_score,
    on_rows,
    score_replicate,
    start_replicate,
    training_weights,
)
from negres_core.engine.shared_inputs import KEPT
from negres_core.engine.watch import Watch, Watched

EPOCH_ROWS = 1024
"""The most rows that one call trains on, unless a single epoch has more. A call costs 0.4 ms besides its steps, several
times what the steps of a short epoch cost. An interruption waits for the end of the call."""


def train(
    recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
) -> Generator[tuple[Job, Result], None, None]:
    """Train the last stage of a recipe on every job; see `negres_core.engine.contract.Train`.

    Replicates start and finish in the calling thread, which owns Keras' global state; other threads run only compiled
    calls.
    """
    if not jobs:
        return
    data = as_models_see(recipe, data)
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
        # A sampler returns other numbers of rows for each cell, for which the program is compiled beforehand.
        cells = {(job.cell.repeat, job.cell.fold) for job in jobs} if recipe.resample else set()
        worker = _Worker(recipe, data, stage, kept_cells=max(workers, len(cells)), device=device)
        worker.begin_compiling(waiting, pool)
        relatives = Relatives(recipe, data, one_model=True)

        def begin(job: Job) -> tuple[Start, State]:
            start = start_replicate(recipe, data, job, relatives)
            return start, stage.program.state_of(start.model)

        # While the other threads compile, the first replicates are built.
        begun = {job: begin(job) for job in waiting[:most_in_flight]}
        worker.finish_compiling()
        running: dict[Future[_Trained], tuple[Job, Start]] = {}
        while running or (waiting and not interruption_requested()):
            while waiting and len(running) < most_in_flight and not interruption_requested():
                job = waiting.pop(0)
                start, state = begun.pop(job) if job in begun else begin(job)
                running[pool.submit(worker.train, job, start.model, state)] = (job, start)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                job, start = running.pop(future)
                try:
                    trained = future.result()
                except InterruptedTrainingError:
                    continue
                stage.program.restore(start.model, trained.state)
                yield job, finish_replicate(recipe, data, job, start, peak_flops_per_s=peak, **trained.finished)


def runs_under_xla(model: Any) -> bool:
    """Return whether TensorFlow should compile a model with XLA on a CPU.

    Measured: dense layers are half as fast without it. Convolutions are faster in oneDNN, which graph mode calls; and
    Keras' own random numbers are slow under XLA, and there differ from those of the reference. So do 16-bit floats:
    XLA rounds a chain of operations once where Keras' graph rounds after each.
    """
    return samples_only_by_hash(model) and not convolves(model) and not computes_in_16_bits(model)


def count_workers(model: Any, device: Device) -> int:
    """Return how many replicates of a model train in parallel: one per processor, or one per two if it convolves.

    Measured on two processors: a convolution uses both, so two replicates of an autoencoder in parallel save only a
    twentieth of the time that they take one after the other, and cost a third of a GiB more.
    """
    return max(1, device.workers // 2) if convolves(model) else device.workers


def convolves(model: Any) -> bool:
    """Return whether any layer of a model is a convolution."""
    return any("Conv" in type(layer).__name__ for layer in layers_of(model))


def computes_in_16_bits(model: Any) -> bool:
    """Return whether any layer of a model computes in float16 or bfloat16."""
    return any(layer.compute_dtype in ("float16", "bfloat16") for layer in (model, *layers_of(model)))


def _compile(program: Program, model: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    compile_program, jit = load_backend().compile_program, runs_under_xla(model)
    return compile_program(program.epochs, jit=jit), compile_program(program.evaluate, jit=jit)


@dataclass(frozen=True)
class _Trained:
    state: State
    finished: dict[str, Any]
    """Arguments of `finish_replicate`: rows, outputs, loss, curve, cost, what was watched, and the scores."""


class _Worker:
    """Trains one replicate per call; several threads call it."""

    def __init__(self, recipe: Recipe, data: Dataset, stage: CompiledStage, *, kept_cells: int, device: Device) -> None:
        self._recipe, self._data, self._stage = recipe, data, stage
        self._epochs, self._evaluate = stage.train, stage.evaluate
        self._put: Callable[[Any], Any] = load_backend().put
        shared = KEPT if device.kind == "cpu" else None
        self._cells = PreparedInputs(recipe, data, self._put, kept_cells=kept_cells, shared=shared)
        self._rows = evaluation_rows(stage.model, recipe, data)
        self._watch = Watch(recipe, data)
        self._compiling: list[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]]] = []
        self._compiling_since = self._compile_s = 0.0

    def begin_compiling(self, jobs: Sequence[Job], pool: Executor) -> None:
        """Trace for every fold size while no other thread does, and let other threads compile.

        The program is called with no epochs.
        """
        by_size: dict[tuple[int, int], tuple[Job, np.ndarray, PlacedRows]] = {}
        for job in jobs:
            # The values do not matter here, so cells share the inputs of the first job, which reuses them.
            rows = self._cells.rows(job if self._recipe.resample else jobs[0])
            train = rows.host.train if self._recipe.resample else rows_of_share(job.cell, self._recipe.share)
            by_size[len(train), len(rows.host.y)] = job, train, rows
        self._compiling_since = time.perf_counter()
        state = self._placed(self._stage.program.state_of(self._stage.model))
        for job, train, rows in by_size.values():
            weights = training_weights(self._recipe, self._data, replace(rows.host, train=train))
            watched_rows = self._watch.rows_of(job)
            orders = np.tile(train, (self._epochs_in_a_call(train, watched_rows), 1))
            for some, numbers, x, y in self._cells.first_chunks(rows, orders):
                epochs = (*state, self._put(numbers), self._weights_in(some, weights), 0, 0, x, y)
                self._compile(pool, self._epochs, epochs)
            for tested in (job.cell.test, *([] if watched_rows is None else [watched_rows])):
                for size in {min(len(tested), self._rows), len(tested) % self._rows} - {0}:
                    for _, numbers, x, y in self._cells.chunks(rows, tested[:size]):
                        self._compile(pool, self._evaluate, (state[0], state[1], self._put(numbers), x, y))

    def _compile(self, pool: Executor, program: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        compile_traced = load_backend().trace(program, *arguments)
        if compile_traced is None:
            program(*arguments)
        else:
            self._compiling.append((pool.submit(compile_traced), program, arguments))

    def finish_compiling(self) -> None:
        """Wait until everything is compiled. What fails is called here, and finds another way or says what is wrong."""
        for compiled, program, arguments in self._compiling:
            if compiled.exception() is not None:
                program(*arguments)
        self._compiling.clear()
        self._compile_s = time.perf_counter() - self._compiling_since

    def _placed(self, state: State) -> State:
        trainable, other, optimizer = state
        return [*map(self._put, trainable)], [*map(self._put, other)], [*map(self._put, optimizer)]

    def _weights_in(self, order: np.ndarray, weights: np.ndarray | None) -> Any:
        """Return the weights of rows in training order, on the device."""
        return UNWEIGHTED if weights is None else self._put(weights[order])

    def _epochs_in_a_call(self, train: np.ndarray, watched_rows: np.ndarray | None) -> int:
        """Return how many epochs one call trains.

        Rows that stay on disk are read for each epoch, and validation rows are predicted after each.
        """
        alone = watched_rows is not None or self._cells.stay_on_disk
        return 1 if alone else max(1, EPOCH_ROWS // len(train))

    def _orders(self, job: Job, rows: PreparedRows, watched: Watched) -> Iterator[tuple[int, np.ndarray]]:
        """Yield the number of epochs of each call, and their orders, (epochs, rows), filled up with the last one."""
        most = self._epochs_in_a_call(rows.train, watched.rows)
        orders = epoch_orders(self._recipe, on_rows(job, rows))
        while some := list(itertools.islice(orders, most)):
            yield len(some), np.stack(some + some[-1:] * (most - len(some)))

    def train(self, job: Job, model: Any, state: State) -> _Trained:
        """Train, evaluate and score one replicate."""
        rows = self._cells.rows(job)
        weights = training_weights(self._recipe, self._data, rows.host)
        train_began = time.perf_counter()
        seconds: list[float] = []
        curve: list[float] = []
        watched, watch_s = self._watch.begin(job), 0.0
        state = kept = self._placed(state)
        for count, orders in self._orders(job, rows.host, watched):
            epoch_began = time.perf_counter()
            total = np.zeros(count)
            for some, numbers, x, y in self._cells.chunks(rows, orders):
                steps, weighted = some.shape[1] // self._recipe.last.batch_size, self._weights_in(some, weights)
                losses, *after = self._epochs(*state, self._put(numbers), weighted, steps, count, x, y)
                state = (after[0], after[1], after[2])
                total += ops.convert_to_numpy(losses)[:count].astype(np.float64) * some.shape[1]
            means = total / orders.shape[1]
            finite = np.isfinite(means)
            trained = count if finite.all() else int(np.argmin(finite)) + 1
            curve += means[:trained].tolist()
            seconds.append((time.perf_counter() - epoch_began) / trained)
            if watched.rows is not None:
                watch_began = time.perf_counter()
                watched.add(*self._predict(rows, watched.rows, state))
                watch_s += time.perf_counter() - watch_began
            if watched.keeps:
                kept = state
            if not np.isfinite(curve[-1]) or watched.is_over:
                break
            if watched.rate is not None:
                state = self._stage.program.with_rate(state, self._put(watched.rate))
        train_ended = time.perf_counter()
        outputs, loss = self._predict(rows, job.cell.test, kept)
        cost = {
            "compile_s": self._compile_s,
            "train_s": train_ended - train_began - watch_s,
            "steady_epoch_s": float(np.median(seconds)),
            "evaluate_s": time.perf_counter() - train_ended,
        }
        scored = None
        if not needs_keras_to_score(self._recipe.last, self._data):
            scored = score_replicate(
                self._recipe,
                self._data,
                job,
                model,
                weights=[*kept[0], *kept[1]],
                outputs=outputs,
                loss=loss,
                curve=curve,
            )
        finished = {"rows": rows.host, "outputs": outputs, "loss": loss, "curve": curve, "cost": cost}
        return _Trained(kept, finished | {"watched": watched, "scored": scored})

    def _predict(self, prepared: PlacedRows, tested: np.ndarray, state: State) -> tuple[np.ndarray, float]:
        outputs, total = [], 0.0
        for begin in range(0, len(tested), self._rows):
            for rows, numbers, x, y in self._cells.chunks(prepared, tested[begin : begin + self._rows]):
                some, loss = self._evaluate(state[0], state[1], self._put(numbers), x, y)
                outputs.append(ops.convert_to_numpy(some))
                total += float(loss) * self._data.count_targets(rows)
        return np.concatenate(outputs), total / self._data.count_targets(tested)
