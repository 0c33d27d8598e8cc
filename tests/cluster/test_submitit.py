"""Jobs of submitit give the evidence of one machine, and what they leave behind is removed."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import replace
from pathlib import Path

import pytest

from negres_core import KFolds, beats
from negres_core.cluster import submitit as jobs
from negres_core.cluster.contract import Answer
from negres_core.cluster.engine import Cluster
from negres_core.cluster.packing import place_of
from negres_core.cluster.submitit import DAY_S, SubmititPool
from negres_core.errors import ClusterError, InputError
from negres_core.evidence import Store
from negres_core.experiment.experiment import Experiment
from tests.cluster.test_dask import new_task
from tests.cluster.test_local import numbers_in
from tests.experiment.simple_arms import DATA, ONE, TWO


@pytest.fixture
def pool(tmp_path, monkeypatch):
    monkeypatch.setattr(jobs, "POLL_S", 0.02)
    pool = SubmititPool("local", tmp_path / "submitit", workers=2, parameters={"timeout_min": 5})
    yield pool
    pool.cancel()
    pool.close()


class FakeJob:
    """A job that has ended.

    Args:
        outcome: the answer, or the error of submitit.
    """

    job_id = "17"

    def __init__(self, outcome):
        self._outcome = outcome

    def done(self):
        return True

    def result(self):
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


def let_jobs_end(pool, monkeypatch, *outcomes):
    left = list(outcomes)
    monkeypatch.setattr(pool._executor, "submit", lambda *arguments: FakeJob(left.pop(0)))
    pool.submit(new_task())
    return left


def test_jobs_give_the_evidence_of_one_machine_and_a_killed_one_is_submitted_again(tmp_path, pool, device, monkeypatch):
    submit, killed = pool._executor.submit, []

    def submit_and_kill(*arguments):
        job = submit(*arguments)
        if not killed:
            killed.append(job)
            os.kill(job._process.pid, signal.SIGKILL)
        return job

    monkeypatch.setattr(pool._executor, "submit", submit_and_kill)

    def compare(name, device):
        store = Store(tmp_path / name)
        options = {"store": store, "device": device, "controls": "cheap"}
        experiment = Experiment(hypothesis="two", title="two columns are better", **options)
        design = KFolds(2, repeats=1, looks=False)
        return experiment.compare(TWO, against=ONE, on=DATA, claim=beats("accuracy"), design=design), store

    elsewhere = Cluster(lambda: pool, place_of(Path.cwd()), processors=1)
    evidence, store = compare("jobs", replace(device, elsewhere=elsewhere))
    alone, other = compare("alone", device)
    assert killed
    assert evidence.substance() == alone.substance()
    assert numbers_in(store) == numbers_in(other)
    elsewhere.close()
    assert list((tmp_path / "submitit").iterdir()) == []


def test_a_task_whose_jobs_all_end_comes_back_as_such(pool, monkeypatch):
    from submitit.core.utils import UncompletedJobError

    left = let_jobs_end(pool, monkeypatch, *[UncompletedJobError("killed")] * 4)
    [(_, answer)] = pool.as_completed()
    assert answer.killed == ("3 jobs, 17 at last",)
    assert len(left) == 1


def test_a_job_that_fails_by_itself_is_an_error_of_its_task(pool, monkeypatch):
    from submitit.core.utils import FailedJobError

    let_jobs_end(pool, monkeypatch, FailedJobError("no such file"))
    [(_, answer)] = pool.as_completed()
    assert str(answer.error) == "Job 17 failed: no such file"


def test_a_job_that_differs_is_refused(pool, monkeypatch):
    let_jobs_end(pool, monkeypatch, Answer(refused="Python is 3.12 there", worker="node7"))
    with pytest.raises(ClusterError, match=r"job 17 on node7: Python is 3\.12 there"):
        list(pool.as_completed())


def test_after_an_interruption_running_jobs_are_told_and_others_are_not_submitted(pool, monkeypatch):
    let_jobs_end(pool, monkeypatch, Answer(worker="node7"))
    [results] = [pool.as_completed()]
    pool._jobs[FakeJob(Answer(worker="node8"))] = new_task(2)
    monkeypatch.setattr(jobs, "interruption_requested", lambda: True)
    assert [answer.worker for _, answer in results] == ["node8"]
    assert (pool._folder / "stop-a call").exists()


def test_parameters_that_the_executor_does_not_know_are_refused(tmp_path):
    with pytest.raises(InputError, match="submitit does not accept these settings"):
        SubmititPool("local", tmp_path / "submitit", workers=2, parameters={"no_such": 1})
    assert list((tmp_path / "submitit").iterdir()) == []


def test_what_killed_sessions_left_is_removed_after_a_day(tmp_path):
    folder = tmp_path / "submitit"
    for name, age in (("old", DAY_S + 60), ("new", 60)):
        (folder / name).mkdir(parents=True)
        os.utime(folder / name, times=(time.time() - age,) * 2)
    pool = SubmititPool("local", folder, workers=1, parameters={})
    assert not (folder / "old").exists()
    assert (folder / "new").exists()
    pool.close()
