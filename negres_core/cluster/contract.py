"""What passes between the process that judges and its workers: tasks, answers, and the pool that carries them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from negres_core.cluster.facts import Facts
from negres_core.engine.contract import Result
from negres_core.evidence import ProvenanceRecord

MOST_DEATHS = 3
"""Workers that may end while they train a task, before it is given up."""

GRACE_S = 60.0
"""Seconds that tasks have, after an interruption, to end their epochs and to send what is finished."""

SHA256 = str
"""64 hexadecimal digits, by which a worker knows what it holds."""


@dataclass(frozen=True)
class Place:
    """Where the code of the user is.

    Attributes:
        root: pytest's root directory on the machine that judges.
        paths: what Python searches for modules: folders below the root, relative to it, and others.
    """

    root: str
    paths: tuple[str, ...]


@dataclass(frozen=True)
class Replica:
    """One replicate to train, as it is sent.

    Attributes:
        repeat: index of the repeat.
        fold: index of the test fold.
        seed: index of the seed in the cell.
        train: row numbers of the training fold, int32.
        test: row numbers of the test fold, int32.
        validation: row numbers of the validation rows, int32; None if there are none.
        gap: the gap of a time series; None if rows have no order.
        parent: the model file of the previous stage; None if there is none.
        parent_suffix: the ending of its name.
    """

    repeat: int
    fold: int
    seed: int
    train: np.ndarray = field(repr=False)
    test: np.ndarray = field(repr=False)
    validation: np.ndarray | None = field(repr=False)
    gap: int | None
    parent: bytes | None = field(repr=False)
    parent_suffix: str = ""

    def __str__(self) -> str:
        return f"repeat {self.repeat + 1}, fold {self.fold + 1}, seed {self.seed + 1}"


@dataclass(frozen=True)
class Task:
    """The last stage of a recipe on some cells: what a worker trains without asking.

    Attributes:
        number: its number in the session.
        call: a mark of the call of the engine that it belongs to, by which all its tasks are ended.
        expected: what the worker has to be like.
        place: where the code of the user is.
        data: what the data set is known by.
        recipe: what the recipe is known by, with the metric to watch.
        description: digest of the recipe on the data, as the process that judges describes it.
        packages: the packages that the code of the recipe names, with their versions.
        settings: Keras' global settings; empty if Keras is not needed.
        replicas: the replicates.
        processors: how many the worker may use; None for those that its process may run on.
    """

    number: int
    call: str
    expected: Facts
    place: Place
    data: SHA256
    recipe: SHA256
    description: str
    packages: tuple[str, ...]
    settings: dict[str, object]
    replicas: tuple[Replica, ...] = field(repr=False)
    processors: int | None = None


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What became of a task.

    Attributes:
        results: the position of each trained replicate in the task, and its result; some may be missing.
        refused: why the worker trained nothing, if it is not like the process that judges. A pool then asks another.
        missing: what the worker does not hold yet, so that it trained nothing. A pool then sends it.
        error: what ended the training; None if it was not ended.
        killed: the workers that ended while they trained the task, if it was given up after several.
        warnings: what the engine warned of.
        worker: the name of the worker; empty if there was none.
        at_once: how many replicates the worker trains at a time.
        provenance: the environment of the worker; None if it trained nothing.
    """

    results: list[tuple[int, Result]] = field(default_factory=list, repr=False)
    refused: str | None = None
    missing: tuple[SHA256, ...] = ()
    error: Exception | None = None
    killed: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()
    worker: str = ""
    at_once: int = 1
    provenance: ProvenanceRecord | None = field(default=None, repr=False)


class Pool(Protocol):
    """Carries tasks to workers. A task whose worker ends is trained elsewhere, up to `MOST_DEATHS` times."""

    @property
    def workers(self) -> int:
        """How many workers there are, or can be, at least 1."""

    def hold(self, name: SHA256, pack: Callable[[], bytes]) -> None:
        """Let workers have something by a name; `pack` makes the bytes, and is called for those that lack it."""

    def submit(self, task: Task) -> None:
        """Let a worker train a task."""

    def as_completed(self) -> Iterator[tuple[Task, Answer]]:
        """Yield what became of each task, as soon as it is known, until none is under way; more may be submitted.

        If an interruption is asked for, tasks that are trained end between two epochs and the others are taken back, so
        that all have their answers soon.

        Raises:
            ClusterError: there is no worker that could train.
        """

    def cancel(self) -> None:
        """Give up all tasks under way, without their answers."""

    def close(self) -> None:
        """End what the pool has started."""
