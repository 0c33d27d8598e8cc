"""A pool on Dask: tasks go through the scheduler of a cluster of Dask to its workers."""

from __future__ import annotations

import importlib
import random
import socket
import time
import uuid
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from negres_core.cluster.child import device_seen, hold, perform, stop
from negres_core.cluster.contract import GRACE_S, SHA256, Answer, Task
from negres_core.engine.device import Device
from negres_core.engine.interruption import interruption_requested
from negres_core.errors import ClusterError

if TYPE_CHECKING:
    import distributed

POLL_S = 0.2
"""Seconds between two looks at whether an interruption was asked for."""
LOOK_S = 1.0
"""Seconds for which the list of workers is taken to hold."""
MOST_PACKS = 16
"""Data sets and recipes that can be sent again: those of a call of the engine, and of some before."""
CONNECT_S = 30.0
"""Seconds that a scheduler has to answer."""
WAIT_S = 600.0
"""Seconds that there may be no worker, before the session gives up: a scheduler of jobs may take its time."""


def own_random_numbers() -> None:
    """Let Dask's threads in this process draw from a generator of their own.

    Keras chooses the seeds of layers by Python's global generator, so a number that Dask drew from it while a model is
    built would change the model.
    """
    for name in ("distributed.comm.core", "distributed.scheduler", "distributed.utils_comm"):
        importlib.import_module(name).random = random.Random()  # type: ignore[attr-defined]


def connect(address: str) -> distributed.Client:
    """Connect to the scheduler of a cluster.

    Raises:
        ClusterError: it does not answer.
    """
    from distributed import Client

    try:
        return Client(address, timeout=CONNECT_S)
    except (OSError, ValueError, TypeError) as error:  # ValueError: not an address
        raise ClusterError(
            "The scheduler of the cluster does not answer.",
            received=f"--negres-cluster {address}: {error}",
            remedy="Start one by `dask scheduler`, which prints its address, such as tcp://10.0.0.1:8786.",
        ) from error


def perform_in_dask(task: Task) -> Answer:
    """Train a task in a worker of Dask."""
    from distributed import get_worker

    return perform(task, name=f"{get_worker().address} on {socket.gethostname()}")


@dataclass(frozen=True)
class _Sent:
    """A task that was sent, and the only workers that may train it; None if all may."""

    task: Task
    only: frozenset[str] | None


class DaskPool:
    """Carries tasks to the workers of a cluster of Dask; see `negres_core.cluster.contract.Pool`.

    Args:
        client: a client of the cluster.
        note: called with a sentence about each worker that is refused while others train.
        end: called when the pool is closed, after the client.
        wait_s: seconds that there may be no worker.
    """

    def __init__(
        self,
        client: distributed.Client,
        *,
        note: Callable[[str], None] = lambda sentence: None,
        end: Callable[[], None] = lambda: None,
        wait_s: float = WAIT_S,
    ) -> None:
        own_random_numbers()
        self._client, self._note, self._end, self._wait_s = client, note, end, wait_s
        self._session, self._tries = uuid.uuid4().hex[:8], 0
        self._packs: OrderedDict[SHA256, Callable[[], bytes]] = OrderedDict()
        self._sent: dict[Any, _Sent] = {}
        self._parked: list[Task] = []
        self._refused: dict[str, str] = {}
        self._answered = False
        self._looked_at, self._there = -LOOK_S, frozenset[str]()

    @property
    def workers(self) -> int:
        """How many workers there are now that were not refused, at least 1."""
        return max(1, len(self._usable()))

    def _usable(self) -> frozenset[str]:
        if time.monotonic() > self._looked_at + LOOK_S:
            self._there = frozenset(self._client.scheduler_info(n_workers=-1)["workers"])
            self._looked_at = time.monotonic()
        return self._there - self._refused.keys()

    def device(self, *, has_network: bool) -> Device:
        """Return the device that the first worker would choose.

        Raises:
            ClusterError: there is no worker for too long.
        """
        try:
            self._client.wait_for_workers(1, timeout=self._wait_s)
        except TimeoutError as error:
            raise self._none_there() from error
        seen: Device = self._client.submit(device_seen, has_network, pure=False).result()
        return seen

    def hold(self, name: SHA256, pack: Callable[[], bytes]) -> None:
        """Let workers have something by a name."""
        self._packs[name] = pack
        self._packs.move_to_end(name)
        while len(self._packs) > MOST_PACKS:
            self._packs.popitem(last=False)

    def submit(self, task: Task) -> None:
        """Let a worker train a task."""
        self._send(task)

    def _send(self, task: Task, *, preferred: str | None = None) -> None:
        """Send a task to a worker that was not refused; one that is preferred is only better than the others."""
        only = self._usable() if self._refused else None
        if only is not None and not only:
            self._parked.append(task)
            return
        options: dict[str, Any] = {} if only is None else {"workers": sorted(only)}
        if only is None and preferred is not None:
            options = {"workers": [preferred], "allow_other_workers": True}
        self._tries += 1
        key = f"negres-{self._session}-{task.number}-{self._tries}"
        self._sent[self._client.submit(perform_in_dask, task, key=key, pure=False, **options)] = _Sent(task, only)

    def as_completed(self) -> Iterator[tuple[Task, Answer]]:
        """Yield what became of each task, as soon as it is known, until none is under way."""
        import distributed

        seen, over = time.monotonic(), None
        while self._sent or self._parked:
            with suppress(TimeoutError):
                distributed.wait(list(self._sent), timeout=POLL_S, return_when="FIRST_COMPLETED")
            if not self._sent:
                time.sleep(POLL_S)
            for future in [each for each in self._sent if each.done()]:
                task = self._sent.pop(future).task
                answer = self._read(future, task)
                future.release()
                if answer is not None:
                    yield task, answer
            if interruption_requested():
                if over is None:
                    over = time.monotonic() + GRACE_S
                    self._ask_to_stop()
                    self._parked.clear()
                if time.monotonic() > over:
                    self.cancel()
            if self._usable():
                seen = time.monotonic()
                self._send_again()
            elif self._refused and not self._answered and self._there:
                raise self._all_refused()
            elif time.monotonic() > seen + self._wait_s:
                raise self._none_there()

    def _read(self, future: Any, task: Task) -> Answer | None:
        """Return what became of a task that has ended; None if it was sent once more."""
        import distributed

        if future.status not in ("finished", "error"):
            raise ClusterError(
                "The scheduler of the cluster has lost a task.",
                received=f"a task of {len(task.replicas)} replicates, which is {future.status}",
                remedy="The scheduler was restarted, or the connection broke. Run the same command again; finished "
                "replicates are kept.",
            )
        if future.status == "error":
            error = future.exception()
            if not isinstance(error, distributed.KilledWorker):
                return Answer(error=error)
            self._answered = True
            return Answer(killed=(f"{error.allowed_failures + 1} workers, {error.last_worker.address} at last",))
        answer: Answer = future.result()
        address = answer.worker.partition(" ")[0]
        if answer.refused is not None:
            if address not in self._refused:
                self._refused[address] = answer.refused
                self._note(f"worker {answer.worker} is not used: {answer.refused}")
            self._send(task)
            return None
        self._answered = True
        if answer.missing:
            for name in answer.missing:
                self._run(hold, name, self._packs[name](), workers=[address])
            self._send(task, preferred=address)
            return None
        return answer

    def _send_again(self) -> None:
        """Send what waits for a worker, and what only workers may train that have all ended."""
        parked, self._parked = self._parked, []
        for future, sent in list(self._sent.items()):
            if sent.only is not None and not sent.only & self._there and not future.done():
                del self._sent[future]
                future.cancel()
                parked.append(sent.task)
        for task in parked:
            self._send(task)

    def _ask_to_stop(self) -> None:
        calls = {sent.task.call for sent in self._sent.values()}
        for call in calls:
            self._run(stop, call)

    def _run(self, function: Callable[..., None], *arguments: object, **options: Any) -> None:
        """Run a function in workers, beside what they train; one that has ended meanwhile does not matter."""
        with suppress(OSError, KeyError, ValueError):
            self._client.run(function, *arguments, on_error="ignore", **options)

    def cancel(self) -> None:
        """Give up all tasks under way, without their answers."""
        self._ask_to_stop()
        for future in self._sent:
            future.cancel()
        self._sent.clear()
        self._parked.clear()

    def close(self) -> None:
        """Leave the cluster, and end what was started for this session."""
        self._client.close()
        self._end()

    def _all_refused(self) -> ClusterError:
        return ClusterError(
            "No worker of the cluster has the same setup as the process that judges.",
            received="; ".join(f"{address}: {why}" for address, why in self._refused.items()),
            remedy="Start workers in the root directory of the same checkout, with the same versions installed, the "
            "same KERAS_BACKEND and the same kind of device.",
        )

    def _none_there(self) -> ClusterError:
        return ClusterError(
            "The cluster has been without a worker for too long.",
            received=f"none for {self._wait_s:g} s, of the scheduler at {self._client.scheduler.address}",
            remedy="Start workers: dask worker ADDRESS --nthreads 1. Then run the same command again; finished "
            "replicates are kept.",
        )
