"""Interruptions while replicates train: what waits, what ends, and what is kept."""

from __future__ import annotations

import os
import signal
import threading
import time
from contextlib import contextmanager
from importlib import import_module

import numpy as np
import pytest

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.engine import replicate
from negres_core.engine.contract import Job
from negres_core.engine.device import Device
from negres_core.engine.interruption import (
    InterruptedTrainingError,
    WorkerThreads,
    deferred_interruption,
    interruptible,
    interruption_by,
    interruption_requested,
    stop_if_interrupted,
)
from tests.engine import examples as ex


def press(number=signal.SIGINT):
    """Send a signal to this process, and let Python handle it."""
    os.kill(os.getpid(), number)
    time.sleep(0)


@contextmanager
def interrupted():
    """Defer interruptions while the block runs, and expect one at its end."""
    with pytest.raises(KeyboardInterrupt), deferred_interruption():
        yield


@pytest.fixture
def sigterm():
    """Turn SIGTERM into an interruption, as a session does."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    yield signal.SIGTERM
    signal.signal(signal.SIGTERM, before)


def test_an_interruption_waits_until_the_block_ends():
    reached = []
    with interrupted():
        assert not interruption_requested()
        press()
        assert interruption_requested()
        with pytest.raises(InterruptedTrainingError):
            stop_if_interrupted()
        reached.append("end")
    assert reached == ["end"]
    assert not interruption_requested()
    stop_if_interrupted()


def test_a_second_interruption_does_not_wait():
    with interrupted():
        press()
        with pytest.raises(KeyboardInterrupt):
            press()
        raise ZeroDivisionError


def test_a_block_without_epochs_is_interrupted_at_once():
    with interrupted(), interruptible():
        press()
        pytest.fail("it was not interrupted")


def test_sigterm_is_deferred_if_the_session_handles_it(sigterm):
    with interrupted():
        press(sigterm)
        assert interruption_requested()


def test_handlers_are_those_of_before_after_the_block(sigterm):
    def handlers():
        return [signal.getsignal(number) for number in (signal.SIGINT, sigterm)]

    before = handlers()
    with deferred_interruption():
        assert handlers() != before
    assert handlers() == before


def test_a_block_in_another_thread_runs_without_handlers():
    finished = []

    def run():
        with deferred_interruption():
            finished.append(True)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert finished == [True]


def test_threads_of_a_failed_block_end_at_their_next_epoch():
    begun, failed, ended = threading.Event(), threading.Event(), threading.Event()

    def train():
        begun.set()
        failed.wait(60)
        try:
            stop_if_interrupted()
        except InterruptedTrainingError:
            ended.set()

    def fail(futures):
        with WorkerThreads(1) as threads:
            futures += [threads.submit(train), threads.submit(train)]
            assert begun.wait(60)
            raise ZeroDivisionError

    futures = []
    with pytest.raises(ZeroDivisionError):
        fail(futures)
    running, waiting = futures
    failed.set()
    running.result(60)
    assert ended.is_set()
    assert waiting.cancelled()


def test_threads_of_a_block_that_succeeds_are_waited_for():
    with WorkerThreads(2) as threads:
        results = [threads.submit(pow, 2, power) for power in range(4)]
    assert [result.result() for result in results] == [1, 2, 4, 8]


@pytest.mark.parametrize("engine", ["reference", "compiled", "batched"])
def test_training_ends_within_the_current_epoch_and_yields_what_is_finished(engine, monkeypatch):
    """The second replicate has more epochs than anybody could wait for."""
    recipe = Recipe(ex.stage(ex.plain, epochs=10**9))
    first, second = [Job(cell, 0) for cell in ex.cells(ex.CLASSES)[:2]]
    finished, results = threading.Event(), []

    def orders(recipe, job):
        for epoch in range(10**9):
            stop_if_interrupted()
            if job is first and epoch == 2:
                finished.set()
                return
            if job is second and finished.wait(60) and epoch == 5:
                press()
            yield np.random.default_rng(epoch).permutation(job.cell.train)

    for module in (replicate.__name__, f"negres_core.engine.{engine}"):
        monkeypatch.setattr(import_module(module), "epoch_orders", orders)
    options = {"max_chunk": 1} if engine == "batched" else {}
    train = import_module(f"negres_core.engine.{engine}").train
    device = Device("cpu", "some processor", "tensorflow", workers=2)
    with interrupted():
        for job, result in train(recipe, ex.CLASSES, [first, second], device=device, **options):
            results.append((job, len(result.curve)))
            stop_if_interrupted()
    assert results == [(first, 2)]


def test_a_fit_is_interrupted_at_once():
    called = []

    def slow(train, test):
        called.append(len(called))
        if len(called) == 2:
            press()
            called.append("went on")
        return np.zeros(len(test), int)

    train = import_module("negres_core.engine.fits").train
    jobs = [Job(cell, 0) for cell in ex.cells(ex.CLASSES)[:3]]
    results = []
    with interrupted():
        results.extend(train(Recipe(Fit(slow)), ex.CLASSES, jobs, device=Device("cpu", "a", "tensorflow", workers=1)))
    assert called == [0, 1]


def test_an_event_asks_for_an_interruption_in_any_thread():
    request = threading.Event()
    with interruption_by(request):
        assert not interruption_requested()
        request.set()
        assert interruption_requested()
    assert not interruption_requested()
