"""A session that trains on a cluster: `--negres-cluster`, read, opened at the first training, and closed at the end."""

from __future__ import annotations

import functools
import importlib.util
import re
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from negres_core.errors import InputError
from negres_core.session.keys import notes_of
from negres_core.session.terminal import is_worker

if TYPE_CHECKING:
    from negres_core.cluster.dask import DaskPool
    from negres_core.cluster.engine import Cluster
    from negres_core.engine.device import Device

_POOL_KEY: pytest.StashKey[DaskPool] = pytest.StashKey()
"""The pool of a cluster that was running before the session."""
_CLUSTERS_KEY: pytest.StashKey[dict[str, Cluster]] = pytest.StashKey()
"""The cluster of the session for each kind of device."""

LOCAL = re.compile(r"local:(\d+)")


def cluster_option(config: pytest.Config) -> str | None:
    """Return what `--negres-cluster` names; None without it."""
    text: str | None = config.getoption("negres_cluster")
    return text


def check_cluster(config: pytest.Config) -> None:
    """Raise pytest.UsageError if the option of the cluster cannot be honoured."""
    if (text := cluster_option(config)) is None:
        return
    try:
        _check(config, text)
    except InputError as error:
        raise pytest.UsageError(str(error)) from error


def _check(config: pytest.Config, text: str) -> None:
    if importlib.util.find_spec("distributed") is None:
        raise InputError(
            "Training on a cluster needs Dask.",
            received=f"--negres-cluster {text}, and no package `distributed`",
            remedy='Install the extra: pip install "negres[cluster]".',
        )
    local = LOCAL.fullmatch(text)
    if local is None and ("://" not in text or text.startswith("local:")):
        raise InputError(
            "--negres-cluster names workers on this machine, or the scheduler of a cluster of Dask.",
            received=f"--negres-cluster {text}",
            remedy="Give local:4, or an address such as tcp://10.0.0.1:8786.",
        )
    if local and (is_worker(config) or config.getoption("dist", "no") != "no"):
        raise InputError(
            "Each process of pytest-xdist would start workers of its own.",
            received=f"--negres-cluster {text} with -n",
            remedy="Leave one of them out.",
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
    if local := LOCAL.fullmatch(text):
        device = choose(requested)
    else:
        seen = _pool_of(config, text).device(has_network=has_network) if requested == "auto" else None
        kind = seen.kind if seen else requested
        device = choose("cpu" if kind == "cpu" else "auto")
        device = replace(device, kind=kind, name=seen.name if seen else device.name)
    clusters = config.stash.setdefault(_CLUSTERS_KEY, {})
    if device.kind not in clusters:
        clusters[device.kind] = _open(config, text, device, int(local[1]) if local else None)
    return replace(device, elsewhere=clusters[device.kind])


def _open(config: pytest.Config, text: str, device: Device, count: int | None) -> Cluster:
    from negres_core.cluster.engine import Cluster
    from negres_core.cluster.packing import place_of

    place = place_of(config.rootpath)
    if count is None:
        return Cluster(lambda: _pool_of(config, text), place)
    from negres_core.cluster.local import check_count, processors_of, start_pool

    check_count(count, device)
    start = functools.partial(start_pool, count, device, note=notes_of(config).append)
    cluster = Cluster(start, place, processors=processors_of(count) if device.kind == "cpu" else None)
    config.add_cleanup(cluster.close)
    return cluster


def _pool_of(config: pytest.Config, address: str) -> DaskPool:
    from negres_core.cluster.dask import DaskPool, connect

    if _POOL_KEY not in config.stash:
        pool = DaskPool(connect(address), note=notes_of(config).append)
        config.stash[_POOL_KEY] = pool
        config.add_cleanup(pool.close)
    return config.stash[_POOL_KEY]
