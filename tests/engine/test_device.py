"""A device is what was asked for, or an error that says what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import keras
import numpy as np
import pytest

from negres_core.engine import device
from negres_core.errors import DeviceError


@pytest.fixture
def driver(monkeypatch):
    """Let `nvidia-smi -L` print a list of GPUs and exit with a code; or take the program away."""

    def driver(listed, code=0):
        monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
        monkeypatch.setattr(device.shutil, "which", lambda program: None if listed is None else f"/bin/{program}")
        done = subprocess.CompletedProcess([], code, stdout=listed)
        monkeypatch.setattr(device.subprocess, "run", lambda *_, **__: done)
        monkeypatch.setattr(Path, "is_dir", lambda _: False)

    return driver


def test_a_listed_gpu_is_visible(driver):
    driver("GPU 0: NVIDIA H200 (UUID: GPU-1)\n")
    assert device.gpu_visible()


@pytest.mark.parametrize(("listed", "code"), [(None, 0), ("", 0), ("No devices were found\n", 0), ("GPU 0", 9)])
def test_without_a_listed_gpu_none_is_visible(driver, listed, code):
    driver(listed, code)
    assert not device.gpu_visible()


@pytest.mark.parametrize("hidden", ["", "-1"])
def test_a_hidden_gpu_is_not_visible(driver, monkeypatch, hidden):
    driver("GPU 0: NVIDIA H200\n")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", hidden)
    assert not device.gpu_visible()


def test_a_gpu_that_is_required_and_absent_is_an_error_with_a_remedy(driver):
    driver(None)
    with pytest.raises(DeviceError, match="this machine shows none") as error:
        device.require_gpu()
    assert "--negres-device gpu" in error.value.received
    assert "CUDA_VISIBLE_DEVICES" in error.value.remedy
    with pytest.raises(DeviceError, match="this machine shows none"):
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
def test_a_gpu_that_the_framework_has_is_chosen(driver, monkeypatch, request_):
    driver("GPU 0: NVIDIA H200\n")
    monkeypatch.setattr(device, "_framework_gpus", lambda: ["NVIDIA H200"])
    chosen = device.choose_device(request_)
    assert (chosen.kind, chosen.name, chosen.workers) == ("gpu", "NVIDIA H200", 1)


def test_the_processor_is_chosen_where_it_is_asked_for(monkeypatch):
    monkeypatch.setattr(device, "_framework_gpus", lambda: ["NVIDIA H200"])
    chosen = device.choose_device("cpu")
    assert chosen.kind == "cpu"
    assert chosen.name
    assert chosen.backend == keras.backend.backend()
    assert chosen.workers == device.cpu_count() >= 1


def test_auto_takes_the_processor_where_there_is_no_gpu(monkeypatch):
    monkeypatch.setattr(device, "_framework_gpus", list)
    assert device.choose_device("auto").kind == "cpu"


def test_a_device_shows_what_trains():
    shown = str(device.Device("cpu", "a processor", "tensorflow", 2))
    assert shown == "cpu (a processor, 2 at a time) with tensorflow"


def test_the_peak_of_memory_never_falls():
    before = device.peak_memory_bytes()
    kept = np.ones(2**24, np.uint8)
    assert device.peak_memory_bytes() >= before > kept.nbytes
