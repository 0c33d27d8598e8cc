"""Arms that stop early, from the arguments to verified evidence, trained for real."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arrays import digest_array
from negres_core.claim import beats, reaches, to_reach
from negres_core.dataset import Dataset
from negres_core.design import KFolds, hold_out
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.recheck import recheck

RNG = np.random.default_rng(1)
INPUTS = RNG.normal(size=(300, 5))
DATA = Dataset(x=INPUTS, y=(INPUTS[:, 0] + RNG.normal(size=300) > 0).astype(int), name="noisy")


def network(input_shape, outputs):
    return keras.Sequential(
        [
            keras.Input(input_shape),
            keras.layers.Dense(32, "relu", name="hidden"),
            keras.layers.Dense(outputs, "softmax"),
        ]
    )


def fast():
    return keras.optimizers.Adam(0.03)


def arm(**options):
    fields = {"epochs": 12, "batch_size": 32, "optimizer": fast}
    return Recipe(Stage(network, **fields | options), preprocess=StandardScaler)


STOPPING, FULL = arm(validation=0.1, patience=2), arm()


def test_an_arm_that_stops_early_is_judged_and_its_records_say_how(new_experiment, tmp_path):
    experiment = new_experiment()
    evidence = experiment.compare(
        STOPPING, against=FULL, on=DATA, claim=beats("accuracy"), design=KFolds(folds=3, repeats=2)
    )
    store = Store(tmp_path)
    assert recheck(evidence, store, None) == []
    assert all(finding.passed for finding in evidence.controls)

    treatment, control = evidence.arms
    assert str(treatment.recipe) == "network (at most 12 epochs)"
    monitor = treatment.description.stages[0].monitor
    assert (monitor.share, monitor.metric, monitor.patience, monitor.restores_best) == (0.1, "loss", 2, True)
    replicates = [store.find(id) for id in treatment.replicates[0]]
    trained = [len(each.monitored) for each in replicates]
    assert treatment.budget.epochs == round(np.mean(trained)) < 12 == control.budget.epochs
    assert [each.best_epoch for each in replicates] == [np.argmin(each.monitored) + 1 for each in replicates]
    # The arms are paired: the test rows are the same, and the validation rows part of the training fold.
    others = [store.find(id) for id in control.replicates[0]]
    assert [each.key.rows for each in replicates] == [each.key.rows for each in others]
    assert {each.key.validation for each in others} == {None}
    found = {finding.control: finding.found for finding in evidence.controls}
    assert f"treatment arm: {np.mean(trained):.6g} of at most 12 epochs" in found["budget"]
    assert "different validation rows: 0.1 of the training fold and none" in found["budget"]
    assert "0 of 3 curves" in found["validation curve"]


def test_the_validation_rows_are_part_of_the_training_fold(new_experiment, tmp_path):
    claim = reaches("accuracy", bar=0.5)
    evidence = new_experiment().measure(STOPPING, on=DATA, claim=claim, design=KFolds(folds=3, repeats=2))
    store = Store(tmp_path)
    replicates = [store.find(id) for id in evidence.arms[0].replicates[0]]
    for cell, replicate in zip(KFolds(folds=3, repeats=2).split(DATA), replicates, strict=False):
        rows = hold_out(cell, DATA, 0.1).validation
        assert replicate.key.validation == f"loss on {digest_array(rows)}"
        assert len(rows) == 20
        assert set(rows) <= set(cell.train)


@pytest.fixture
def compare(engine, new_experiment):
    """Compare two arms by a fake engine."""

    def run(treatment, control, claim=None, **options):
        options |= {"claim": claim or beats("accuracy"), "design": KFolds(folds=3, repeats=1)}
        return new_experiment(controls="none").compare(treatment, against=control, on=DATA, **options)

    return run


def test_a_claim_about_the_epochs_that_early_stopping_takes_is_decided_by_what_was_trained(new_experiment, tmp_path):
    slow = arm(validation=0.1, patience=2, optimizer=lambda: keras.optimizers.SGD(0.01), epochs=30)
    experiment = new_experiment(controls="none")
    evidence = experiment.compare(
        STOPPING, against=slow, on=DATA, claim=beats("epochs"), design=KFolds(folds=3, repeats=2)
    )
    assert evidence.verdict == "supported"
    assert recheck(evidence, Store(tmp_path), None) == []


def test_a_tampered_best_epoch_is_found(new_experiment, tmp_path):
    store = Store(tmp_path)
    evidence = new_experiment(controls="none").measure(
        STOPPING, on=DATA, claim=reaches("accuracy", bar=0.5), design=KFolds(folds=3, repeats=2)
    )
    replicate = store.find(evidence.arms[0].replicates[0][0])
    forged = replicate.updated(best_epoch=replicate.best_epoch + 1, model=None)
    store.record(forged, b"model", saved_as="keras")
    assert any("best epoch" in problem for problem in recheck(evidence, Store(tmp_path), None))


@pytest.mark.parametrize("pair", [(STOPPING, FULL), (STOPPING, STOPPING)])
def test_a_claim_about_the_time_to_a_target_refuses_patience(compare, pair):
    with pytest.raises(InputError, match="may end its training early"):
        compare(*pair, beats(to_reach("accuracy", 0.9)))


def test_a_claim_about_the_time_to_a_target_measures_it_on_the_rows_that_the_arms_hold_out(engine, compare):
    compare(arm(validation=0.2), arm(validation=0.2, optimizer="sgd"), beats(to_reach("accuracy", 0.9)))
    cells = [job.cell for _, _, jobs in engine.calls for job in jobs]
    assert {len(cell.validation) for cell in cells} == {40}
    assert {len(cell.train) for cell in cells} == {160}
    with pytest.raises(InputError, match="have to be the same for both arms"):
        compare(arm(validation=0.2), FULL, beats(to_reach("accuracy", 0.9)))


def test_budgets_of_arms_with_patience_cannot_be_made_equal(compare):
    with pytest.raises(InputError, match="stops early by its patience"):
        compare(STOPPING, FULL, equal="steps")


def test_a_fit_at_the_end_is_not_given_the_validation_rows(new_experiment):
    seen = []

    def probe(train, test, model):
        seen.append(len(train.y))
        return np.asarray(model(test.x)).argmax(axis=1)

    recipe = Recipe(STOPPING.last, Fit(probe, inherits=network), preprocess=StandardScaler)
    claim = reaches("accuracy", bar=0.5)
    new_experiment(controls="none").measure(recipe, on=DATA, claim=claim, design=KFolds(folds=3, repeats=1))
    assert set(seen) == {180}


def test_stages_of_one_recipe_hold_out_the_same_rows():
    def grown(input_shape, outputs):
        return network(input_shape, outputs)

    with pytest.raises(InputError, match="hold out the same validation rows"):
        Recipe(Stage(network), Stage(grown, inherits=network, validation=0.1, patience=3))
