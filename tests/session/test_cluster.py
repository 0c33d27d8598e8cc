"""--negres-cluster: where a session trains, and what it cannot be combined with."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from negres_core.engine.device import Device
from negres_core.session import cluster as sessions
from negres_core.session.cluster import check_cluster, cluster_option, device_on_cluster

CPU = Device("cpu", "this processor", "jax", workers=4)


class FakeConfig:
    """The part of a session's configuration that matters."""

    def __init__(self, cluster, device="auto", dist="no", rootpath=None):
        self._options = {"negres_cluster": cluster, "negres_device": device, "dist": dist}
        self.stash, self.rootpath, self.cleanups = pytest.Stash(), rootpath, []

    def getoption(self, name, default=None):
        return self._options.get(name, default)

    def add_cleanup(self, function):
        self.cleanups.append(function)


def choose(request):
    return CPU


@pytest.mark.parametrize(
    ("config", "message"),
    [
        (FakeConfig("local"), "names workers on this machine"),
        (FakeConfig("local:2", dist="load"), "Each process of pytest-xdist would start its own workers"),
        (FakeConfig("submitit:local", dist="load"), "omit -n or --negres-cluster submitit:local"),
    ],
    ids=["no number", "xdist", "jobs and xdist"],
)
def test_what_cannot_be_honoured_is_refused(config, message):
    with pytest.raises(pytest.UsageError, match=message):
        check_cluster(config)


@pytest.mark.parametrize("text", [None, "local:2", "tcp://10.0.0.1:8786", "tls://10.0.0.1:8786"])
def test_a_place_is_accepted(text):
    config = FakeConfig(text)
    check_cluster(config)
    assert cluster_option(config) == text


def test_without_the_option_this_process_trains():
    assert device_on_cluster(FakeConfig(None), choose, has_network=True) is CPU


def test_workers_on_this_machine_are_started_by_the_first_training(tmp_path, monkeypatch):
    monkeypatch.setattr("negres_core.cluster.local.cpu_count", lambda: 4)
    config = FakeConfig("local:2", rootpath=tmp_path)
    device = device_on_cluster(config, choose, has_network=True)
    assert device == CPU
    assert device.elsewhere is device_on_cluster(config, choose, has_network=False).elsewhere
    assert [function.__self__ for function in config.cleanups] == [device.elsewhere]


@pytest.mark.parametrize(
    ("requested", "kind", "name"), [("auto", "gpu", "H200"), ("cpu", "cpu", "that of tcp://10.0.0.1:8786")]
)
def test_the_kind_of_device_is_that_of_the_first_worker(tmp_path, monkeypatch, requested, kind, name):
    pool = SimpleNamespace(device=lambda has_network: Device("gpu", "H200", "jax", workers=1), close=lambda: None)
    monkeypatch.setattr("negres_core.cluster.dask.connect", lambda address: None)
    monkeypatch.setattr("negres_core.cluster.dask.DaskPool", lambda client, note: pool)
    config = FakeConfig("tcp://10.0.0.1:8786", device=requested, rootpath=tmp_path)
    device = device_on_cluster(config, choose, has_network=True)
    assert (device.kind, device.name) == (kind, name)
    assert (sessions._POOL_KEY in config.stash) == (requested == "auto")


@pytest.mark.parametrize(("requested", "kind"), [("auto", "cpu"), ("gpu", "gpu")])
def test_jobs_have_the_device_that_is_asked_for(tmp_path, requested, kind):
    config = FakeConfig("submitit:local?jobs=2", device=requested, rootpath=tmp_path)
    config._options |= {"negres_evidence": ".negres", "negres_smoke": False}
    device = device_on_cluster(config, choose, has_network=True)
    assert device.kind == kind
    assert device.elsewhere is not None
    assert not (tmp_path / ".negres").exists()
