"""The pool on Dask: workers that differ are not used, those that lack something get it, and nothing waits forever."""

from __future__ import annotations

import random
from types import SimpleNamespace

import distributed
import pytest

from negres_core.cluster import dask
from negres_core.cluster.contract import Answer
from negres_core.cluster.dask import DaskPool, connect
from negres_core.errors import ClusterError

GOOD, BAD, NEW = "tcp://10.0.0.1:1", "tcp://10.0.0.2:1", "tcp://10.0.0.3:1"


class FakeFuture:
    def __init__(self, client, task, allowed):
        self._client, self._task, self.allowed, self.status = client, task, allowed, "pending"

    def done(self):
        """Perform the task if a worker may."""
        there = [each for each in self._client.there if self.allowed is None or each in self.allowed]
        if self.status == "pending" and there:
            self._answer = self._client.perform(self._task, there[0])
            is_error = isinstance(self._answer, Exception)
            self.status = "error" if is_error else self._answer if isinstance(self._answer, str) else "finished"
        return self.status != "pending"

    def result(self):
        return self._answer

    exception = result

    def release(self):
        pass

    def cancel(self):
        self.status = "cancelled"
        self._client.cancelled.append(self._task)


class FakeClient:
    """A client of a cluster whose workers answer what a test wants.

    Attributes:
        there: the addresses of its workers.
        perform: called with a task and an address; what the worker answers, an error, or the status of a lost task.
        ran: functions that were run in workers, with their arguments and addresses.
    """

    def __init__(self, *there):
        self.there, self.ran, self.cancelled = list(there), [], []
        self.scheduler = SimpleNamespace(address="tcp://10.0.0.9:8786")
        self.perform = lambda task, address: Answer(worker=f"{address} on a machine")

    def scheduler_info(self, n_workers):
        return {"workers": dict.fromkeys(self.there)}

    def submit(self, function, task, *, key, pure, workers=None, allow_other_workers=False):
        return FakeFuture(self, task, None if allow_other_workers else workers)

    def run(self, function, *arguments, workers=None, on_error):
        self.ran.append((function.__name__, arguments, workers))

    def close(self):
        self.there.clear()


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(distributed, "wait", lambda *arguments, **options: None)
    monkeypatch.setattr(dask, "POLL_S", 0.0)
    monkeypatch.setattr(dask, "LOOK_S", 0.0)


def new_task(number=1):
    return SimpleNamespace(number=number, call="a call", replicas=("one",))


def run(pool, *numbers):
    for number in numbers:
        pool.submit(new_task(number))
    return [(task.number, answer.worker.partition(" ")[0]) for task, answer in pool.as_completed()]


def test_dask_draws_no_number_of_the_global_generator():
    DaskPool(FakeClient(GOOD))
    random.seed(1)
    expected = random.getstate()
    [chosen] = distributed.scheduler.random.sample([GOOD], 1)
    assert distributed.utils_comm.random.choice([GOOD]) == chosen
    assert distributed.comm.core.random.uniform(0, 1) < 1
    assert random.getstate() == expected


def test_tasks_come_back_with_their_answers():
    pool = DaskPool(FakeClient(GOOD, NEW))
    assert pool.workers == 2
    assert run(pool, 1, 2) == [(1, GOOD), (2, GOOD)]


def test_a_worker_gets_what_it_lacks_and_then_trains():
    client = FakeClient(GOOD)
    client.perform = lambda task, address: Answer(
        worker=f"{address} on a machine", missing=() if client.ran else ("a name",)
    )
    pool = DaskPool(client)
    pool.hold("a name", lambda: b"packed")
    assert run(pool, 1) == [(1, GOOD)]
    assert client.ran == [("hold", ("a name", b"packed"), [GOOD])]


def refuse_bad(task, address):
    return Answer(worker=f"{address} on a machine", refused="Python is 3.12 there" if address == BAD else None)


def test_a_worker_that_differs_is_named_once_and_others_train():
    client, notes = FakeClient(BAD, GOOD), []
    client.perform = refuse_bad
    pool = DaskPool(client, note=notes.append)
    assert run(pool, 1, 2) == [(1, GOOD), (2, GOOD)]
    assert notes == [f"worker {BAD} on a machine is not used: Python is 3.12 there"]
    assert pool.workers == 1


def test_if_all_workers_differ_an_error_names_each():
    client = FakeClient(BAD)
    client.perform = refuse_bad
    with pytest.raises(ClusterError, match=f"{BAD}: Python is 3.12 there"):
        run(DaskPool(client), 1)


def test_a_task_goes_to_a_new_worker_if_the_only_good_one_has_ended():
    client = FakeClient(BAD, GOOD)

    def perform(task, address):
        if address == GOOD:
            client.there[:] = [BAD]  # it ends, and a new one is started
            client.there.append(NEW)
            return Answer(worker=f"{GOOD} on a machine")
        return refuse_bad(task, address)

    client.perform = perform
    pool = DaskPool(client)
    assert run(pool, 1, 2) == [(1, GOOD), (2, NEW)]


def test_a_task_that_ended_its_workers_comes_back_as_such():
    client = FakeClient(GOOD)
    client.perform = lambda task, address: distributed.KilledWorker("key", SimpleNamespace(address=GOOD), 2)
    pool = DaskPool(client)
    pool.submit(new_task())
    [(_, answer)] = pool.as_completed()
    assert answer.killed == (f"3 workers, {GOOD} at last",)


def test_any_other_error_of_dask_is_that_of_the_task():
    client = FakeClient(GOOD)
    client.perform = lambda task, address: MemoryError("too large")
    pool = DaskPool(client)
    pool.submit(new_task())
    [(_, answer)] = pool.as_completed()
    assert str(answer.error) == "too large"


@pytest.mark.parametrize("status", ["cancelled", "lost"])
def test_a_lost_task_is_an_error(status):
    client = FakeClient(GOOD)
    client.perform = lambda task, address: status
    with pytest.raises(ClusterError, match=f"which is {status}"):
        run(DaskPool(client), 1)


def test_a_cluster_without_workers_is_given_up_after_some_time():
    with pytest.raises(ClusterError, match=r"none for 0 s, of the scheduler at tcp://10\.0\.0\.9:8786"):
        run(DaskPool(FakeClient(), wait_s=0.0), 1)


def test_an_interruption_ends_what_is_trained_and_takes_back_the_rest(monkeypatch):
    monkeypatch.setattr(dask, "interruption_requested", lambda: True)
    client = FakeClient()
    client.run = lambda function, *arguments, **options: (
        client.ran.append((function.__name__, arguments)),
        client.there.append(GOOD),
    )
    assert run(DaskPool(client), 1) == [(1, GOOD)]
    assert client.ran == [("stop", ("a call",))]


def test_after_an_interruption_nobody_waits_for_long(monkeypatch):
    monkeypatch.setattr(dask, "interruption_requested", lambda: True)
    monkeypatch.setattr(dask, "GRACE_S", 0.0)
    client = FakeClient()
    assert run(DaskPool(client), 1) == []
    assert len(client.cancelled) == 1


def test_closing_leaves_the_cluster_and_ends_what_was_started():
    ended = []
    client = FakeClient(GOOD)
    DaskPool(client, end=lambda: ended.append(list(client.there))).close()
    assert ended == [[]]


def test_a_scheduler_that_does_not_answer_is_an_error(monkeypatch):
    monkeypatch.setattr(dask, "CONNECT_S", 0.2)
    with pytest.raises(ClusterError, match="does not answer"):
        connect("tcp://127.0.0.1:1")
