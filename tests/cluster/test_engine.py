"""The engine that trains elsewhere: every replicate comes back once, and what a worker cannot do is said."""

from __future__ import annotations

import warnings

import pytest

from negres_core.cluster import worker
from negres_core.cluster.contract import Answer
from negres_core.design import KFolds
from negres_core.engine import interruption
from negres_core.engine.contract import Job
from negres_core.errors import ClusterError, EngineWarning
from tests.experiment.simple_arms import DATA, ONE

DESIGN = KFolds(3, repeats=2)
CELLS = list(DESIGN.split(DATA))
JOBS = [Job(cell, seed) for cell in CELLS for seed in (0, 1)]


def names(jobs):
    return sorted((job.cell.repeat, job.cell.fold, job.seed) for job in jobs)


def test_every_replicate_comes_back_once_with_its_worker(cluster, device, engine):
    results = list(cluster(ONE, DATA, JOBS, device=device))
    assert names(job for job, _ in results) == names(JOBS)
    assert {job for job, _ in results} == set(JOBS)
    assert {result.provenance.worker for _, result in results} == {"one on here"}


def test_a_worker_is_sent_what_it_lacks_once(cluster, pool, device, engine, monkeypatch):
    sent = []
    hold = worker.hold
    monkeypatch.setattr(worker, "hold", lambda name, packed: (sent.append(name), hold(name, packed)))
    list(cluster(ONE, DATA, JOBS[:6], device=device))
    list(cluster(ONE, DATA, JOBS[6:], device=device))
    assert len(sent) == len(set(sent)) == 2


def test_the_model_of_the_stage_before_is_sent(cluster, device, engine, tmp_path):
    path = tmp_path / "parent.keras"
    path.write_bytes(b"weights")
    list(cluster(ONE, DATA, [Job(CELLS[0], 0, path)], device=device))
    assert engine.parents == [(b"weights", ".keras")]


def test_a_replicate_that_ends_its_workers_is_named_and_all_others_are_trained(cluster, pool, device, engine):
    pool.dies = lambda task: any((one.repeat, one.fold, one.seed) == (1, 2, 0) for one in task.replicas)
    trained = []

    def train():
        for job, _ in cluster(ONE, DATA, JOBS, device=device):
            trained.append(job)  # what came before the error counts

    with pytest.raises(ClusterError, match=r"1 replicate of .* ended every worker") as raised:
        train()
    assert "repeat 2, fold 3, seed 1 ended 3 workers" in str(raised.value)
    assert names(trained) == names(set(JOBS) - {Job(CELLS[5], 0)})


def test_an_error_of_the_users_is_raised_with_its_worker_and_ends_what_is_under_way(cluster, pool, device, engine):
    engine.fails_after = 0
    with pytest.raises(RuntimeError, match="out of memory") as raised:
        list(cluster(ONE, DATA, JOBS, device=device))
    assert raised.value.__notes__ == ["It was raised in worker one on here."]
    assert pool.cancelled


def test_a_warning_of_the_engine_is_given_once(cluster, pool, device):
    pool.answer = lambda task: Answer(warnings=("it is slow",))
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        list(cluster(ONE, DATA, JOBS, device=device))
    assert [(each.category, str(each.message)) for each in caught] == [(EngineWarning, "it is slow")]


def test_nothing_more_is_sent_after_an_interruption(cluster, pool, device, engine, monkeypatch):
    monkeypatch.setattr(interruption, "_requests", [])
    results = cluster(ONE, DATA, JOBS, device=device)
    next(results)
    monkeypatch.setattr("negres_core.cluster.engine.interruption_requested", lambda: True)
    before = len(pool.tasks)
    list(results)
    assert len(pool.tasks) == before


def test_the_pool_is_opened_by_the_first_training_and_closed_after_it(cluster, pool, device, engine):
    cluster.close()
    assert not pool.is_closed
    list(cluster(ONE, DATA, JOBS[:1], device=device))
    cluster.close()
    assert pool.is_closed
