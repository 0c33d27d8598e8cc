"""Workers on this machine: real ones, which train the arms of a hypothesis and end with the pool."""

from __future__ import annotations

import os
import signal
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import distributed
import psutil
import pytest

from negres_core import KFolds, beats
from negres_core.cluster import local
from negres_core.cluster.engine import Cluster
from negres_core.cluster.local import GPUS, check_count, dask_setup, processors_of, start_pool
from negres_core.cluster.packing import place_of
from negres_core.engine.device import Device
from negres_core.errors import ClusterError, InputError
from negres_core.evidence import Store
from negres_core.experiment.experiment import Experiment
from tests.experiment.simple_arms import DATA, ONE, TWO

CPU, GPU = (Device(kind, "some device", "jax", workers=1) for kind in ("cpu", "gpu"))


def numbers_in(store):
    excluded = {"cost", "provenance", "recorded_at", "model"}
    found = [store.find(path.stem) for path in store.folder.glob("replicates/*/*.json")]
    return {replicate.id: replicate.model_dump(exclude=excluded) for replicate in found}


def test_two_workers_give_the_evidence_of_one_machine_and_survive_a_kill(tmp_path, device, monkeypatch):
    monkeypatch.setenv("PYTHONHASHSEED", "1")  # as tox sets it; Dask sets another one
    notes = []
    environment = {name: os.environ.get(name) for name in local.CHANGED}
    pool = start_pool(2, device, note=notes.append)
    cluster = Cluster(lambda: pool, place_of(Path.cwd()), processors=1)
    killed = []

    def kill_one(what, done, total):
        if done == 3 and not killed:
            processes = psutil.Process().children(recursive=True)
            [process, _] = [each for each in processes if "negres_core.cluster.child" in each.cmdline()]
            killed.append(process)
            process.kill()

    def compare(name, device, progress=lambda what, done, total: None):
        store = Store(tmp_path / name)
        options = {"store": store, "device": device, "controls": "cheap", "progress": progress}
        experiment = Experiment(hypothesis="two", title="two columns are better", **options)
        design = KFolds(4, repeats=3, looks=False)
        return experiment.compare(TWO, against=ONE, on=DATA, claim=beats("accuracy"), design=design), store

    try:
        evidence, store = compare("cluster", replace(device, elsewhere=cluster), kill_one)
    finally:
        cluster.close()
        pool.close()
    alone, other = compare("alone", device)
    assert killed
    assert notes == []
    assert evidence.substance() == alone.substance()
    assert numbers_in(store) == numbers_in(other)
    workers = {store.find(path.stem).provenance.worker for path in store.folder.glob("replicates/*/*.json")}
    assert None not in workers
    assert {name: os.environ.get(name) for name in local.CHANGED} == environment


def test_processors_are_shared(monkeypatch):
    monkeypatch.setattr(local, "cpu_count", lambda: 7)
    assert [processors_of(count) for count in (1, 2, 3, 7)] == [7, 3, 2, 1]


@pytest.mark.parametrize(("device", "count", "received"), [(CPU, 5, "4 processors"), (CPU, 0, ""), (GPU, 2, "1 GPU")])
def test_each_worker_needs_a_processor_or_a_gpu(monkeypatch, device, count, received):
    monkeypatch.setattr(local, "cpu_count", lambda: 4)
    monkeypatch.setattr(local, "visible_gpus", lambda: ["0"])
    with pytest.raises(InputError, match=f"local:{count}, and {received}"):
        check_count(count, device)
    check_count(1, device)


def test_each_worker_has_its_gpu_and_leaves_ctrl_c_to_the_session(monkeypatch):
    monkeypatch.setenv(GPUS, "3,5")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,5")
    before = signal.getsignal(signal.SIGINT)
    try:
        dask_setup(SimpleNamespace(name=1))
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert os.environ["CUDA_VISIBLE_DEVICES"] == "5"


def test_workers_that_end_while_they_start_are_started_again(monkeypatch):
    """One that was killed then would otherwise end the hypothesis."""
    outcomes = [RuntimeError("Nanny failed to start."), RuntimeError("Nanny failed to start."), "a cluster"]

    def start(**options):
        if isinstance(outcome := outcomes.pop(0), Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(distributed, "LocalCluster", start)
    assert local._start() == "a cluster"
    outcomes.extend([RuntimeError("Nanny failed to start.")] * 3)
    with pytest.raises(ClusterError, match=r"Received: 3 times: Nanny failed to start"):
        local._start()
