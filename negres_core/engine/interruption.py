"""Interruption: Ctrl-C and SIGTERM end training within the current epoch, and everything that is finished is kept."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from types import FrameType, TracebackType

Handler = Callable[[int, FrameType | None], object]

_requests: list[threading.Event] = []
"""One event for each `deferred_interruption` that is under way; set once an interruption has been asked for."""
_blocks_at_once: list[object] = []
"""One object for each `interruptible` block that is under way."""
_thread = threading.local()
"""Each of `WorkerThreads` keeps here the event that tells it to end."""


class InterruptedTrainingError(Exception):
    """A replicate was given up between two epochs, because an interruption was asked for."""


def interruption_requested() -> bool:
    """Return whether an interruption is waiting for the training under way to end."""
    return any(request.is_set() for request in _requests)


def stop_if_interrupted() -> None:
    """Raise InterruptedTrainingError if an interruption is waiting, or if nobody waits for this thread any more."""
    abandoned: threading.Event | None = getattr(_thread, "abandoned", None)
    if interruption_requested() or (abandoned is not None and abandoned.is_set()):
        raise InterruptedTrainingError


@contextmanager
def deferred_interruption() -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM wait until the block ends, which is asked to end soon; the second does not wait.

    A signal is deferred only if Python handles it: SIGTERM usually ends the process at once, unless the session turned
    it into an interruption.

    Raises:
        KeyboardInterrupt: at the end of the block, if an interruption was asked for.
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # signals are handled in the main thread
        return
    current = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    handlers: dict[int, Handler] = {number: handler for number, handler in current.items() if callable(handler)}
    request, received = threading.Event(), list[int]()

    def defer(number: int, frame: FrameType | None) -> None:
        if _blocks_at_once or request.is_set():
            handlers[number](number, frame)
        received.append(number)
        request.set()

    for number in handlers:
        signal.signal(number, defer)
    _requests.append(request)
    try:
        yield
    finally:
        _requests.remove(request)
        for number, handler in handlers.items():
            signal.signal(number, handler)
        if received:
            handlers[received[0]](received[0], None)
            raise KeyboardInterrupt


@contextmanager
def interruption_by(request: threading.Event) -> Iterator[None]:
    """Let an event that somebody else sets ask for an interruption while the block runs, in any thread."""
    _requests.append(request)
    try:
        yield
    finally:
        _requests.remove(request)


@contextmanager
def interruptible() -> Iterator[None]:
    """Do not defer interruptions while the block runs: it has no epochs between which it could end."""
    block = object()
    _blocks_at_once.append(block)
    try:
        yield
    finally:
        _blocks_at_once.remove(block)


class WorkerThreads(ThreadPoolExecutor):
    """Threads that nobody waits for once their block has failed: they end within the current epoch."""

    def __init__(self, count: int) -> None:
        self._abandoned = threading.Event()
        super().__init__(count, initializer=setattr, initargs=(_thread, "abandoned", self._abandoned))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is not None:
            self._abandoned.set()
        self.shutdown(wait=kind is None, cancel_futures=kind is not None)
