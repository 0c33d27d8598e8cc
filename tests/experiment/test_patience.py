"""Small runs on the slow engine are given up if they would take too long."""

from __future__ import annotations

import pytest

from negres_core.experiment.patience import SlowSmallRunError, patient


class Clock:
    """A clock that a test sets."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_a_small_run_is_given_up_after_the_first_replicate_that_shows_how_long_it_takes():
    clock, seen = Clock(), []
    report = patient(lambda *what: seen.append(what), limit_s=100, clock=clock)
    report("permuted targets", 0, 30)
    clock.now = 10
    with pytest.raises(SlowSmallRunError, match="permuted targets, would take about 5 minutes; at most"):
        report("permuted targets", 1, 30)
    assert seen == [("permuted targets", 0, 30), ("permuted targets", 1, 30)]


def test_a_small_run_within_the_limit_is_finished():
    clock = Clock()
    report = patient(lambda *what: None, limit_s=100, clock=clock)
    for done in range(31):
        clock.now = done * 3.0
        report("permuted targets", done, 30)


def test_replicates_that_were_found_are_not_counted():
    clock = Clock()
    report = patient(lambda *what: None, limit_s=100, clock=clock)
    report("permuted targets", 25, 30)
    clock.now = 15.0
    report("permuted targets", 26, 30)


def test_a_small_run_that_is_ready_is_not_given_up():
    clock = Clock()
    report = patient(lambda *what: None, limit_s=1, clock=clock)
    report("true targets", 0, 1)
    clock.now = 1000.0
    report("true targets", 1, 1)
