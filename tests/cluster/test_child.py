"""The process in which a worker trains ends with it, and it with the process."""

from __future__ import annotations

import os
import signal

import pytest

from negres_core.cluster import child as children
from negres_core.cluster.child import Child


class EndedError(Exception):
    """Raised where a worker would end."""


def end():
    raise EndedError


@pytest.fixture
def child():
    child = Child(on_end=end)
    yield child
    child.process.kill()
    child.close()


def test_it_does_what_it_is_asked_and_ends_when_its_worker_ends(child):
    assert child.ask("device_seen", False).kind == "cpu"
    child.tell("hold", "a name", b"packed")
    child.close()
    assert child.process.returncode == 0


def test_a_worker_whose_process_is_killed_ends(child):
    os.kill(child.process.pid, signal.SIGKILL)
    child.process.wait()
    with pytest.raises(EndedError):
        child.ask("device_seen", False)
    with pytest.raises(EndedError):
        child.tell("stop", "a call")


def test_what_a_worker_of_dask_does_goes_to_its_process(monkeypatch):
    asked = []

    class Recorder:
        def ask(self, *arguments):
            asked.append(("ask", *arguments))

        def tell(self, *arguments):
            asked.append(("tell", *arguments))

    monkeypatch.setattr(children, "child", Recorder)
    children.perform("a task", name="here")
    children.hold("a name", b"packed")
    children.stop("a call")
    children.device_seen(True)
    assert asked == [
        ("ask", "perform", "a task", "here"),
        ("tell", "hold", "a name", b"packed"),
        ("tell", "stop", "a call"),
        ("ask", "device_seen", True),
    ]


def test_a_worker_ends_without_cleaning_up(monkeypatch):
    statuses = []
    monkeypatch.setattr(os, "_exit", statuses.append)
    children.end_worker()
    assert statuses == [children.ENDED]
