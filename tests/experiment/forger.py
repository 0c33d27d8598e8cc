"""A folder of honest records, and somebody who can write it, and seals what they write."""

from __future__ import annotations

import json
import shutil

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.device import Device
from negres_core.evidence import Evidence, Key, Ledger, Store
from negres_core.evidence.record import digest_of
from negres_core.experiment.experiment import Experiment
from negres_core.experiment.recheck import recompute
from negres_core.experiment.registration import register
from tests.fakes import FakeEngine, use_engine

Y = np.arange(40) % 2
DATA, OTHER = (Dataset(x=np.column_stack([np.arange(40.0), Y, Y + seed]), y=Y, name=f"data {seed}") for seed in (0, 1))
DESIGN = KFolds(folds=2, repeats=3, seeds=2)
MAIN, REACHES, ELSEWHERE = "test_a.py::test_main", "test_a.py::test_reaches", "test_a.py::test_elsewhere"


def base(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs, "softmax", name="kept")])


GROWN = Recipe(Stage(base, epochs=1), Stage(base, inherits=base, epochs=3))
PLAIN = Recipe(Stage(base, epochs=2))


class Engine(FakeEngine):
    """Its second stages start where their parents ended, and it scores grown networks higher."""

    def __init__(self):
        super().__init__()
        self.accuracy = lambda recipe, job: (
            0.6 + len(recipe.stages) * (0.1 + job.cell.fold / 50 + job.cell.repeat / 100) + job.seed / 1000
        )

    def train(self, recipe, data, jobs, *, device):
        for job, result in super().train(recipe, data, jobs, device=device):
            if len(recipe.stages) > 1:
                result.weights[0] = result.weights[0].updated(start="b", end="c", inherited_from=0)
            yield job, result


def record(folder):
    """Record a registered hypothesis, two others, and their ledger in a folder."""
    store, ledger = Store(folder / "evidence"), Ledger(folder / "ledger.jsonl")

    def experiment(hypothesis, **fields):
        return Experiment(
            hypothesis=hypothesis,
            title=hypothesis.rpartition("_")[2],
            store=store,
            device=Device("cpu", "some processor", "tensorflow", workers=1),
            controls="cheap",
            expected="supported",
            register_or_compare=ledger.compare,
            **fields,
        )

    with pytest.MonkeyPatch.context() as patch:
        use_engine(patch, Engine())

        def commit(commitment):
            register(commitment, ledger=ledger, store=store, reason=None)
            raise KeyboardInterrupt

        claim = beats("accuracy", by=0.01)
        registering = Experiment(**vars(experiment(MAIN)) | {"register_or_compare": commit})
        with pytest.raises(KeyboardInterrupt):
            registering.compare(GROWN, against=PLAIN, on=DATA, claim=claim, design=DESIGN)
        experiment(MAIN).compare(GROWN, against=PLAIN, on=DATA, claim=claim, design=DESIGN)
        experiment(ELSEWHERE).compare(GROWN, against=PLAIN, on=OTHER, claim=claim, design=DESIGN)
        experiment(REACHES).measure(PLAIN, on=DATA, claim=reaches("accuracy", bar=0.6), design=DESIGN)


class Forger:
    """Somebody who can write the folder, and seals what they write."""

    def __init__(self, folder):
        self.store, self.ledger = Store(folder / "evidence"), folder / "ledger.jsonl"

    def read(self, hypothesis=MAIN):
        content = json.loads(self.store.evidence_path(hypothesis).read_text())
        content.pop("digest")
        return content

    def write(self, content):
        path = self.store.evidence_path(content["hypothesis"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(content | {"digest": digest_of(content)}))

    def edit(self, **fields):
        self.write(self.read() | fields)

    def arm(self, role=0):
        content = self.read()
        return content, content["arms"][role]

    def path(self, id):
        return self.store.folder / "replicates" / id[:2] / f"{id}.json"

    def copy(self, id, *, key=None, **fields):
        """Record a replicate again with other content, under the id of its key; return that id."""
        content = json.loads(self.path(id).read_text())
        content.pop("digest")
        content["key"] |= key or {}
        content |= {"id": Key(**content["key"]).id} | fields
        path = self.path(content["id"])
        path.parent.mkdir(parents=True, exist_ok=True)
        if content["model"]:
            model = self.path(id).with_name(content["model"]["file"])
            content["model"] = content["model"] | {"file": f"{content['id']}{model.name[32:]}"}
            if not path.with_name(content["model"]["file"]).exists():
                shutil.copy(model, path.with_name(content["model"]["file"]))
        path.write_text(json.dumps(content | {"digest": digest_of(content)}))
        return content["id"]

    def results_of(self, content):
        """Compute all results anew from whatever replicates the evidence names, as an honest run would."""
        self.write(recompute(Evidence.model_validate(content), self.store).model_dump(mode="json"))
