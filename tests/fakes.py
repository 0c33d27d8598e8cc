"""Fakes for several packages of tests: complete and valid records, and engines that train nothing."""

from __future__ import annotations

import hashlib
import math
from dataclasses import replace

from negres_core.engine.contract import Result
from negres_core.evidence import TrainedWeight

PROVENANCE = {
    "commit": "c" * 40,
    "dirty": False,
    "packages": {"negres": "0.1.0"},
    "python": "3.11.0",
    "platform": "Linux",
    "backend": "tensorflow",
    "device": "cpu: some processor",
    "driver": None,
}
BUDGET = {"epochs": 2, "steps": 6, "trainable_weights": 8, "weights": 8, "step_flops": 16}
CLAIM = {
    "kind": "beats",
    "metric": "accuracy",
    "threshold": 0.01,
    "unit": "accuracy",
    "higher_is_better": True,
    "alpha": 0.05,
}
DATA = {
    "name": "digits",
    "source": "scikit-learn",
    "digest": "d" * 64,
    "rows": 40,
    "input_shape": (3,),
    "outputs": 2,
    "task": "classification",
}
SEAL = {
    "phase": "exploring",
    "data": "e" * 64,
    "open_rows": "d" * 64,
    "total": 57,
    "sealed": {"count": 17, "digest": "f" * 32},
    "chosen": "share",
    "share": 0.3,
}
"""The seal of a run on the open rows, which are `DATA`."""
STAGE = {
    "build": "base",
    "source": "def base(): ...",
    "model": "m" * 64,
    "code": "c" * 64,
    "start": [],
    "inherits": None,
    "freezes": None,
    "optimizer": {"class_name": "Adam"},
    "loss": {"class_name": "SparseCategoricalCrossentropy"},
    "objective": None,
    "epochs": 2,
    "batch_size": 7,
    "saved_as": "keras",
}
DESCRIPTION = {"preprocess": None, "stages": [STAGE]}


def as_version_1(content):
    """Return the content of evidence as negres 0.1.0 wrote it: schema version 1."""
    names = {"expected": "registered", "power": "foreseen", "small_runs": "trials"}
    older = {names.get(name, name): value for name, value in content.items() if name not in ("kind", "digest")}
    if older["outcome"] == "as expected":
        older["outcome"] = "as registered"
    if older["estimate"] is not None:
        older["estimate"] = dict(older["estimate"])
        older["estimate"]["cells"] = older["estimate"].pop("cell_count")
    return older | {"schema_version": 1}


def new_model_file(id: str, model: bytes | None) -> dict[str, str] | None:
    """Return the name and the digest of a model file, as the store would choose them."""
    if model is None:
        return None
    sha256 = hashlib.sha256(model).hexdigest()
    return {"file": f"{id}.{sha256[:8]}.keras", "sha256": sha256}


class FakeEngine:
    """Trains nothing: returns replicates with the accuracy that a test chooses, in reverse order of the jobs.

    Attributes:
        calls: the recipe, the data and the jobs of each call.
        accuracy: called with a recipe and a job; a replicate with an accuracy of NaN has diverged.
        reached_after: called with a recipe and a job; the epoch after which the watched metric is 1 rather than 0, or
            None for never.
        cost: called with a recipe and a job; what it took.
        outputs: called with a recipe and a job; what it predicts for its test rows, None for nothing.
        before_result: called before each result.
    """

    def __init__(self):
        self.calls = []
        self.accuracy = lambda recipe, job: 0.75
        self.reached_after = lambda recipe, job: None
        self.outputs = lambda recipe, job: None
        self.cost = lambda recipe, job: {"train_s": 0.5, "steady_epoch_s": 0.25}
        self.before_result = lambda: None

    @property
    def trained(self):
        """The recipe, repeat, fold and seed of each trained job."""
        return [
            (str(recipe), job.cell.repeat, job.cell.fold, job.seed) for recipe, _, jobs in self.calls for job in jobs
        ]

    def fail_after(self, results):
        """Run out of memory after a number of results."""
        remaining = iter(range(results))

        def fail():
            if next(remaining, None) is None:
                raise RuntimeError("out of memory")

        self.before_result = fail

    def train(self, recipe, data, jobs, *, device):
        self.calls.append((recipe, data, jobs))
        for job in reversed(jobs):
            self.before_result()
            accuracy = self.accuracy(recipe, job)
            epochs, steps = recipe.last.epochs, -(-len(job.cell.train) // recipe.last.batch_size)
            first = self.reached_after(recipe, job) or math.inf
            watched = [float(epoch >= first) for epoch in range(1, epochs + 1)]
            weight = TrainedWeight(
                path="kept/kernel",
                shape=(3, 2),
                trainable=True,
                frozen=False,
                start="a",
                end="b",
                inherited_from=None,
            )
            yield (
                job,
                Result(
                    metrics={"accuracy": accuracy, "loss": 1 - accuracy / 2},
                    finite=math.isfinite(accuracy),
                    curve=[0.5] * epochs,
                    predictions={"counts": [6, 0]},
                    weights=[weight],
                    inputs_digest="",
                    budget=BUDGET | {"epochs": epochs, "steps": epochs * steps},
                    cost=self.cost(recipe, job),
                    validation=watched if job.watched else None,
                    outputs=self.outputs(recipe, job),
                    model=f"{recipe} {accuracy}".encode(),
                ),
            )


class FakeSessionEngine:
    """Trains nothing, for sessions inside a test: an arm with more epochs is more accurate."""

    def __init__(self):
        self.jobs = 0

    def train(self, recipe, data, jobs, *, device):
        for job in jobs:
            self.jobs += 1
            epochs = recipe.last.epochs
            steps = math.ceil(len(job.cell.train) / recipe.last.batch_size)
            accuracy = 0.6 + epochs * (0.1 + 0.001 * job.cell.fold)
            yield (
                job,
                Result(
                    metrics={"accuracy": accuracy, "loss": 1.0},
                    finite=True,
                    curve=[1.0] * epochs,
                    predictions={},
                    weights=[],
                    inputs_digest="",
                    budget=BUDGET | {"epochs": epochs, "steps": epochs * steps},
                    cost={"train_s": 0.0},
                    model=b"",
                ),
            )


def use_engine(monkeypatch, engine):
    """Replace the real engine of this process by a fake one."""
    monkeypatch.setattr("negres_core.engine.selection.train", engine.train)
    # Its results are not models, so they cannot be inspected.
    monkeypatch.setattr("negres_core.engine.inspection.SavedModels", lambda *arguments: None)


def diverge(run, *, arm, positions):
    """Let some replicates of an arm turn infinite."""
    arms = list(run.arms)
    replicates = [
        replicate.updated(status="not finite") if position in positions else replicate
        for position, replicate in enumerate(arms[arm].replicates)
    ]
    arms[arm] = replace(arms[arm], stages=[*arms[arm].stages[:-1], replicates])
    return replace(run, arms=arms)
