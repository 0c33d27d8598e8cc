"""Device policy: which device trains, chosen once; a missing device is an error, never a silent fallback."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from negres_core.errors import DeviceError

if TYPE_CHECKING:
    from negres_core.engine.contract import Train

Request = Literal["auto", "cpu", "gpu"]

BACKENDS = ("tensorflow", "jax", "torch")
"""Backends of Keras that have an engine; PyTorch has the reference engine alone."""


@dataclass(frozen=True)
class Device:
    """The device that trains replicates.

    Attributes:
        kind: "cpu" or "gpu".
        name: the processor's name.
        backend: Keras' backend.
        workers: how many replicates to train in parallel.
        elsewhere: trains in other processes or on other machines, all with a device of this kind; None to
            train in this process.
    """

    kind: Literal["cpu", "gpu"]
    name: str
    backend: str
    workers: int
    elsewhere: Train | None = field(default=None, repr=False, compare=False)

    def __str__(self) -> str:
        return f"{self.kind} ({self.name}, {self.workers} at a time) with {self.backend}"


def gpu_visible() -> bool:
    """Return whether this machine shows an NVIDIA GPU to this process, without importing a framework."""
    return bool(visible_gpus())


def visible_gpus() -> list[str]:
    """Return the NVIDIA GPUs that this machine shows to this process, as CUDA_VISIBLE_DEVICES names them."""
    allowed = os.environ.get("CUDA_VISIBLE_DEVICES")
    if allowed in ("", "-1"):
        return []
    if (program := shutil.which("nvidia-smi")) is not None:
        listing = subprocess.run([program, "-L"], capture_output=True, text=True, check=False)
        there = sum(line.startswith("GPU") for line in listing.stdout.splitlines()) if listing.returncode == 0 else 0
    else:
        driver = Path("/proc/driver/nvidia/gpus")
        there = len(list(driver.iterdir())) if driver.is_dir() else 0
    return (allowed.split(",") if allowed else [str(number) for number in range(there)]) if there else []


def require_gpu() -> None:
    """Raise DeviceError if the driver shows no GPU."""
    if not gpu_visible():
        raise DeviceError(
            "A GPU was requested, but none was found on this machine.",
            received="--negres-device gpu",
            remedy="Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or run with --negres-device cpu.",
        )


def choose_device(request: Request) -> Device:
    """Choose the device by what the framework itself can use; on "cpu", hide GPUs from it.

    Raises:
        DeviceError: "gpu" was requested, but the driver or the framework shows none; or Keras runs on a backend that
            has no engine.
    """
    backend = keras_backend()
    if request == "gpu":
        require_gpu()
    names = [] if request == "cpu" else _framework_gpus()
    if names:
        return Device("gpu", names[0], backend, workers=1)
    if request == "gpu":
        raise DeviceError(
            "There is a GPU, but the framework cannot use it.",
            received=f"--negres-device gpu with the {backend} backend",
            remedy="Install the framework's GPU build (the extra `gpu`), or run with --negres-device cpu.",
        )
    if request == "cpu":
        _hide_gpus()
    return Device("cpu", cpu_name(), backend, workers=cpu_count())


def choose_device_of_fits(request: Request) -> Device:
    """Return the device of a session whose arms are all fits, whose own functions decide where they compute.

    No framework is imported. On "cpu", GPUs are hidden from what the functions will import.

    Raises:
        DeviceError: "gpu" was requested, but the driver shows none.
    """
    if request == "gpu":
        require_gpu()
    if request == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    elif gpu_visible():
        return Device("gpu", "as its functions choose", configured_backend(), workers=1)
    return Device("cpu", cpu_name(), configured_backend(), workers=cpu_count())


def configured_backend() -> str:
    """Return the name of the backend that Keras would run on, without importing it; "none" if it is not installed."""
    if "keras" in sys.modules:
        import keras

        return str(keras.backend.backend())
    folder = Path(os.environ.get("KERAS_HOME", Path.home() / ".keras"))
    backend = os.environ.get("KERAS_BACKEND")
    if not backend:
        try:
            backend = json.loads((folder / "keras.json").read_text())["backend"]
        except (OSError, ValueError, KeyError):
            backend = "tensorflow"
    return str(backend) if importlib.util.find_spec(str(backend)) else "none"


def keras_backend() -> str:
    """Return the name of Keras' backend.

    Raises:
        DeviceError: no engine trains on it.
    """
    # To import Keras on a backend that is not installed fails, so the variable is checked first.
    backend = os.environ.get("KERAS_BACKEND", "")
    if backend in ("", *BACKENDS) or "keras" in sys.modules:
        import keras

        backend = keras.backend.backend()
    if backend not in BACKENDS:
        raise DeviceError(
            f"negres trains with Keras on TensorFlow, JAX or PyTorch, not on {backend} yet.",
            received=f"the Keras backend {backend!r}",
            remedy="Set the environment variable KERAS_BACKEND to tensorflow, jax or torch.",
        )
    return backend


def cpu_count() -> int:
    """Count the processors that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_name() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.is_file():
        for line in cpuinfo.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def peak_memory_bytes() -> int:
    """Return the peak resident memory of this process."""
    if sys.platform == "win32":
        # psutil knows the peak only on Windows, which lacks the standard library's `resource`.
        import psutil

        return int(psutil.Process().memory_info().peak_wset)
    import resource

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _framework_gpus() -> list[str]:
    if keras_backend() == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    if keras_backend() == "torch":
        from negres_core.engine import torch

        return torch.gpu_names()
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]


def _hide_gpus() -> None:
    if keras_backend() == "jax":
        import jax

        config: Any = jax.config  # JAX does not type it
        config.update("jax_platforms", "cpu")
    elif keras_backend() == "torch":
        from negres_core.engine import torch

        torch.use_processor()
    else:
        import tensorflow as tf

        tf.config.set_visible_devices([], "GPU")
