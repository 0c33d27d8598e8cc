"""A session that trains on a cluster: `--negres-cluster`, opened by the first training, and closed at the end."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from negres_core.cluster.where import Where
from negres_core.errors import InputError
from negres_core.session.keys import folder_of, notes_of
from negres_core.session.terminal import is_worker

if TYPE_CHECKING:
    from negres_core.cluster.dask import DaskPool
    from negres_core.cluster.engine import Cluster
    from negres_core.engine.device import Device

_POOL_KEY: pytest.StashKey[DaskPool] = pytest.StashKey()
"""The pool of a cluster that was running before the session."""
_CLUSTERS_KEY: pytest.StashKey[dict[str, Cluster]] = pytest.StashKey()
"""The cluster of the session for each kind of device."""


def cluster_option(config: pytest.Config) -> str | None:
    """Return what `--negres-cluster` names; None without it."""
    text: str | None = config.getoption("negres_cluster")
    return text


def check_cluster(config: pytest.Config) -> None:
    """Raise pytest.UsageError if the option of the cluster cannot be honoured."""
    if (text := cluster_option(config)) is None:
        return
    try:
        where = Where.read(text)
    except InputError as error:
        raise pytest.UsageError(str(error)) from error
    if where.kind != "dask" and (is_worker(config) or config.getoption("dist", "no") != "no"):
        raise pytest.UsageError(
            f"Each process of pytest-xdist would start its own workers: omit -n or --negres-cluster {text}."
        )


def device_on_cluster(config: pytest.Config, choose: Callable[[Any], Device], *, has_network: bool) -> Device:
    """Return the device that a session trains on: that of its cluster, if it has one.

    Args:
        config: the session.
        choose: returns a device of this machine for "auto", "cpu" or "gpu".
        has_network: whether an arm is a network.
    """
    text, requested = cluster_option(config), config.getoption("negres_device")
    if text is None:
        return choose(requested)
    where = Where.read(text)
    if where.kind == "local" or (where.kind == "submitit" and requested != "gpu"):
        device = choose(requested)
    else:
        ask = where.kind == "dask" and requested == "auto"
        seen = _pool_of(config, where.address).device(has_network=has_network) if ask else None
        kind = seen.kind if seen else requested
        # Models are inspected on what this machine has.
        device = choose("cpu" if kind == "cpu" else "auto")
        device = replace(device, kind=kind, name=seen.name if seen else f"that of {text}")
    clusters = config.stash.setdefault(_CLUSTERS_KEY, {})
    if device.kind not in clusters:
        clusters[device.kind] = _open(config, where, device)
    return replace(device, elsewhere=clusters[device.kind])


def _open(config: pytest.Config, where: Where, device: Device) -> Cluster:
    """Return a cluster that is opened by the first training."""
    from negres_core.cluster.engine import Cluster
    from negres_core.cluster.packing import place_of

    place = place_of(config.rootpath)
    if where.kind == "dask":
        return Cluster(lambda: _pool_of(config, where.address), place)
    from negres_core.cluster.local import check_count, processors_of, start_pool

    processors = processors_of(where.workers) if device.kind == "cpu" else None
    if where.kind == "local":
        check_count(where.workers, device)
        note = notes_of(config).append
        cluster = Cluster(lambda: start_pool(where.workers, device, note=note), place, processors=processors)
    else:
        from negres_core.cluster.submitit import SubmititPool

        def submit() -> SubmititPool:
            folder = folder_of(config) / "submitit"
            return SubmititPool(where.address, folder, workers=where.workers, parameters=where.parameters)

        cluster = Cluster(submit, place, processors=processors if where.address == "local" else None)
    config.add_cleanup(cluster.close)
    return cluster


def _pool_of(config: pytest.Config, address: str) -> DaskPool:
    from negres_core.cluster.dask import DaskPool, connect

    if _POOL_KEY not in config.stash:
        pool = DaskPool(connect(address), note=notes_of(config).append)
        config.stash[_POOL_KEY] = pool
        config.add_cleanup(pool.close)
    return config.stash[_POOL_KEY]
