"""Tiny records and runs, complete and valid, for tests to use and to damage."""

from __future__ import annotations

import gc
import hashlib
import os
import signal
import subprocess
from dataclasses import replace

import hypothesis
import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.arms.preprocessing import prepare_inputs, sample_rows
from negres_core.arrays import digest_array, take_rows
from negres_core.design import KFolds
from negres_core.engine.device import Device
from negres_core.evidence import Commitment, Evidence, Key, Replicate, Store
from negres_core.experiment.experiment import Experiment
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from tests.fakes import BUDGET, CLAIM, DATA, PROVENANCE, FakeEngine, new_model_file, use_engine

pytest_plugins = ["pytester", "tests.sessions"]


@pytest.fixture(scope="session", autouse=True)
def _sigint():
    """Let SIGINT interrupt. A shell's process in the background ignores it, and training would never end."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.fixture(scope="session", autouse=True)
def _unsynced():
    """Wait for no disk: what is synced survives a power failure, and no test has one. Tests of syncing count calls."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", lambda descriptor: None)
        yield


@pytest.fixture(scope="module", autouse=True)
def _kept_objects():
    """Collect no garbage among what earlier modules left: compiled programs, through which each collection would go.

    Sessions inside tests collect several times each, and so do libraries.
    """
    gc.collect()
    gc.freeze()


@pytest.fixture
def git(tmp_path, monkeypatch):
    """Run git in the temporary folder, which is not a repository until `git("init")`."""
    # Ignore a repository around the temporary folder, and one that a git hook names.
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    for name in ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)

    def run(*arguments):
        settings = ["-c", "user.name=a", "-c", "user.email=a@b", "-c", "commit.gpgsign=false"]
        command = ["git", "-C", tmp_path, *settings, *arguments]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    return run


@pytest.fixture
def new_commitment():
    """Return a function that makes a commitment; it accepts any field, and `margin`."""

    def make(*, margin=0.01, **fields):
        content = {
            "hypothesis": "benchmarks/test_growth.py::test_growth_beats_scratch[digits]",
            "title": "growth beats scratch",
            "claim": CLAIM | {"threshold": margin},
            "design": {"folds": 2, "repeats": 2, "seeds": 1, "looks": True},
            "stopping": {"looks": 2, "spending": "hwang-shih-decani"},
            "expected": "supported",
            "arms": {"treatment": "a" * 64, "control": "b" * 64},
            "analysis": "c" * 64,
            "data": {"name": "digits", "digest": "d" * 64},
        }
        return Commitment(**content | fields)

    return make


# A deadline tests speed: a busy machine, or the first import of a library, would exceed it.
hypothesis.settings.register_profile("negres", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.load_profile("negres")


@pytest.fixture
def new_replicate():
    """Return a function that makes a replicate; it accepts any field, and parts of the key."""

    def make(*, model=b"a trained model", recipe="model 1", repeat=0, fold=0, rows="f" * 32, seed=0, **fields):
        key = Key(
            contract=1,
            recipe=hashlib.sha256(recipe.encode()).hexdigest(),
            data="d" * 64,
            folds=2,
            repeat=repeat,
            fold=fold,
            rows=rows,
            seed=seed,
            backend="tensorflow",
            device="cpu",
        )
        content = {
            "id": key.id,
            "key": key,
            "status": "finished",
            "metrics": {"accuracy": 0.75, "loss": 0.5},
            "curve": [0.7, 0.5],
            "predictions": {"counts": [3, 1]},
            "weights": [],
            "inputs_digest": "0" * 32,
            "budget": BUDGET,
            "cost": {"compile_s": 0.1, "train_s": 0.2, "memory_bytes": 1000},
            "model": new_model_file(key.id, model),
            "provenance": PROVENANCE,
            "recorded_at": "2025-01-01T00:00:00+00:00",
        }
        return Replicate(**content | fields)

    return make


@pytest.fixture
def new_evidence():
    """Return a function that makes finished evidence without arms.

    It accepts any field, and any part of the claim, the design and the data.
    """

    def make(**fields):
        content = {
            "hypothesis": "benchmarks/test_growth.py::test_growth_beats_scratch[digits]",
            "title": "growth beats scratch",
            "status": "finished",
            "claim": CLAIM,
            "design": {"folds": 2, "repeats": 2, "seeds": 1, "looks": True},
            "data": DATA,
            "verdict": "refuted",
            "finding": "worse",
            "explanation": "It was worse.",
            "timings": {"started_at": "2025-01-01T00:00:00+00:00", "wall_s": 75.0},
            "provenance": PROVENANCE,
        }
        for part in ("claim", "design", "data"):
            fields[part] = content[part] | dict(fields.get(part, {}))
        return Evidence(**content | fields)

    return make


@pytest.fixture
def engine(monkeypatch):
    """A fake engine in place of the real one."""
    engine = FakeEngine()
    use_engine(monkeypatch, engine)
    return engine


@pytest.fixture
def new_experiment(tmp_path):
    """Return a function that makes an experiment with a store in the test's folder and without small runs.

    It accepts any field.
    """

    def make(hypothesis="a test", **fields):
        device = Device("cpu", "some processor", "tensorflow", workers=1)
        defaults = {"store": Store(tmp_path), "device": device, "controls": "cheap"}
        return Experiment(hypothesis=hypothesis, title="it holds", **defaults | fields)

    return make


def base():
    """Stand for the base network; no test builds it."""


def grown():
    """Stand for the grown network."""


class HalfScaler:
    """A minimal transformer that depends on the rows that it was fitted on; scikit-learn can clone it."""

    def get_params(self, deep=True):
        return {}

    def fit(self, x):
        self.top = x.max(axis=0) * 2
        return self

    def transform(self, x):
        return x / self.top


@pytest.fixture
def new_run(new_replicate):
    """Return a function that makes a sound run: a grown network on a frozen base against one from scratch.

    It has 2 folds, 2 repeats and 2 seeds. The metric of an arm is `treatment` or `control`, plus a little more in each
    cell so that no two cells are equal; `scores` sets all metrics of both arms to exact values.
    """

    def weight(path, start, end, **fields):
        return {"path": path, "shape": (2,), "start": start, "end": end, "trainable": True, "frozen": False} | fields

    def train(recipe, stage, run, scores, step):
        replicates = []
        for position, cell in enumerate(run.cells):
            prepared = prepare_inputs(recipe, run.data, cell)
            for seed in range(run.design.seeds):
                place = f"{cell.repeat} {cell.fold} {seed}"
                shared = weight("base/kernel", f"made {place}", f"trained {place}", inherited_from=None)
                if stage:
                    inherited = f"trained {place}"
                    shared = weight("base/kernel", inherited, inherited, inherited_from=0, frozen=True, trainable=False)
                new = weight("new/kernel", f"drawn {place}", f"fitted {place}", inherited_from=None)
                replicates.append(
                    new_replicate(
                        recipe=f"{recipe} {stage}",
                        repeat=cell.repeat,
                        fold=cell.fold,
                        rows=digest_array(cell.test),
                        seed=seed,
                        metrics={name: value + position * step if step else value for name, value in scores.items()},
                        weights=[shared, new],
                        inputs_digest=digest_array(take_rows(prepared, sample_rows(cell))),
                    )
                )
        return replicates

    def make(*, x=None, y=None, groups=None, treatment=0.9, control=0.85, metric="accuracy", scores=None):
        rng = np.random.default_rng(5)
        labels = np.arange(40) % 2 if y is None else y
        data = Dataset(x=rng.uniform(size=(40, 3)) if x is None else x, y=labels, name="tiny", groups=groups)
        design = KFolds(folds=2, repeats=2, seeds=2)
        # Two epochs of three steps, as in the budget of the replicates.
        budget = {"epochs": 2, "batch_size": 7}
        growth = Recipe(
            Stage(base, **budget), Stage(grown, inherits=base, freezes=base, **budget), preprocess=HalfScaler
        )
        scratch = Recipe(Stage(grown, **budget), preprocess=HalfScaler)
        run = Run(data, design, list(design.split(data)), ())
        better, worse = (scores or {metric: value, "loss": 1 - value} for value in (treatment, control))
        step = 0 if scores else 1 / 1000
        stages = [train(growth, stage, run, better, step) for stage in (0, 1)]
        from_scratch = [train(scratch, 0, run, worse, step)]
        return replace(run, arms=[Arm("treatment", growth, stages), Arm("control", scratch, from_scratch)])

    return make


@pytest.fixture
def on_data(new_evidence):
    """Make the evidence of one test on a data set, with the standard error sqrt(0.0002); any field can be given."""

    def make(data, effect, /, **fields):
        error = 0.0002**0.5
        estimate = {
            "effect": effect,
            "standard_error": error,
            "dof": 24,
            "sd": 0.01,
            "cell_count": 25,
            "test_train_ratio": 0.25,
            "statistic": effect / error,
            "p_greater": 0.5,
            "p_less": 0.5,
            "p_two_sided": 1.0,
            "interval_90": (-1.0, 1.0),
            "interval_95": (-1.0, 1.0),
            "probability_better": 0.5,
        }
        content = {
            "hypothesis": f"test_growth.py::test_growth_beats_scratch[{data}]",
            "data": {"name": data, "digest": f"digest of {data}"},
            "estimate": estimate,
        }
        return new_evidence(**content | fields)

    return make
