"""Tiny records and runs, whole and true to the schema, for the tests to use and to damage."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.controls.contract import Run, Trained
from negres_core.design import Design
from negres_core.engine.contract import Result, Weight
from negres_core.engine.device import Device
from negres_core.evidence import Evidence, Key, Replicate, Store
from negres_core.experiment import Experiment
from negres_core.inputs import digest_array, prepare_inputs, sample_rows

pytest_plugins = ["pytester"]


@pytest.fixture
def new_replicate():
    """Make a replicate; of its key, `repeat`, `fold`, `seed` and `recipe` can be given, and any field."""

    def make(*, model=b"a trained model", recipe="model 1", repeat=0, fold=0, seed=0, **fields):
        key = Key(
            contract=1,
            recipe=hashlib.sha256(recipe.encode()).hexdigest(),
            data="d" * 64,
            folds=2,
            repeat=repeat,
            fold=fold,
            rows="f" * 32,
            seed=seed,
            backend="tensorflow",
            device="cpu",
        )
        made = {
            "id": key.id,
            "key": key,
            "status": "finished",
            "metrics": {"accuracy": 0.75, "loss": 0.5},
            "curve": [0.7, 0.5],
            "predictions": {"counts": [3, 1]},
            "weights": [],
            "inputs_digest": "0" * 32,
            "budget": {"epochs": 2, "steps": 6, "trainable_weights": 8, "weights": 8},
            "cost": {"compile_s": 0.1, "train_s": 0.2, "memory_bytes": 1000},
            "model": Store.model_file(key.id, model, saved_as="keras"),
            "provenance": {"backend": "tensorflow"},
            "recorded_at": "2025-01-01T00:00:00+00:00",
        }
        return Replicate(**made | fields)

    return make


@pytest.fixture
def new_evidence():
    """Make the evidence of a finished hypothesis without arms; any field can be given."""

    def make(**fields):
        made = {
            "hypothesis": "benchmarks/test_growth.py::test_growth_beats_scratch[digits]",
            "title": "growth beats scratch",
            "status": "finished",
            "claim": {
                "kind": "beats",
                "metric": "accuracy",
                "threshold": 0.01,
                "unit": "accuracy",
                "higher_is_better": True,
                "alpha": 0.05,
            },
            "design": {"folds": 2, "repeats": 2, "seeds": 1, "looks": True},
            "data": {"name": "digits", "rows": 40},
            "verdict": "refuted",
            "finding": "worse",
            "explanation": "It was worse.",
            "timings": {"started_at": "2025-01-01T00:00:00+00:00", "wall_s": 75.0},
        }
        return Evidence(**made | fields)

    return make


class Engine:
    """Trains nothing: gives a replicate the accuracy that a test wants, the last job's first.

    Attributes:
        calls: the recipe, the data and the jobs of each call.
        accuracy: of a recipe's job; a replicate whose accuracy is NaN has diverged.
        at_work: called before each result.
    """

    def __init__(self):
        self.calls = []
        self.accuracy = lambda recipe, job: 0.75
        self.at_work = lambda: None

    @property
    def trained(self):
        """Where it trained: the recipe, repeat, fold and seed of each job."""
        return [(str(r), job.cell.repeat, job.cell.fold, job.seed) for r, _, jobs in self.calls for job in jobs]

    def fail_after(self, results):
        """Run out of memory when that many results are there."""
        left = iter(range(results))

        def work():
            if next(left, None) is None:
                raise RuntimeError("out of memory")

        self.at_work = work

    def train(self, recipe, data, jobs, *, device):
        self.calls.append((recipe, data, jobs))
        for job in reversed(jobs):
            self.at_work()
            accuracy = self.accuracy(recipe, job)
            yield (
                job,
                Result(
                    metrics={"accuracy": accuracy, "loss": 1 - accuracy / 2},
                    finite=math.isfinite(accuracy),
                    curve=[0.5, accuracy],
                    predictions={"counts": [6, 0]},
                    weights=[Weight("kept/kernel", (3, 2), True, False, "a", "b", None)],
                    inputs_digest="",
                    budget={"epochs": recipe.last.epochs, "steps": 10, "trainable_weights": 8, "weights": 8},
                    cost={"train_s": 0.5},
                    model=f"{recipe} {accuracy}".encode(),
                ),
            )


@pytest.fixture
def engine(monkeypatch):
    """An engine that pretends, in place of the real one."""
    made = Engine()
    monkeypatch.setattr("negres_core.engine.selection.train", made.train)
    return made


@pytest.fixture
def new_experiment(tmp_path):
    """Make an experiment that keeps its records in the test's folder and tries nothing; any field can be given."""

    def make(**fields):
        place = {"store": Store(tmp_path), "device": Device("cpu", "some processor", "tensorflow", workers=1)}
        return Experiment(hypothesis="a test", title="it holds", **place | {"controls": "cheap"} | fields)

    return make


def base():
    """Stand for model 1; nothing here builds it."""


def grown():
    """Stand for model 2."""


class HalfScaler:
    """The smallest transformer that depends on the rows it was fitted on; scikit-learn can clone it."""

    def get_params(self, deep=True):
        return {}

    def fit(self, x):
        self.top = x.max(axis=0) * 2
        return self

    def transform(self, x):
        return x / self.top


@pytest.fixture
def new_run(new_replicate):
    """Make a clean run: a grown network on a frozen base against one from scratch, 2 folds x 2 repeats x 2 seeds.

    The arms' metric in a cell is `score` and a little more in each cell, so that nothing is exactly equal.
    """

    def weight(path, start, end, **fields):
        return {"path": path, "shape": (2,), "start": start, "end": end, "trainable": True, "frozen": False} | fields

    def train(recipe, stage, run, scores):
        replicates = []
        for number, cell in enumerate(run.cells):
            prepared = prepare_inputs(recipe, run.data, cell)
            for seed in range(run.design.seeds):
                where = f"{cell.repeat} {cell.fold} {seed}"
                kept = weight("base/kernel", f"made {where}", f"trained {where}", inherited_from=None)
                if stage:
                    learned = f"trained {where}"
                    kept = weight("base/kernel", learned, learned, inherited_from=0, frozen=True, trainable=False)
                new = weight("new/kernel", f"drawn {where}", f"fitted {where}", inherited_from=None)
                replicates.append(
                    new_replicate(
                        recipe=f"{recipe} {stage}",
                        repeat=cell.repeat,
                        fold=cell.fold,
                        seed=seed,
                        metrics={name: value + number / 1000 for name, value in scores.items()},
                        weights=[kept, new],
                        inputs_digest=digest_array(prepared[sample_rows(cell)]),
                    )
                )
        return replicates

    def make(*, y=None, groups=None, treatment=0.9, control=0.85, metric="accuracy"):
        rng = np.random.default_rng(5)
        labels = np.arange(40) % 2 if y is None else y
        data = Dataset(x=rng.uniform(size=(40, 3)), y=labels, name="tiny", groups=groups)
        design = Design(folds=2, repeats=2, seeds=2)
        growth = Recipe(Stage(base), Stage(grown, inherits=base, freezes=base), preprocess=HalfScaler)
        scratch = Recipe(Stage(grown), preprocess=HalfScaler)
        run = Run(data, design, list(design.split(data)), ())
        stages = [train(growth, stage, run, {metric: treatment, "loss": 1 - treatment}) for stage in (0, 1)]
        alone = [train(scratch, 0, run, {metric: control, "loss": 1 - control})]
        return replace(run, arms=[Trained("treatment", growth, stages), Trained("control", scratch, alone)])

    return make
