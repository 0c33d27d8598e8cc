"""Where to train, as the option says it."""

from __future__ import annotations

import importlib.util
import sys

import pytest

from negres_core.cluster.where import JOBS, Where
from negres_core.errors import InputError


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("local:2", Where("local", workers=2)),
        ("tcp://10.0.0.1:8786", Where("dask", "tcp://10.0.0.1:8786")),
        ("tls://head:8786", Where("dask", "tls://head:8786")),
        ("submitit:slurm", Where("submitit", "slurm", JOBS)),
        (
            "submitit:slurm?jobs=3&slurm_partition=gpu&timeout_min=120",
            Where("submitit", "slurm", 3, {"slurm_partition": "gpu", "timeout_min": 120}),
        ),
    ],
)
def test_a_place_is_read(text, where):
    assert Where.read(text) == where


@pytest.mark.parametrize(
    "text", ["", "local", "local:", "local:two", "local:-1", "10.0.0.1:8786", "submitit", "submitit:slurm?jobs=0"]
)
def test_anything_else_is_refused(text):
    with pytest.raises(InputError, match="names workers on this machine"):
        Where.read(text)


def test_workers_on_windows_are_refused(monkeypatch):
    monkeypatch.setattr(sys, "platform", "win32")
    with pytest.raises(InputError, match=r"Run pytest in WSL"):
        Where.read("local:2")


@pytest.mark.parametrize(
    ("text", "extra"), [("local:2", "cluster"), ("tcp://10.0.0.1:8786", "cluster"), ("submitit:local", "submitit")]
)
def test_without_the_package_its_extra_is_named(monkeypatch, text, extra):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=rf"negres\[{extra}\]"):
        Where.read(text)
