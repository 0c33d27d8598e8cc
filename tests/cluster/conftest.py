"""Workers that hold nothing, and an engine in them that trains nothing."""

from __future__ import annotations

from pathlib import Path

import pytest

from negres_core.cluster import worker
from negres_core.cluster.engine import Cluster
from negres_core.cluster.packing import place_of
from negres_core.engine.device import choose_device_of_fits
from tests.cluster.pools import PoolHere, SimpleEngine


@pytest.fixture(autouse=True)
def _nothing_held(monkeypatch):
    monkeypatch.setattr(worker, "HELD", worker.Held())
    worker._stops.clear()
    worker._device.cache_clear()
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "-1")
    yield
    worker._device.cache_clear()


@pytest.fixture
def device():
    """The device of a session of fits."""
    return choose_device_of_fits("cpu")


@pytest.fixture
def pool():
    return PoolHere()


@pytest.fixture
def cluster(pool):
    return Cluster(lambda: pool, place_of(Path.cwd()), processors=1)


@pytest.fixture
def engine(monkeypatch):
    """An engine in the workers that trains nothing."""
    engine = SimpleEngine()
    monkeypatch.setattr("negres_core.engine.selection.train", engine.train)
    return engine
