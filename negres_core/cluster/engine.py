"""The engine that trains elsewhere: it divides replicates among the workers of a pool, and collects their results.

Workers write nothing that is kept: the process that judges alone records what they send.
"""

from __future__ import annotations

import dataclasses
import functools
import itertools
import uuid
import warnings
import weakref
from collections import deque
from collections.abc import Callable, Generator, Sequence
from typing import Any

from negres_core.arms.recipe import Recipe
from negres_core.cluster.chunks import Pace
from negres_core.cluster.contract import SHA256, Place, Pool, Replica, Task
from negres_core.cluster.facts import facts_of
from negres_core.cluster.packing import name_of_bytes, pack_data, pack_recipe
from negres_core.dataset import Dataset
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device
from negres_core.engine.interruption import interruption_requested
from negres_core.errors import ClusterError, EngineWarning

TASKS_A_WORKER = 2
"""Tasks under way for each worker, so that none waits for its next one. The others stay here: they are large."""
MOST_NAMED = 5
"""Replicates that an error names."""

_numbers = itertools.count(1)


class Cluster:
    """Trains on the workers of a pool; see `negres_core.engine.contract.Train`.

    Args:
        open_pool: returns the pool that carries tasks to workers; called when there is something to train.
        place: where the code of the user is.
        processors: how many processors a worker may use; None for those that its process may run on.
    """

    def __init__(self, open_pool: Callable[[], Pool], place: Place, *, processors: int | None = None) -> None:
        self._open_pool, self._place, self._processors = open_pool, place, processors
        self._names: weakref.WeakKeyDictionary[Dataset, SHA256] = weakref.WeakKeyDictionary()

    @functools.cached_property
    def _pool(self) -> Pool:
        return self._open_pool()

    def close(self) -> None:
        """Close the pool, if anything was trained."""
        if "_pool" in self.__dict__:
            self._pool.close()

    def __call__(
        self, recipe: Recipe, data: Dataset, jobs: Sequence[Job], *, device: Device
    ) -> Generator[tuple[Job, Result], None, None]:
        """Train the last stage of a recipe on every job.

        Raises:
            ClusterError: no worker can train, or some replicates ended every worker that trained them. All others have
                been yielded.
        """
        template = self._prepare(recipe, data, jobs[0], device)
        # Replicates of one cell follow one another, so that a worker prepares its inputs once.
        waiting = deque(sorted(jobs, key=lambda job: (job.cell.repeat, job.cell.fold, job.seed)))
        pace = Pace(device.kind)
        under_way: dict[int, list[Job]] = {}
        given_up: list[str] = []
        warned: set[str] = set()

        def submit(some: list[Job]) -> None:
            replicas = tuple(map(_replica, some))
            task = dataclasses.replace(template, number=next(_numbers), replicas=replicas)
            under_way[task.number] = some
            self._pool.submit(task)

        def submit_more() -> None:
            while waiting and len(under_way) < TASKS_A_WORKER * self._pool.workers and not interruption_requested():
                count = pace.chunk(len(waiting), self._pool.workers)
                submit([waiting.popleft() for _ in range(count)])

        try:
            submit_more()
            for task, answer in self._pool.as_completed():
                some = under_way.pop(task.number)
                for text in set(answer.warnings) - warned:
                    warnings.warn(text, EngineWarning, stacklevel=2)
                warned.update(answer.warnings)
                for position, result in answer.results:
                    pace.learn(result, at_once=answer.at_once)
                    yield some[position], dataclasses.replace(result, provenance=answer.provenance)
                if answer.error is not None:
                    answer.error.add_note(f"It was raised in worker {answer.worker}.")
                    raise answer.error
                if answer.killed and len(some) > 1:
                    # One of them may be the reason, and the others are trained.
                    for job in some:
                        submit([job])
                elif answer.killed:
                    given_up.append(f"{task.replicas[0]} ended {', '.join(answer.killed)}")
                submit_more()
        finally:
            if under_way:
                self._pool.cancel()
        if given_up:
            raise _given_up(recipe, given_up)

    def _prepare(self, recipe: Recipe, data: Dataset, job: Job, device: Device) -> Task:
        """Return a task without replicates, whose data and recipe workers can receive beforehand."""
        from negres_core.engine.description import describe_recipe, packages_of_recipe

        if data not in self._names:
            self._names[data] = name_of_bytes(pack_data(data))
        packed = pack_recipe(recipe, job.watched)
        name = name_of_bytes(packed)
        self._pool.hold(self._names[data], lambda: pack_data(data))
        self._pool.hold(name, lambda: packed)
        settings: dict[str, Any] = {}
        if recipe.stages:
            from negres_core.engine.settings import settings as keras_settings

            settings = keras_settings()
        return Task(
            number=0,
            call=uuid.uuid4().hex,
            expected=facts_of(device),
            place=self._place,
            data=self._names[data],
            recipe=name,
            description=describe_recipe(recipe, data).digest,
            packages=packages_of_recipe(recipe),
            settings=settings,
            replicas=(),
            processors=self._processors,
        )


def _replica(job: Job) -> Replica:
    cell, parent = job.cell, job.parent
    return Replica(
        repeat=cell.repeat,
        fold=cell.fold,
        seed=job.seed,
        train=cell.train,
        test=cell.test,
        validation=cell.validation,
        gap=cell.gap,
        parent=None if parent is None else parent.read_bytes(),
        parent_suffix="" if parent is None else parent.suffix,
    )


def _given_up(recipe: Recipe, given_up: Sequence[str]) -> ClusterError:
    named = "; ".join(given_up[:MOST_NAMED])
    more = f"; and {len(given_up) - MOST_NAMED} more" if len(given_up) > MOST_NAMED else ""
    return ClusterError(
        f"{len(given_up)} {'replicate' if len(given_up) == 1 else 'replicates'} of {recipe} ended every worker that "
        "trained it. All others are trained and kept.",
        received=f"{named}{more}",
        remedy="Workers often end for lack of memory: look at their logs, give them more memory, or train the "
        "replicate here without --negres-cluster.",
    )
