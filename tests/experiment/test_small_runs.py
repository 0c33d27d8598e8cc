"""Small runs with real training of small networks on few rows."""

import dataclasses

import keras
import numpy as np
import pytest

import negres_core.controls.small_runs
import negres_core.engine.selection
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.device import Device
from negres_core.evidence import ProvenanceRecord, Store
from negres_core.experiment.small_runs import check_pipeline
from negres_core.metrics import METRICS
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from tests.fakes import PROVENANCE

RNG = np.random.default_rng(3)
Y = np.arange(90) % 2
DATA = Dataset(x=RNG.normal(size=(90, 6)) + 3 * Y[:, None], y=Y, name="two clouds")


def net(input_shape, outputs):
    hidden, last = keras.layers.Dense(128, activation="relu"), keras.layers.Dense(outputs, activation="softmax")
    return keras.Sequential([keras.layers.Input(input_shape), hidden, last])


# Small batches, because small runs have a number of steps, and few epochs take less time than many.
ARMS = tuple(
    Arm(role, Recipe(Stage(net, epochs=epochs, batch_size=4))) for role, epochs in (("treatment", 30), ("control", 10))
)


@pytest.fixture(autouse=True)
def few_rows(monkeypatch):
    monkeypatch.setattr(negres_core.controls.small_runs, "MAX_ROWS", 60)


@pytest.fixture
def check(tmp_path):
    """Return a function that checks the pipeline of a comparison; its records are kept for the next call."""

    def check(progress=lambda what, done, total: None):
        design = KFolds(folds=2, repeats=2)
        run = Run(DATA, design, list(design.split(DATA)), ARMS, METRICS["accuracy"])
        device = Device("cpu", "some processor", "tensorflow", workers=1)
        return check_pipeline(run, Store(tmp_path), device, ProvenanceRecord(**PROVENANCE), progress)

    return check


def test_a_sound_pipeline_passes_and_its_small_runs_are_reused(check, tmp_path):
    reports = []
    first = check(lambda *report: reports.append(report))

    assert [(finding.control, finding.passed) for finding in first.findings] == [
        ("A/A", True),
        ("overfits 16", True),
        ("permuted labels", True),
        ("planted effect", True),
    ]
    assert {name: [len(stage) for stage in stages] for name, stages in first.replicates.items()} == {
        "true targets, treatment": [20],
        "true targets, control": [20],
        "16 rows, treatment": [2],
        "permuted targets, treatment": [10],
        "permuted targets, control": [10],
    }
    assert all(Store(tmp_path).find(id) for stages in first.replicates.values() for stage in stages for id in stage)
    # The arms differ only in their epochs, and so are the same at this size: the second is not trained.
    assert (first.trained, first.reused) == (32, 30)
    assert {(what.partition(":")[0], total) for what, _, total in reports} == {
        ("true targets, treatment", 20),
        ("true targets, control", 20),
        ("16 rows, treatment", 2),
        ("permuted targets, treatment", 10),
        ("permuted targets, control", 10),
    }

    second = check()
    assert dataclasses.replace(second, trained=32, reused=30) == first
    assert (second.trained, second.reused) == (0, 62)


def test_an_engine_that_trains_on_the_test_fold_is_detected(check, monkeypatch):
    train = negres_core.engine.selection.train

    def train_on_all_rows(recipe, data, jobs, *, device):
        leaking_jobs = []
        for job in jobs:
            all_rows = np.union1d(job.cell.train, job.cell.test).astype(np.int32)
            leaking_jobs.append(dataclasses.replace(job, cell=dataclasses.replace(job.cell, train=all_rows)))
        yield from train(recipe, data, leaking_jobs, device=device)

    monkeypatch.setattr("negres_core.engine.selection.train", train_on_all_rows)

    failed = {finding.control for finding in check().findings if not finding.passed}
    # What was learned by heart from permuted targets may leave little that true targets add.
    assert {"permuted labels"} <= failed <= {"permuted labels", "planted effect"}
