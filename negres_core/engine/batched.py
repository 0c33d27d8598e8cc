"""The batched engine, for GPUs: all replicates of a stage as one program, so that fifty cost little more than one.

Replicates are stacked along a leading axis, and the program of one replicate is vectorized over it. The device's memory
limits how many replicates form a chunk, and chunks are spread over the devices. If a chunk still runs out of memory, it
is halved and tried again; finished replicates are not lost.
"""

from __future__ import annotations

import itertools
import time
import traceback
from collections import deque
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import replace
from typing import Any

import numpy as np
from keras import ops

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.resampling import PreparedRows, count_trained, prepare_rows, rows_of_share
from negres_core.arrays import Named, is_same, map_arrays
from negres_core.dataset import Dataset
from negres_core.engine.compile_cache import CompiledStage, compile_stage
from negres_core.engine.contract import Job, NotBatchableError, Result
from negres_core.engine.device import Device
from negres_core.engine.dropout import hashed_masks
from negres_core.engine.flops import peak_flops_per_s
from negres_core.engine.interruption import InterruptedTrainingError, WorkerThreads, interruption_requested
from negres_core.engine.memory import evaluation_rows, replicate_bytes
from negres_core.engine.on_disk import stays_on_disk
from negres_core.engine.program import UNWEIGHTED, Program, State, load_backend
from negres_core.engine.relatives import Relatives
from negres_core.engine.replicate import (
    Start,
    epoch_orders,
    finish_replicate,
    on_rows,
    start_replicate,
    training_weights,
)
from negres_core.engine.watch import Watch, Watched

PLANNED_MEMORY_SHARE = 0.8
"""Share of the free memory that chunks are sized for; the rest is left to the allocator."""


def train(
    recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device, max_chunk: int | None = None
) -> Generator[tuple[Job, Result], None, None]:
    """Train the last stage of a recipe on every job; see `negres_core.engine.contract.Train`.

    Args:
        recipe: the recipe.
        data: the data set.
        jobs: the replicates.
        device: the kind of device.
        max_chunk: maximum number of replicates per chunk; None to derive it from the device's memory.

    Raises:
        NotBatchableError: the backend cannot vectorize this model. Nothing has been trained.
    """
    if not jobs:
        return
    data = as_models_see(recipe, data)
    if stays_on_disk(recipe, data):
        raise NotBatchableError("their inputs stay on disk")
    # Measured before the threads start, while nothing else runs.
    peak = peak_flops_per_s()
    backend = load_backend()
    stage = compile_stage(recipe, data, jobs[0], engine=__name__, compile_program=_vectorize)
    devices = deque(backend.devices(device.kind))
    relatives = Relatives(recipe, data)
    with hashed_masks(stage.model), WorkerThreads(len(devices)) as pool:
        if max_chunk is None:
            free = backend.free_memory_bytes(devices[0])
            each_bytes = replicate_bytes(stage.model, recipe, data)
            max_chunk = len(jobs) if free is None else max(1, int(free * PLANNED_MEMORY_SHARE) // each_bytes)
        trained = _trained_rows(recipe, data, jobs)
        waiting = deque(_chunks(jobs, max_chunk, trained, Watch(recipe, data)))
        running: dict[Future[list[dict[str, Any]]], tuple[Any, list[Job], list[Start], _Chunk]] = {}
        while running or (waiting and not interruption_requested()):
            while waiting and devices and not interruption_requested():
                chunk, place = waiting.popleft(), devices.popleft()
                starts = [start_replicate(recipe, data, job, relatives) for job in chunk]
                stacked = _Chunk(recipe, data, stage, chunk, starts, place)
                running[pool.submit(stacked.train)] = (place, chunk, starts, stacked)
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                place, chunk, starts, stacked = running.pop(future)
                devices.append(place)
                try:
                    scored = future.result()
                except InterruptedTrainingError:
                    continue
                except Exception as error:
                    if not backend.is_out_of_memory(error) or len(chunk) == 1:
                        raise
                    # The failed call's frames keep its arrays on the device, where the halves have to fit.
                    traceback.clear_frames(error.__traceback__)
                    half = (len(chunk) + 1) // 2
                    waiting.extendleft([chunk[half:], chunk[:half]])
                    continue
                for index, (job, start) in enumerate(zip(chunk, starts, strict=True)):
                    stage.program.restore(start.model, stacked.state_of(index))
                    yield job, finish_replicate(recipe, data, job, start, peak_flops_per_s=peak, **scored[index])


def _trained_rows(recipe: Recipe, data: Dataset, jobs: Sequence[Job]) -> dict[tuple[int, int], int]:
    """Return the number of rows to train on in each cell."""
    cells = {(job.cell.repeat, job.cell.fold): job.cell for job in jobs}
    return {key: count_trained(recipe, data, cell) for key, cell in cells.items()}


def _chunks(jobs: Sequence[Job], max_chunk: int, rows: dict[tuple[int, int], int], watch: Watch) -> Iterator[list[Job]]:
    """Cut jobs into chunks of equal fold size, as even as possible, with the replicates of a cell together.

    Args:
        jobs: the replicates.
        max_chunk: maximum number of replicates per chunk.
        rows: number of rows to train on in each cell.
        watch: tells which validation rows are watched.
    """

    def size(job: Job) -> tuple[int, int, int]:
        watched_rows = watch.rows_of(job)
        return (
            rows[job.cell.repeat, job.cell.fold],
            len(job.cell.test),
            0 if watched_rows is None else len(watched_rows),
        )

    ordered = sorted(jobs, key=lambda job: (size(job), job.cell.repeat, job.cell.fold, job.seed))
    for _, group in itertools.groupby(ordered, key=size):
        same_size = list(group)
        pieces = -(-len(same_size) // max_chunk)
        for piece in range(pieces):
            yield same_size[piece * len(same_size) // pieces : (piece + 1) * len(same_size) // pieces]


def _vectorize(program: Program, model: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    vectorize = load_backend().vectorize
    return vectorize(program.epoch, stacked=5), vectorize(program.evaluate, stacked=3)


class _Chunk:
    """Replicates that train as one program, on one device."""

    def __init__(
        self, recipe: Recipe, data: Dataset, stage: CompiledStage, jobs: list[Job], starts: list[Start], place: Any
    ) -> None:
        self._recipe, self._data, self._jobs, self._place = recipe, data, jobs, place
        self._backend = load_backend()
        self._rows = evaluation_rows(starts[0].model, recipe, data)
        states = [stage.program.state_of(start.model) for start in starts]
        self._state = tuple(
            [np.stack(values) for values in zip(*part, strict=True)] for part in zip(*states, strict=True)
        )
        self._program, self._epoch, self._evaluate = stage.program, stage.train, stage.evaluate
        self._watch = Watch(recipe, data)

    def state_of(self, index: int) -> State:
        """Return the trained state of one replicate."""
        trainable, other, optimizer = ([ops.convert_to_numpy(value)[index] for value in part] for part in self._state)
        return trainable, other, optimizer

    def train(self) -> list[dict[str, Any]]:
        """Train and evaluate all replicates; return the arguments of `finish_replicate` for each."""
        put = self._put
        prepared, x, y, offsets = self._inputs()
        weights = [training_weights(self._recipe, self._data, rows) for rows in prepared]
        state: Any = tuple([put(value) for value in part] for part in self._state)
        trained = np.stack([rows.train for rows in prepared])
        compile_began = time.perf_counter()
        # A call with zero whole batches, whose result is dropped, to compile the epoch.
        ops.convert_to_numpy(self._epoch(*state, put(trained), self._weights_in(trained, weights), 0, x, y)[0])
        compile_s = time.perf_counter() - compile_began
        train_began, seconds, watch_s = time.perf_counter(), list[float](), 0.0
        watched = [self._watch.begin(job) for job in self._jobs]
        validation_rows = self._validation_rows(watched)
        curves: list[list[float]] = [[] for _ in self._jobs]
        # A replicate that is over keeps its state, while the others go on.
        going_on, kept = np.ones(len(self._jobs), dtype=bool), state
        orders = (
            epoch_orders(self._recipe, on_rows(job, rows)) for job, rows in zip(self._jobs, prepared, strict=True)
        )
        steps = trained.shape[1] // self._recipe.last.batch_size
        for order in zip(*orders, strict=True):
            epoch_began = time.perf_counter()
            placed = put(np.stack(order) + offsets[:, None])
            loss, *state = self._epoch(*state, placed, self._weights_in(order, weights), steps, x, y)
            losses = ops.convert_to_numpy(loss)
            seconds.append(time.perf_counter() - epoch_began)
            scored = None
            if validation_rows is not None:
                watch_began = time.perf_counter()
                scored = self._predict(validation_rows, state, x, y, offsets)
                watch_s += time.perf_counter() - watch_began
            for place in np.flatnonzero(going_on):
                curves[place].append(float(losses[place]))
                if scored is not None:
                    watched[place].add(scored[0][place], float(scored[1][place]))
            kept = self._choose(going_on & np.array([each.keeps for each in watched]), state, kept)
            going_on &= np.isfinite(losses) & ~np.array([each.is_over for each in watched])
            if not going_on.any():
                break
            state = self._with_rates(state, watched)
        self._state = state = kept
        train_ended = time.perf_counter()
        outputs, test_loss = self._predict(np.stack([job.cell.test for job in self._jobs]), state, x, y, offsets)
        # The chunk's seconds are divided equally among its replicates.
        share = 1 / len(self._jobs)
        cost = {
            "compile_s": compile_s,
            "train_s": (train_ended - train_began - watch_s) * share,
            "steady_epoch_s": float(np.median(seconds)) * share,
            "evaluate_s": (time.perf_counter() - train_ended) * share,
        }
        if (peak := self._backend.peak_memory_bytes(self._place)) is not None:
            cost["memory_bytes"] = peak
        return [
            {"rows": prepared[i], "outputs": outputs[i], "loss": float(test_loss[i]), "curve": curves[i], "cost": cost}
            | {"watched": watched[i]}
            for i in range(len(self._jobs))
        ]

    @staticmethod
    def _validation_rows(watched: Sequence[Watched]) -> np.ndarray | None:
        """Return the validation rows of each replicate, (replicates, rows); None if nothing is watched."""
        rows = [each.rows for each in watched if each.rows is not None]
        return np.stack(rows) if rows else None

    @staticmethod
    def _choose(chosen: np.ndarray, state: Any, kept: Any) -> Any:
        """Return the states of the chosen replicates, and what was kept of the others."""
        if chosen.all() or not chosen.any():
            return state if chosen.any() else kept

        def choose(new: Any, old: Any) -> Any:
            return ops.where(chosen.reshape(-1, *[1] * (len(new.shape) - 1)), new, old)

        return [[choose(new, old) for new, old in zip(*part, strict=True)] for part in zip(state, kept, strict=True)]

    def _with_rates(self, state: Any, watched: Sequence[Watched]) -> Any:
        """Return the state of all replicates with their learning rates for the next epoch."""
        rates = [each.rate for each in watched if each.rate is not None]
        return self._program.with_rate(state, self._put(np.stack(rates))) if rates else state

    def _put(self, arrays: Named[np.ndarray]) -> Any:
        return self._backend.put(arrays, self._place)

    def _weights_in(self, orders: Sequence[np.ndarray] | np.ndarray, weights: Sequence[np.ndarray | None]) -> Any:
        """Return the weights of each replicate's rows in training order, (replicates, rows), on the device."""
        ordered = [each[order] for order, each in zip(orders, weights, strict=True) if each is not None]
        return self._put(np.stack(ordered)) if ordered else UNWEIGHTED

    def _inputs(self) -> tuple[list[PreparedRows], Any, Any, np.ndarray]:
        """Return each job's rows, all inputs and targets on the device, and the offset of each job's rows there.

        Cells whose inputs were prepared differently are concatenated, each once.
        """
        own = self._recipe.preprocess or self._recipe.resample
        keys = [(job.cell.repeat, job.cell.fold) if own else None for job in self._jobs]
        jobs = dict(zip(keys, self._jobs, strict=True))
        prepared = {key: prepare_rows(self._recipe, self._data, job.cell) for key, job in jobs.items()}
        sizes = [len(rows.y) for rows in prepared.values()]
        first_rows = dict(zip(prepared, np.cumsum([0, *sizes[:-1]]), strict=True))
        x = map_arrays(_concatenate, *(rows.x for rows in prepared.values()))
        y = map_arrays(_concatenate, *(rows.targets for rows in prepared.values()))
        offsets = np.array([first_rows[key] for key in keys], dtype=np.int32)
        targets = self._put(y)
        placed = map_arrays(lambda each: targets if is_same(each, y) else self._put(each), x)
        rows_of = [
            prepared[key] if own else replace(prepared[key], train=rows_of_share(job.cell, self._recipe.share))
            for key, job in zip(keys, self._jobs, strict=True)
        ]
        return rows_of, placed, targets, offsets

    def _predict(
        self, tested: np.ndarray, state: Any, x: Any, y: Any, offsets: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray]:
        rows = tested + offsets[:, None]
        outputs, total = [], np.zeros(len(self._jobs))
        for begin in range(0, rows.shape[1], self._rows):
            chunk = slice(begin, begin + self._rows)
            some_rows = rows[:, chunk]
            some, loss = self._evaluate(state[0], state[1], self._put(some_rows), x, y)
            outputs.append(ops.convert_to_numpy(some))
            total += ops.convert_to_numpy(loss).astype(float) * self._weights(tested[:, chunk])
        return np.concatenate(outputs, axis=1), total / self._weights(tested)

    def _weights(self, rows: np.ndarray) -> np.ndarray:
        """Return by how much the mean loss of some rows of each replicate weighs, (replicates,)."""
        return np.array([self._data.count_targets(each) for each in rows])


def _concatenate(*arrays: np.ndarray) -> np.ndarray:
    """Concatenate arrays; a single one is returned as it is, so that `is_same` still recognizes it."""
    return np.concatenate(arrays) if len(arrays) > 1 else arrays[0]
