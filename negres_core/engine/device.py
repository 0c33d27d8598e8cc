"""Device policy: which device trains, decided once, loudly where it cannot be had."""

from __future__ import annotations

import os
import platform
import resource
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from negres_core.errors import DeviceError

Request = Literal["auto", "cpu", "gpu"]


@dataclass(frozen=True)
class Device:
    """What replicates are trained on.

    Attributes:
        kind: "cpu" or "gpu".
        name: the processor's name.
        backend: Keras' backend.
        workers: how many replicates to train side by side.
    """

    kind: Literal["cpu", "gpu"]
    name: str
    backend: str
    workers: int

    def __str__(self) -> str:
        return f"{self.kind} ({self.name}, {self.workers} at a time) with {self.backend}"


def gpu_visible() -> bool:
    """Tell whether this machine shows an NVIDIA GPU to this process, without importing a framework."""
    if os.environ.get("CUDA_VISIBLE_DEVICES", "all") in ("", "-1"):
        return False
    if (program := shutil.which("nvidia-smi")) is not None:
        listed = subprocess.run([program, "-L"], capture_output=True, text=True, check=False)
        return listed.returncode == 0 and "GPU" in listed.stdout
    driver = Path("/proc/driver/nvidia/gpus")
    return driver.is_dir() and any(driver.iterdir())


def require_gpu() -> None:
    """Raise DeviceError where the driver shows no GPU."""
    if not gpu_visible():
        raise DeviceError(
            "A GPU was asked for and this machine shows none.",
            received="--negres-device gpu",
            remedy="Check `nvidia-smi` and CUDA_VISIBLE_DEVICES, or run with --negres-device cpu.",
        )


def choose_device(request: Request) -> Device:
    """Choose the device by what the framework itself can use; on "cpu", hide GPUs from it.

    Raises:
        DeviceError: "gpu" was asked for, and the driver or the framework shows none.
    """
    if request == "gpu":
        require_gpu()
    names = [] if request == "cpu" else _framework_gpus()
    if names:
        return Device("gpu", names[0], _backend(), workers=1)
    if request == "gpu":
        raise DeviceError(
            "The driver shows a GPU, but the framework cannot use it.",
            received=f"--negres-device gpu with the {_backend()} backend",
            remedy="Install the framework's GPU build (the extra `gpu`), or run with --negres-device cpu.",
        )
    if request == "cpu":
        _hide_gpus()
    return Device("cpu", cpu_name(), _backend(), workers=cpu_count())


def cpu_count() -> int:
    """Count the processors this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def cpu_name() -> str:
    """Name the processor."""
    described = Path("/proc/cpuinfo")
    if described.is_file():
        for line in described.read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def peak_memory_bytes() -> int:
    """Return the peak resident memory of this process."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def _backend() -> str:
    import keras

    return keras.backend.backend()


def _framework_gpus() -> list[str]:
    if _backend() == "jax":
        import jax

        return [device.device_kind for device in jax.devices() if device.platform == "gpu"]
    import tensorflow as tf

    found = tf.config.list_physical_devices("GPU")
    return [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in found]


def _hide_gpus() -> None:
    if _backend() == "jax":
        import jax

        config: Any = jax.config  # JAX leaves it untyped
        config.update("jax_platforms", "cpu")
    else:
        import tensorflow as tf

        tf.config.set_visible_devices([], "GPU")
