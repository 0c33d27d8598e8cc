"""Workers on this machine: processes that live as long as the session, and share its processors."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

from negres_core.cluster.contract import MOST_DEATHS
from negres_core.cluster.dask import DaskPool
from negres_core.engine.device import Device, cpu_count, visible_gpus
from negres_core.errors import ClusterError, InputError

SETTINGS: dict[str, Any] = {
    # Each task may end so many workers; and none waits in a worker behind it, where it would share the blame.
    "distributed.scheduler.allowed-failures": MOST_DEATHS - 1,
    "distributed.scheduler.worker-saturation": 1.0,
    # A worker that compiles may hold the interpreter's lock for long.
    "distributed.scheduler.worker-ttl": None,
    "distributed.admin.tick.limit": "1h",
    # What is set before a worker starts would stay set in this process. Workers are told by `env`.
    "distributed.nanny.pre-spawn-environ": {},
    "distributed.worker.profile.enabled": False,
}
"""Settings of Dask."""

THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "NPROC")
"""Environment variables by which libraries are told how many threads they may have."""

CHANGED = ("PYTHONHASHSEED", "__DASK_PARENT_PID")
"""Environment variables that Dask sets in this process whenever it starts a worker."""

GPUS = "NEGRES_WORKER_GPUS"
"""Environment variable that lists the GPUs of the session; each worker takes the one at its own number."""


def dask_setup(worker: Any) -> None:
    """Prepare a worker before it imports a framework. Dask calls this, since the module is its `preload`."""
    # A terminal sends Ctrl-C to all processes, and the session ends its workers itself.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if gpus := os.environ.get(GPUS):
        os.environ["CUDA_VISIBLE_DEVICES"] = gpus.split(",")[int(worker.name)]


def processors_of(count: int) -> int:
    """Return how many processors each of so many workers has."""
    return max(1, cpu_count() // count)


def check_count(count: int, device: Device) -> None:
    """Raise InputError if there are more workers than GPUs, or than processors."""
    most, what = (len(visible_gpus()), "GPU") if device.kind == "gpu" else (cpu_count(), "processor")
    if not 1 <= count <= most:
        raise InputError(
            f"Each worker on this machine needs a {what} of its own.",
            received=f"local:{count}, and {most} {what}{'' if most == 1 else 's'}",
            remedy=f"Give a number from 1 to {most}: local:{most}.",
        )


def start_pool(count: int, device: Device, *, note: Callable[[str], None]) -> DaskPool:
    """Start workers, and return a pool that ends them when it is closed.

    Args:
        count: the number of workers.
        device: the device of the session. On GPUs, each worker has one.
        note: called with a sentence about each worker that is refused.

    Raises:
        ClusterError: they do not start.
    """
    import dask
    from distributed import Client

    env = {"KERAS_BACKEND": device.backend} if device.backend != "none" else {}
    if device.kind == "gpu":
        env[GPUS] = ",".join(visible_gpus())
    else:
        env |= dict.fromkeys(THREADS, str(processors_of(count)))
    before = {name: os.environ.get(name) for name in CHANGED}

    def restore() -> None:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value

    def end() -> None:
        cluster.close()
        restore()

    with dask.config.set(SETTINGS):
        cluster = _start(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            memory_limit=0,
            silence_logs="CRITICAL",
            env=env,
            preload=__name__,
        )
        client = Client(cluster)
    restore()
    return DaskPool(client, note=note, end=end)


def _start(**options: Any) -> Any:
    """Start workers. One that ends before it is ready ends the others, so that all are started again.

    Raises:
        ClusterError: they ended each time.
    """
    from distributed import LocalCluster

    for _ in range(MOST_DEATHS):
        try:
            return LocalCluster(**options)
        except RuntimeError as error:
            last = error
    raise ClusterError(
        "The workers on this machine do not start.",
        received=f"{MOST_DEATHS} times: {last}",
        remedy="They may lack memory, or room for temporary files. Look at the system's log, or give fewer workers.",
    ) from last
