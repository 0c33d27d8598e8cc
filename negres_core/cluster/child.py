"""The process in which a worker of Dask trains, apart from Dask's threads.

Keras draws the seeds of layers from Python's global generator, which every thread of a process shares. So a model that
is built beside Dask's threads would begin with other weights each time. And Dask takes a worker for dead that does not
answer while it compiles. The process ends with its worker, and the worker with it.
"""

from __future__ import annotations

import functools
import os
import queue
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any, NoReturn

from negres_core.cluster import worker
from negres_core.cluster.contract import SHA256, Answer, Task
from negres_core.engine.device import Device

ENDED = 70
"""Exit status of a worker whose process ended."""


class Child:
    """The process of a worker, as the worker sees it. Several threads may use it.

    Args:
        on_end: called when the process has ended by itself; it does not return.
    """

    def __init__(self, *, on_end: Callable[[], NoReturn]) -> None:
        ours, its = socket.socketpair()
        its.set_inheritable(True)
        with its:
            # Python finds negres where this process found it; a terminal's Ctrl-C is for the session.
            self.process = subprocess.Popen(
                [sys.executable, "-m", __name__, str(its.fileno())],
                pass_fds=[its.fileno()],
                env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                start_new_session=True,
            )
        self._connection, self._on_end = Connection(ours.detach()), on_end
        self._sending, self._asking = threading.Lock(), threading.Lock()

    def tell(self, function: str, *arguments: object) -> None:
        """Let a function of `worker` run at once, beside what is trained."""
        try:
            with self._sending:
                self._connection.send(("tell", function, arguments))
        except OSError:
            self._on_end()

    def ask(self, function: str, *arguments: object) -> Any:
        """Return what a function of `worker` returns, after what was asked before."""
        try:
            with self._asking:
                with self._sending:
                    self._connection.send(("ask", function, arguments))
                return self._connection.recv()
        except (EOFError, OSError):
            self._on_end()

    def close(self) -> None:
        """End the process."""
        self._connection.close()
        self.process.wait()


@functools.cache
def child() -> Child:
    """Return the process of this worker, started when it is first needed."""
    return Child(on_end=end_worker)


def end_worker() -> NoReturn:
    """End this worker, as if it had been killed itself: its scheduler lets another one train the task."""
    os._exit(ENDED)


def perform(task: Task, *, name: str) -> Answer:
    """Train a task in the process of this worker."""
    answer: Answer = child().ask("perform", task, name)
    return answer


def hold(name: SHA256, packed: bytes) -> None:
    """Let the process of this worker hold something."""
    child().tell("hold", name, packed)


def stop(call: str) -> None:
    """Let the process of this worker end the tasks of a call."""
    child().tell("stop", call)


def device_seen(has_network: bool) -> Device:
    """Return the device that the process of this worker would choose."""
    device: Device = child().ask("device_seen", has_network)
    return device


def serve(connection: Connection) -> None:
    """Do what a worker asks for, until it ends."""
    asked: queue.SimpleQueue[tuple[str, tuple[Any, ...]]] = queue.SimpleQueue()

    def listen() -> None:
        try:
            while True:
                kind, function, arguments = connection.recv()
                if kind == "tell":
                    getattr(worker, function)(*arguments)
                else:
                    asked.put((function, arguments))
        except (EOFError, OSError):
            os._exit(0)  # the worker has ended; whatever is trained has nobody to send it to

    threading.Thread(target=listen, daemon=True).start()
    while True:
        function, arguments = asked.get()
        connection.send(getattr(worker, function)(*arguments))


if __name__ == "__main__":
    serve(Connection(int(sys.argv[1])))
