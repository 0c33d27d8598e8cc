"""Fits are computed again for controls and pictures; networks have models that are loaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler

from negres_core import Dataset, Fit, Recipe, Stage
from negres_core.design import KFolds
from negres_core.engine.device import Device
from negres_core.engine.fitted_models import FittedModels, models_of
from negres_core.engine.inspection import SavedModels
from negres_core.evidence import ProvenanceRecord, Store
from negres_core.experiment.training import Trainer
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from tests.engine import examples as ex
from tests.fakes import PROVENANCE

DATA = Dataset(x=np.random.default_rng(0).normal(size=(20, 3)), y=np.arange(20) % 2, name="twenty rows")
CPU = Device("cpu", "a processor", "tensorflow", 1)
CALLS = []


def echo(train, test):
    """Answer by the targets that it should not look at."""
    CALLS.append(len(test))
    return test.y


def zeros(train, test):
    return np.zeros(len(test), int)


@pytest.fixture
def trained(tmp_path):
    """Return a run of one fit, its trained arm, and its models."""
    design, store = KFolds(folds=2, repeats=1), Store(tmp_path)
    cells = list(design.split(DATA))
    run = Run(DATA, design, cells, [Arm("treatment", Recipe(Fit(echo, pictures=lambda train, test: {"x": test.x})))])
    arm = Trainer(store, run, CPU, ProvenanceRecord(**PROVENANCE)).train(run.arms[0])
    CALLS.clear()
    return run, arm, models_of([arm.recipe], DATA, cells, store.model_path)


def test_a_fit_answers_again_for_other_targets_or_rows(trained):
    run, arm, models = trained
    test = run.cells[1].test

    assert np.array_equal(models.refit(arm, 1, 1 - DATA.y[test]), 1 - DATA.y[test])
    assert np.array_equal(models.refit(arm, 1, DATA.y[:4], np.arange(4)), DATA.y[:4])


def test_predictions_are_kept(trained):
    run, arm, models = trained
    rows = run.cells[0].test[:3]

    first, second = (models.predict(arm, 0, rows) for _ in range(2))

    assert np.array_equal(first, DATA.y[rows])
    assert first is second
    assert CALLS == [3]


def test_pictures_of_a_fit_are_rendered(trained):
    run, arm, models = trained

    assert np.array_equal(models.render_fit(arm, 1)["x"], DATA.x[run.cells[1].test])


def test_only_networks_need_models_of_keras():
    def path_of(replicate):
        return Path()

    fit, network = Recipe(Fit(zeros)), Recipe(Stage(ex.dense))

    assert type(models_of([fit, fit], DATA, [], path_of)) is FittedModels
    assert type(models_of([fit, network], DATA, [], path_of)) is SavedModels


def test_fits_are_compared_by_what_they_compute():
    models = FittedModels(DATA, [], lambda replicate: Path())

    assert models.same_training(Recipe(Fit(zeros)), Recipe(Fit(zeros, pictures=echo)))
    assert not models.same_training(Recipe(Fit(zeros)), Recipe(Fit(lambda train, test: 0)))
    assert not models.same_training(
        *(Recipe(Fit(zeros), preprocess=scaler) for scaler in (MinMaxScaler, StandardScaler))
    )
