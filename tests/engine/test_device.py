"""The device is the requested one, or an error with a remedy."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace

import keras
import numpy as np
import pytest

from negres_core.engine import device
from negres_core.errors import DeviceError


@pytest.fixture
def driver(monkeypatch):
    """Let `nvidia-smi -L` print a list of GPUs and exit with a code; None removes the program."""

    def driver(listing, code=0):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setattr(device.shutil, "which", lambda program: None if listing is None else f"/bin/{program}")
        done = subprocess.CompletedProcess([], code, stdout=listing)
        monkeypatch.setattr(device.subprocess, "run", lambda *_, **__: done)
        monkeypatch.setattr(Path, "is_dir", lambda _: False)

    return driver


def test_a_listed_gpu_is_visible(driver):
    driver("GPU 0: NVIDIA H200 (UUID: GPU-1)\n")
    assert device.gpu_visible()


@pytest.mark.parametrize(("listing", "code"), [(None, 0), ("", 0), ("No devices were found\n", 0), ("GPU 0", 9)])
def test_no_gpu_is_visible_if_none_is_listed(driver, listing, code):
    driver(listing, code)
    assert not device.gpu_visible()


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_a_hidden_gpu_is_not_visible(driver, monkeypatch, hidden):
    driver("GPU 0: NVIDIA H200\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not device.gpu_visible()


def test_a_required_gpu_that_is_missing_is_an_error_with_a_remedy(driver):
    driver(None)
    with pytest.raises(DeviceError, match="but none was found") as error:
        device.require_gpu()
    assert "--negres-device gpu" in error.value.received
    assert "CUDA_VISIBLE_DEVICES" in error.value.remedy
    with pytest.raises(DeviceError, match="but none was found"):
        device.choose_device("gpu")


def test_a_gpu_that_the_framework_cannot_use_is_an_error_with_a_remedy(driver, monkeypatch):
    driver("GPU 0: NVIDIA H200\n")
    device.require_gpu()
    monkeypatch.setattr(device, "_framework_gpus", list)
    with pytest.raises(DeviceError, match="the framework cannot use it") as error:
        device.choose_device("gpu")
    assert keras.backend.backend() in error.value.received
    assert "cpu" in error.value.remedy


@pytest.mark.parametrize("request_", ["auto", "gpu"])
def test_a_gpu_that_the_framework_can_use_is_chosen(driver, monkeypatch, request_):
    driver("GPU 0: NVIDIA H200\n")
    monkeypatch.setattr(device, "_framework_gpus", lambda: ["NVIDIA H200"])
    chosen = device.choose_device(request_)
    assert (chosen.kind, chosen.name, chosen.workers) == ("gpu", "NVIDIA H200", 1)


def test_the_processor_is_chosen_on_request(monkeypatch):
    monkeypatch.setattr(device, "_framework_gpus", lambda: ["NVIDIA H200"])
    chosen = device.choose_device("cpu")
    assert chosen.kind == "cpu"
    assert chosen.name
    assert chosen.backend == keras.backend.backend()
    assert chosen.workers == device.cpu_count() >= 1


def test_auto_takes_the_processor_if_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(device, "_framework_gpus", list)
    assert device.choose_device("auto").kind == "cpu"


def test_a_device_is_shown_with_its_name_workers_and_backend():
    shown = str(device.Device("cpu", "a processor", "tensorflow", 2))
    assert shown == "cpu (a processor, 2 at a time) with tensorflow"


def test_the_peak_memory_never_falls():
    before = device.peak_memory_bytes()
    kept = np.ones(2**24, np.uint8)
    assert device.peak_memory_bytes() >= before > kept.nbytes


def test_on_windows_the_peak_memory_comes_from_psutil(monkeypatch):
    psutil = ModuleType("psutil")
    psutil.Process = lambda: SimpleNamespace(memory_info=lambda: SimpleNamespace(peak_wset=123))
    monkeypatch.setitem(sys.modules, "psutil", psutil)
    monkeypatch.setitem(sys.modules, "resource", None)  # importing it fails, as on Windows
    monkeypatch.setattr(device.sys, "platform", "win32")
    assert device.peak_memory_bytes() == 123


def test_on_macos_the_peak_memory_is_in_bytes(monkeypatch):
    on_linux = device.peak_memory_bytes()
    monkeypatch.setattr(device.sys, "platform", "darwin")
    assert device.peak_memory_bytes() == pytest.approx(on_linux / 1024, rel=0.1)


CHOOSE = """
import sys
from negres_core.engine.device import choose_device
from negres_core.errors import DeviceError
try:
    choose_device(sys.argv[1])
except DeviceError as error:
    print(error, "keras" in sys.modules)
"""


@pytest.mark.parametrize("request_", ["auto", "cpu", "gpu"])
@pytest.mark.parametrize("backend", ["openvino", "numpy"])
def test_a_backend_without_an_engine_is_refused_before_keras_is_imported(backend, request_):
    """In a process of its own: Keras reads the variable once, and fails if the backend is not installed."""
    run = subprocess.run(
        [sys.executable, "-c", CHOOSE, request_],
        cwd=Path(__file__).resolve().parents[2],
        env=os.environ | {"KERAS_BACKEND": backend, "PYTHONPATH": "."},
        capture_output=True,
        text=True,
        check=True,
    )
    wrong, received, remedy = run.stdout.splitlines()
    assert wrong == f"negres trains with Keras on TensorFlow, JAX or PyTorch, not on {backend} yet."
    assert backend in received
    assert remedy == "  To do: Set the environment variable KERAS_BACKEND to tensorflow, jax or torch. False"


def test_a_backend_from_keras_own_configuration_file_is_checked_too(monkeypatch):
    monkeypatch.setattr(keras.backend, "backend", lambda: "openvino")
    with pytest.raises(DeviceError, match="TensorFlow, JAX or PyTorch, not on openvino yet"):
        device.choose_device("cpu")


def test_the_backend_of_an_imported_keras_is_the_one_in_use(monkeypatch):
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    assert device.keras_backend() == keras.backend.backend()


@pytest.mark.parametrize(
    ("allowed", "visible"), [(None, ["0", "1"]), ("1", ["1"]), ("GPU-a,GPU-b", ["GPU-a", "GPU-b"])]
)
def test_each_visible_gpu_has_the_name_by_which_it_is_chosen(driver, monkeypatch, allowed, visible):
    driver("GPU 0: NVIDIA H200 (UUID: GPU-a)\n  MIG 1g.18gb (UUID: MIG-c)\nGPU 1: NVIDIA H200 (UUID: GPU-b)\n")
    if allowed is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", allowed)
    assert device.visible_gpus() == visible
