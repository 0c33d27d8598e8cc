"""Chunks: how many replicates make a task, so that a task takes about a minute."""

from __future__ import annotations

import statistics
from typing import Literal

from negres_core.engine.contract import Result

TASK_S = 60.0
"""Seconds that a task should take on a processor: a thousand times its overhead, and little to lose with a worker."""


class Pace:
    """Divides replicates into tasks, by the time that the first ones took.

    Args:
        kind: the kind of device. A GPU trains all that it is given as one program, so it is given all there is.
    """

    def __init__(self, kind: Literal["cpu", "gpu"]) -> None:
        self._kind, self._at_once = kind, 1
        self._seconds: list[float] = []

    def learn(self, result: Result, *, at_once: int) -> None:
        """Take account of what a replicate took, on a worker that trains so many at once."""
        seconds = sum(result.cost.get(name, 0.0) for name in ("train_s", "evaluate_s"))
        self._seconds.append(max(seconds, 1e-3))
        self._at_once = max(self._at_once, at_once)

    def chunk(self, waiting: int, workers: int) -> int:
        """Return how many of the waiting replicates make the next task, 1 or more.

        Until it is known how long one takes, a task has one. Later a task has half of a worker's share at most, so that
        all workers end at about the same time.
        """
        if self._kind == "gpu":
            return -(-waiting // workers)
        if not self._seconds:
            return 1
        in_a_task = int(TASK_S / statistics.median(self._seconds)) * self._at_once
        return min(-(-waiting // (2 * workers)), max(in_a_task, self._at_once))
