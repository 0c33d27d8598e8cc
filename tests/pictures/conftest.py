from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Fit, Recipe, Stage
from negres_core.design import KFolds
from negres_core.run.arm import Arm
from negres_core.run.models import OutputLayer
from negres_core.run.run import Run

FLOOR, MEAN_IMAGE = 0.5, 0.6
FACES = np.random.default_rng(4).uniform(size=(12, 4, 6, 3)).astype(np.float32)
FACES[0, 0, 0], FACES[1, 0, 0] = 0, 1


def cae():
    """Stands for a network; nothing here builds it."""


def grown():
    """Stands for a network that inherits it."""


def pca(train, test):
    """Stands for a fit."""


CAE = Stage(cae, loss="binary_crossentropy", epochs=3)
NETWORK, PCA = Recipe(CAE), Recipe(Fit(pca))


class FakeModels:
    """Models that predict what a test gives, or else 0.9 times the targets."""

    def __init__(self, data, predictions, fit_pictures):
        self.data, self.predictions, self.fit_pictures = data, predictions, fit_pictures
        self.calls = []

    def output_layer(self, recipe):
        return OutputLayer(loss=recipe.last.loss)

    def predict(self, arm, position, rows):
        self.calls.append((arm.role, position, rows))
        return self.predictions.get(arm.role, lambda y: 0.9 * y)(self.data.y[rows])

    def render_fit(self, arm, position):
        return self.fit_pictures.get(arm.role, {})


@pytest.fixture
def new_run(new_replicate):
    """Make the run of a network against PCA, 2 folds x 1 repeat; recipes, predictions and fit pictures can be given."""

    def record(recipe, number, role, cell):
        predicts = recipe.network is recipe or recipe.fit.compute is pca
        scores = {"psnr": 20.0 + number, "skill": 0.5 + number / 10, "accuracy": 0.8 + number / 10, "iou": 0.5}
        fields = {"metrics": scores, "curve": [], "model": None}
        fields["predictions"] = {"mean": 0.5, "sd": 0.1} if predicts else {}
        if recipe.network is recipe:
            fields["curve"] = [0.7 - 0.01 * epoch - 0.004 * number for epoch in range(recipe.last.epochs)]
            fields["metrics"]["loss"] = 0.61 + number / 50
            fields["predictions"] |= {"loss_floor": FLOOR + number / 100, "mean_image_loss": MEAN_IMAGE + number / 100}
        return new_replicate(recipe=f"{role} {recipe}", repeat=cell.repeat, fold=cell.fold, **fields)

    def train(role, recipe, cells):
        stages = [[record(part, number, role, cell) for number, cell in enumerate(cells)] for part in recipe.lineage]
        return Arm(role, recipe, stages)

    def make(
        *, faces=FACES, y=None, treatment=NETWORK, control=PCA, predictions=None, fit_pictures=None, ignore_class=None
    ):
        data = Dataset(x=faces, y=faces if y is None else y, name="faces", ignore_class=ignore_class)
        design = KFolds(folds=2, repeats=1)
        cells = list(design.split(data))
        recipes = {"treatment": treatment, "control": control}
        arms = [train(role, recipe, cells) for role, recipe in recipes.items() if recipe is not None]
        return Run(data, design, cells, arms, models=FakeModels(data, predictions or {}, fit_pictures or {}))

    return make


@pytest.fixture
def spoil():
    """Make the loss of one replicate of a run infinite in its last epoch."""

    def spoil(run, *, arm=0, position=0):
        stages = [list(stage) for stage in run.arms[arm].stages]
        curve = [*stages[-1][position].curve[:-1], float("inf")] if stages[-1][position].curve else []
        nothing = {"metrics": {"psnr": np.nan, "skill": np.nan, "loss": np.nan}, "predictions": {}, "curve": curve}
        stages[-1][position] = stages[-1][position].updated(status="not finite", **nothing)
        arms = list(run.arms)
        arms[arm] = Arm(arms[arm].role, arms[arm].recipe, stages)
        return Run(run.data, run.design, run.cells, arms, models=run.models)

    return spoil
