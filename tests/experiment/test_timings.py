"""Timings of a run."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, datetime
from types import SimpleNamespace

from negres_core.experiment.timings import begin_timings, finish_timings


def test_a_run_begins_now_in_utc():
    began = datetime.fromisoformat(begin_timings().started_at)

    assert began.utcoffset().total_seconds() == 0
    assert 0 <= (datetime.now(UTC) - began).total_seconds() < 60


def test_what_all_trainers_trained_and_reused_is_added_up():
    trainers = [SimpleNamespace(trained=3, reused=1), SimpleNamespace(trained=0, reused=5)]
    began = begin_timings()

    ended = finish_timings(began, time.perf_counter() - 100, *trainers)

    assert (ended.started_at, ended.trained, ended.reused) == (began.started_at, 3, 6)
    assert ended.wall_s >= 100
    assert ended.train_s == {}


def test_the_median_time_of_a_replicate_of_each_arm_is_kept(new_run):
    run = new_run()

    def timed(arm, seconds):
        own = [each.updated(cost={"train_s": each_s}) for each, each_s in zip(arm.replicates, seconds, strict=True)]
        return dataclasses.replace(arm, stages=[*arm.stages[:-1], own])

    arms = [timed(run.arms[0], [*range(6), 1000, None]), timed(run.arms[1], [None] * 8)]

    ended = finish_timings(begin_timings(), time.perf_counter(), arms=arms)

    assert ended.train_s == {"treatment": 3.0, "control": None}
