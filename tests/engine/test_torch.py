"""Keras on PyTorch: the reference engine trains on it, with the numbers of other backends; other engines refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

pytest.importorskip("torch")

ROOT = Path(__file__).resolve().parents[2]

ARMS = '''
import json
import sys
import warnings

import keras
import numpy as np
from keras import layers

from negres_core import Dataset, Recipe, Stage
from negres_core.design import Cell
from negres_core.engine import reference
from negres_core.engine.contract import Job
from negres_core.engine.device import choose_device

X = np.random.default_rng(0).normal(size=(60, 4))
DATA = Dataset(x=X, y=((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int), name="exclusive or")
CELL = Cell(0, 0, np.arange(40, dtype=np.int32), np.arange(40, 60, dtype=np.int32))


def network(input_shape, outputs):
    """Initial weights are drawn by NumPy: each backend draws its own otherwise."""
    inner = [layers.Dense(8, "relu"), layers.BatchNormalization(), layers.Dropout(0.3)]
    model = keras.Sequential([layers.Input(input_shape), *inner, layers.Dense(outputs, "softmax")])
    rng = np.random.default_rng(1)
    for weight in model.trainable_weights:
        weight.assign(rng.normal(size=weight.shape))
    return model


def objective(model, x, y, *, training):
    return keras.ops.mean(keras.losses.sparse_categorical_crossentropy(y, model(x, training=training)))


STAGES = {
    "adam": Stage(network, epochs=3, batch_size=16),
    "momentum": Stage(network, epochs=2, batch_size=7, optimizer=lambda: keras.optimizers.SGD(0.1, momentum=0.9)),
    "objective": Stage(network, epochs=2, batch_size=16, objective=objective),
}


def results(train):
    for name, stage in STAGES.items():
        [(_, result)] = train(Recipe(stage), DATA, [Job(CELL, 0)], device=choose_device("cpu"))
        yield name, {"curve": result.curve, "outputs": result.outputs.tolist(), "loss": result.metrics["loss"]}
'''
IN_TORCH = """
from arms import *
from negres_core.engine import batched, compiled, selection

def refusal(engine):
    try:
        list(engine.train(Recipe(STAGES["adam"]), DATA, [Job(CELL, 0)], device=choose_device("cpu")))
    except Exception as error:
        return f"{type(error).__name__}: {error}"

with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    found = dict(results(selection.train))
warned = [str(each.message) for each in caught if each.category.__name__ == "EngineWarning"]
again = dict(results(reference.train))
print(json.dumps({
    "found": found, "again": again == found, "warned": warned, "device": str(choose_device("cpu")),
    "refused": [refusal(compiled), refusal(batched)],
}))
"""
SESSION = """
import numpy as np
import pytest

from negres_core import Dataset, Fit, Recipe, Stage, beats

x = np.random.default_rng(0).normal(size=(200, 4))
DATA = Dataset(x=x, y=(x[:, 0] > 0).astype(int), name="halves")


def base(input_shape, outputs, new=()):
    from keras import Sequential, layers

    kept = [layers.Dense(16, "relu", name="hidden"), layers.Dense(outputs, "softmax", name="classes")]
    return Sequential([layers.Input(input_shape), *new, *kept])


def grown(input_shape, outputs):
    from keras import layers

    return base(input_shape, outputs, new=[layers.Dense(4, kernel_initializer="identity", name="new")])


def constant(train, test):
    return np.zeros(len(test), int)


def test_a_network_beats_a_constant(experiment):
    first = Stage(base, epochs=20, batch_size=8)
    recipe = Recipe(first, Stage(grown, inherits=base, freezes=base, epochs=20, batch_size=8))
    evidence = experiment.compare(
        recipe, against=Recipe(Fit(constant)), on=DATA, claim=beats("accuracy", by=0.05), folds=5, repeats=1
    )
    assert evidence.verdict == "supported", evidence
    assert evidence.provenance.backend == "torch"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("torch")
    (path / "arms.py").write_text(ARMS)
    return path


def run(folder, *arguments):
    environment = os.environ | {"KERAS_BACKEND": "torch", "PYTHONPATH": os.pathsep.join([str(ROOT), str(folder)])}
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )


def test_the_reference_engine_trains_on_pytorch_as_on_the_other_backends(folder, monkeypatch):
    """Dropout, batch statistics, optimizers and objectives; in a process of its own, since Keras has one backend."""
    process = run(folder, "-c", IN_TORCH)
    assert process.returncode == 0, process.stderr
    told = json.loads(process.stdout.splitlines()[-1])

    monkeypatch.syspath_prepend(folder)
    import arms

    for name, expected in arms.results(arms.reference.train):
        for what in ("curve", "outputs", "loss"):
            np.testing.assert_allclose(told["found"][name][what], expected[what], rtol=1e-4, atol=1e-4, err_msg=name)
    assert told["again"]
    assert told["device"].startswith("cpu (")
    assert told["device"].endswith("with torch")
    slow = "network: Keras on PyTorch has no fast engine; it trains with keras.Model.fit, one replicate after another."
    assert told["warned"] == [slow] * 3
    assert "not on PyTorch" in told["refused"][0]
    assert "no engine stacks replicates" in told["refused"][1] or "not on PyTorch" in told["refused"][1]


def test_a_session_on_pytorch_decides(folder):
    (folder / "test_session.py").write_text(SESSION)

    process = run(folder, "-m", "pytest", "-p", "no:cacheprovider", "--negres-controls", "cheap", "test_session.py")

    assert process.returncode == 0, process.stdout + process.stderr
    assert "1 passed" in process.stdout
    assert "has no fast engine" in process.stdout


def test_the_gradient_of_a_loss_and_of_what_it_does_not_depend_on():
    import torch

    from negres_core.engine.torch import value_and_gradient

    values = [torch.tensor([1.0, 2.0]), torch.tensor([3.0])]

    (loss, more), gradients = value_and_gradient(lambda each: ((each[0] ** 2).sum(), "more"), values)

    assert (float(loss), more, loss.requires_grad) == (5.0, "more", False)
    assert [each.tolist() for each in gradients] == [[2.0, 4.0], [0.0]]
    assert not values[0].requires_grad


def test_gpus_are_hidden_on_request(monkeypatch):
    from types import SimpleNamespace

    from negres_core.engine import torch

    core = SimpleNamespace(DEFAULT_DEVICE="cuda")
    monkeypatch.setitem(sys.modules, "keras.src.backend.torch.core", core)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0")

    torch.use_processor()

    assert (core.DEFAULT_DEVICE, os.environ["CUDA_VISIBLE_DEVICES"]) == ("cpu", "-1")


def test_pytorch_tells_its_gpus(monkeypatch):
    import torch

    from negres_core.engine import torch as engine

    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_name", "NVIDIA H{}".format)

    assert engine.gpu_names() == ["NVIDIA H0", "NVIDIA H1"]
    assert keras.backend.backend() != "torch"
