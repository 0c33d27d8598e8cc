"""How long does one epoch of one replicate take, compared with the tools that people use today?

    pytest benchmarks/test_engine.py -m slow

Each contender trains the same model on data of the same shape in a process of its own, one after another in one run, so
that their ratios mean something on a noisy machine. No time is asserted; docs/performance.md explains the table.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tabulate import tabulate

from benchmarks.speed.contenders import missing_package
from negres_core.session.terminal import uncaptured

pytestmark = pytest.mark.slow

CONTENDERS = [
    ("floor", "tensorflow", 1, 1),
    ("fit", "tensorflow", 1, 2),
    ("tuned fit", "tensorflow", 1, 2),
    ("tuned fit", "jax", 1, 2),
    ("pytorch", "torch", 1, 2),
    # The article's 10 epochs, so that start, evaluation and saving have the weight that they have in use.
    ("engine", "tensorflow", 1, 10),
    ("engine", "tensorflow", 4, 10),
    ("engine", "jax", 4, 10),
    pytest.param("engine", "jax", 64, 10, marks=pytest.mark.gpu),
]


@pytest.fixture(scope="module")
def figures(request):
    """Seconds per epoch and peak memory of each contender, printed as a table after the last one."""
    figures: dict[tuple[str, str], dict[str, float]] = {}
    yield figures
    rows = []
    for (work, name), figure in figures.items():
        engine = figures.get((work, "engine, tensorflow, 4"))
        ratio = figure["epoch_s"] / engine["epoch_s"] if engine else None
        peak, imported = figure["memory_bytes"] / 2**30, figure["imported_bytes"] / 2**30
        rows.append((work, name, figure["epoch_s"], ratio, peak, peak - imported))
    headers = (
        "model",
        "contender, backend, replicates",
        "s per epoch",
        "times the engine's",
        "peak GiB",
        "less imports",
    )
    with uncaptured(request.config):
        print("\n\n" + tabulate(rows, headers=headers, floatfmt=".3f"))


@pytest.mark.parametrize("work", ["model 3", "cae"])
@pytest.mark.parametrize(("contender", "backend", "replicates", "epochs"), CONTENDERS)
def test_an_epoch_of_one_replicate(benchmark, figures, work, contender, backend, replicates, epochs):
    if (package := missing_package(contender, backend)) is not None:
        pytest.skip(f"{package} is not installed")
    if contender == "pytorch" and work == "cae":
        pytest.skip("the autoencoder is not written in PyTorch")
    if backend == "jax" and work == "cae":
        pytest.skip("JAX's convolutions take minutes per replicate on a CPU")
    command = [sys.executable, "-m", "benchmarks.speed.contenders", contender, work]
    command += ["--replicates", str(replicates), "--epochs", str(epochs)]
    finished = benchmark.pedantic(
        subprocess.run,
        args=(command,),
        kwargs={
            "env": os.environ | {"KERAS_BACKEND": "tensorflow" if backend == "torch" else backend},
            "cwd": Path(__file__).parents[1],
            "capture_output": True,
            "text": True,
            "check": True,
        },
        rounds=1,
    )
    figure = json.loads(finished.stdout.splitlines()[-1])
    figures[work, f"{contender}, {backend}, {replicates}"] = figure
    benchmark.group = work
    benchmark.extra_info |= figure
    assert figure["epoch_s"] > 0
