from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core import Dataset, Fit, Recipe, Stage
from negres_core.design import KFolds
from negres_core.diagnosis.symptoms import Symptoms, gather, summarize
from negres_core.run.arm import Arm
from negres_core.run.models import Inspection, OutputLayer
from negres_core.run.run import Run

FACES = np.random.default_rng(0).uniform(size=(20, 4, 4, 1)).astype(np.float32)
DATA = Dataset(x=FACES, y=FACES, name="faces")
DESIGN = KFolds(folds=2, repeats=1)
CELLS = list(DESIGN.split(DATA))


def network():
    """Stands for an autoencoder."""


def shown():
    """Stands for a fit."""


class FakeModels:
    """A network that reconstructs faces at half their brightness, and a fit that rounds the faces."""

    def inspect(self, recipe, replicate):
        assert recipe.fit is None
        targets = FACES[CELLS[0].test]
        return Inspection(
            output_layer=OutputLayer(),
            weights=[],
            targets=targets,
            outputs=targets / 2,
            predicted=targets / 2,
            loss=0.2,
            trivial_loss=0.4,
            training_loss=0.1,
            inference_loss=0.15,
            silent=[(1, 10), (3, 4)],
            gradient_norm=1.0,
            weight_norm=1.0,
        )

    def predict(self, arm, position, rows):
        if arm.recipe.fit and arm.recipe.fit.metrics:
            return None
        return np.round(FACES[rows]) if arm.recipe.fit else FACES[rows] / 2

    def drive(self, recipe, replicate, rows):
        return np.stack([np.zeros((4, 4, 1)), np.full((4, 4, 1), 0.75)])


def run_of(recipe, new_replicate, models=None, **fields):
    stages = [[new_replicate(recipe=str(stage), curve=[0.9, 0.3], **fields)] for stage in recipe.stages]
    stages += [[new_replicate(recipe="fit", curve=[], metrics={"skill": -2.0})]] if recipe.fit else []
    return Run(DATA, DESIGN, CELLS, [Arm("treatment", recipe, stages)], models=models or FakeModels())


NETWORK = Recipe(Stage(network))
FIELDS = {"metrics": {"skill": 0.5, "loss_skill": 0.6}, "predictions": {"loss_floor": 0.05}}


def test_symptoms_are_those_of_the_network_and_its_record(new_replicate):
    run = run_of(NETWORK, new_replicate, **FIELDS)
    targets = FACES[CELLS[0].test]

    symptoms = gather(run, run.arms[0])

    assert symptoms.targets == summarize(targets)
    assert symptoms.scored == symptoms.outputs == summarize(targets / 2)
    assert symptoms.reach == (0.0, 0.75)
    assert symptoms.lost_variance == pytest.approx(
        np.sum(np.maximum(targets - 0.75, 0) ** 2) / np.sum((targets - targets.mean(0)) ** 2)
    )
    assert (symptoms.skill, symptoms.loss_skill, symptoms.dead_share) == (0.5, 0.6, 0.75)
    assert (symptoms.constant_loss, symptoms.loss_floor) == (0.4, 0.05)
    assert (symptoms.training_loss, symptoms.inference_loss) == (0.1, 0.15)
    assert (symptoms.first_loss, symptoms.last_loss) == (0.9, 0.3)


def test_losses_of_weighted_rows_are_as_large_as_without_weights(new_replicate):
    """All weights are 3, which make the training loss three times as large, and the other losses no larger."""
    run = run_of(NETWORK, new_replicate, **FIELDS)
    weighted = replace(run, data=DATA.with_weights(np.full(20, 3, np.float32)))

    symptoms = gather(weighted, weighted.arms[0])

    assert (symptoms.first_loss, symptoms.last_loss) == pytest.approx((0.3, 0.1))


def test_scored_images_are_those_of_the_fit_and_outputs_those_of_its_network(new_replicate):
    run = run_of(Recipe(Stage(network), Fit(shown, inherits=network)), new_replicate, **FIELDS)

    symptoms = gather(run, run.arms[0])

    assert (symptoms.scored.distinct, symptoms.scored.whole_share, symptoms.outputs.whole_share) == (2, 1.0, 0.0)
    assert (symptoms.skill, symptoms.loss_skill) == (-2.0, 0.6)


def test_an_arm_without_a_network_has_the_symptoms_of_its_images_only(new_replicate):
    run = run_of(Recipe(Fit(shown)), new_replicate)

    assert gather(run, run.arms[0]) == Symptoms(
        targets=summarize(FACES[CELLS[0].test]), scored=summarize(np.round(FACES[CELLS[0].test])), skill=-2.0
    )


def test_the_share_at_an_end_is_that_of_values_near_it(new_replicate):
    class Pressed(FakeModels):
        def drive(self, recipe, replicate, rows):
            targets = FACES[CELLS[0].test] / 2
            return np.array([targets.min(), targets.max()])

    run = run_of(NETWORK, new_replicate, Pressed())

    symptoms = gather(run, run.arms[0])

    half = FACES[CELLS[0].test].ravel() / 2
    margin = 0.005 * np.ptp(half)
    near = (half <= half.min() + margin) | (half >= half.max() - margin)
    assert symptoms.outputs_at_ends == pytest.approx(near.mean())
    # Targets beyond an end are not at it.
    assert 0 <= symptoms.targets_at_ends <= 0.05


def test_an_arm_without_models_or_a_finished_replicate_has_no_symptoms(new_replicate):
    run = run_of(NETWORK, new_replicate)
    broken = run_of(NETWORK, new_replicate, status="not finite")

    assert gather(replace(run, models=None), run.arms[0]) is None
    assert gather(broken, broken.arms[0]) is None


def test_a_summary_matches_values_computed_by_hand():
    values = summarize(np.array([[0.0, 1.0, 0.5], [0.0, 0.0, 0.5]]))

    assert (values.low, values.high, values.distinct) == (0.0, 1.0, 3)
    assert values.whole_share == pytest.approx(4 / 6)
    assert values.mean == pytest.approx(2 / 6)
    assert values.spread == pytest.approx(0.5 / 3)
    assert values.sd == pytest.approx(np.std([0, 1, 0.5, 0, 0, 0.5]))


def test_constant_targets_lose_nothing(new_replicate):
    flat = Dataset(x=FACES, y=np.full_like(FACES, 0.5), name="flat")
    run = run_of(NETWORK, new_replicate)

    assert gather(replace(run, data=flat), run.arms[0]).lost_variance == 0.0
