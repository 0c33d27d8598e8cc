"""A pool on a scheduler of jobs, by submitit: each task is a job, and all passes through a shared folder.

It is for sites that forbid open ports. A job is a process of its own, which imports and compiles again.
"""

from __future__ import annotations

import shutil
import threading
import time
import uuid
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from negres_core.cluster import worker
from negres_core.cluster.contract import GRACE_S, MOST_DEATHS, SHA256, Answer, Task
from negres_core.engine.interruption import interruption_requested
from negres_core.errors import ClusterError, InputError

POLL_S = 0.5
"""Seconds between two looks at what the jobs do."""
DAY_S = 24 * 3600
"""Age at which the folder of a session that was killed is removed."""


def perform_in_job(task: Task, folder: Path) -> Answer:
    """Train a task in a job, with what the folder holds for it."""
    import socket

    for name in (task.data, task.recipe):
        worker.hold(name, (folder / name).read_bytes())
    _stop_when_told(task.call, folder)
    return worker.perform(task, socket.gethostname())


def _stop_when_told(call: str, folder: Path) -> None:
    """Let the tasks of a call end in this process once the session has left a mark in the folder."""

    def watch() -> None:
        while not _mark(folder, call).exists():
            time.sleep(POLL_S)
        worker.stop(call)

    threading.Thread(target=watch, daemon=True).start()


def _mark(folder: Path, call: str) -> Path:
    return folder / f"stop-{call}"


class SubmititPool:
    """Carries tasks to jobs; see `negres_core.cluster.contract.Pool`.

    Args:
        executor: "slurm", "local", or what else submitit knows.
        folder: where sessions have folders of their own. All machines have to see it.
        workers: jobs at a time.
        parameters: what submitit is told about each job, such as slurm_partition or timeout_min.
    """

    def __init__(self, executor: str, folder: Path, *, workers: int, parameters: Mapping[str, Any]) -> None:
        import submitit

        self.workers = workers
        _remove_old(folder)
        self._folder = folder / uuid.uuid4().hex
        self._folder.mkdir(parents=True)
        try:
            self._executor = submitit.AutoExecutor(self._folder / "jobs", cluster=executor)
            self._executor.update_parameters(**parameters)
        except (RuntimeError, ValueError, TypeError, NameError) as error:
            self.close()
            raise InputError(
                "submitit does not accept these settings.",
                received=f"{executor} with {dict(parameters)}: {error}",
                remedy="Give an executor of submitit and its parameters, such as "
                "submitit:slurm?slurm_partition=gpu&timeout_min=120.",
            ) from error
        self._waiting: deque[Task] = deque()
        self._jobs: dict[Any, Task] = {}
        self._deaths: Counter[int] = Counter()

    def hold(self, name: SHA256, pack: Callable[[], bytes]) -> None:
        """Write something into the folder, unless it is there."""
        path = self._folder / name
        if not path.exists():
            path.with_suffix(".part").write_bytes(pack())
            path.with_suffix(".part").rename(path)

    def submit(self, task: Task) -> None:
        """Let a job train a task, as soon as there are few enough others."""
        self._waiting.append(task)

    def as_completed(self) -> Iterator[tuple[Task, Answer]]:
        """Yield what became of each task, as soon as it is known, until none is under way."""
        over: float | None = None
        while self._waiting or self._jobs:
            if interruption_requested():
                if over is None:
                    over = time.monotonic() + GRACE_S
                    self._waiting.clear()
                    self._ask_to_stop()
                if time.monotonic() > over:
                    self.cancel()
            while self._waiting and len(self._jobs) < self.workers:
                task = self._waiting.popleft()
                self._jobs[self._executor.submit(perform_in_job, task, self._folder)] = task
            done = [job for job in self._jobs if job.done()]
            for job in done:
                task = self._jobs.pop(job)
                if (answer := self._read(job, task)) is not None:
                    yield task, answer
            if not done:
                time.sleep(POLL_S)

    def _read(self, job: Any, task: Task) -> Answer | None:
        """Return what became of a job that has ended; None if its task was submitted once more."""
        import submitit

        try:
            answer: Answer = job.result()
        except submitit.core.utils.FailedJobError as error:
            return Answer(error=RuntimeError(f"Job {job.job_id} failed: {error}"))
        except submitit.core.utils.UncompletedJobError:
            if interruption_requested():
                return Answer()
            self._deaths[task.number] += 1
            if self._deaths[task.number] == MOST_DEATHS:
                return Answer(killed=(f"{MOST_DEATHS} jobs, {job.job_id} at last",))
            self._waiting.append(task)
            return None
        if answer.refused is not None:
            raise ClusterError(
                "A job does not have the same setup as the process that judges.",
                received=f"job {job.job_id} on {answer.worker}: {answer.refused}",
                remedy="Submit from the same checkout and environment, with --negres-device gpu if the jobs have one.",
            )
        return answer

    def _ask_to_stop(self) -> None:
        for call in {task.call for task in self._jobs.values()}:
            _mark(self._folder, call).touch()

    def cancel(self) -> None:
        """Give up all tasks under way, without their answers."""
        self._waiting.clear()
        for job in self._jobs:
            with suppress(Exception):  # it may have ended, or the scheduler may be gone
                job.cancel()
        self._jobs.clear()

    def close(self) -> None:
        """Remove the folder of the session."""
        shutil.rmtree(self._folder, ignore_errors=True)


def _remove_old(folder: Path) -> None:
    """Remove the folders of sessions that were killed long ago."""
    for path in folder.iterdir() if folder.is_dir() else ():
        if time.time() - path.stat().st_mtime > DAY_S:
            shutil.rmtree(path, ignore_errors=True)
