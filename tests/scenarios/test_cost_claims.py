"""Claims about costs, from the arguments to verified evidence; the engine is a fake."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, matches, reaches, to_reach
from negres_core.dataset import Dataset
from negres_core.design import FixedSplit, KFolds, TimeSeries
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.recheck import recheck

DATA = Dataset(x=np.random.default_rng(0).normal(size=(400, 2)), y=np.arange(400) % 2, name="mine")


def fast(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


def slow(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


FAST, SLOW = Recipe(Stage(fast, epochs=20)), Recipe(Stage(slow, epochs=20, optimizer="sgd"))
EPOCHS = to_reach("accuracy", 0.9)


@pytest.fixture
def compare(engine, new_experiment, tmp_path):
    """Compare arms that reach the target after epochs that depend on the cell; `never` is the arm that does not."""

    def run(
        claim, *, hypothesis="a test", more=5, never=(), treatment=FAST, control=SLOW, on=DATA, equal=None, **design
    ):
        def reached_after(recipe, job):
            if str(recipe) in map(str, never):
                return None
            epoch = 3 + (7 * job.cell.fold + 3 * job.cell.repeat + job.seed) % 4
            return epoch + (more if recipe.last.build is slow else 0)

        engine.reached_after = reached_after
        experiment = new_experiment(hypothesis=hypothesis, controls="none")
        planned = design.pop("design", None) or KFolds(**design)
        evidence = experiment.compare(treatment, against=control, on=on, claim=claim, design=planned, equal=equal)
        assert recheck(evidence, Store(tmp_path), None) == []
        return evidence

    return run


def test_an_arm_that_is_faster_is_supported(compare):
    evidence = compare(beats(EPOCHS, by=2))
    assert (evidence.verdict, evidence.finding) == ("supported", "meaningfully better")
    assert evidence.estimate.effect == pytest.approx(5)
    assert (evidence.claim.unit, evidence.claim.higher_is_better) == ("epochs", False)
    assert evidence.claim.cost.model_dump() == {
        "counted_in": "epochs",
        "metric": "accuracy",
        "target": 0.9,
        "higher_is_better": True,
    }
    assert [arm.unreached.runs for arm in evidence.arms] == [0, 0]


def test_an_arm_that_is_slower_is_refuted(compare):
    assert compare(beats(EPOCHS), treatment=SLOW, control=FAST).finding == "worse"


def test_the_same_number_of_epochs_in_every_cell_is_no_missing_variance(compare):
    """The arms differ by 5 epochs in each of 25 cells; that is known to an epoch of each."""
    evidence = compare(beats(EPOCHS), looks=False)
    assert evidence.verdict == "supported"
    assert evidence.estimate.sd == pytest.approx(np.sqrt(1 / 6))
    assert np.ptp(evidence.differences) == 0


def test_arms_that_are_equally_fast_match_within_a_few_epochs_but_not_within_none(compare):
    evidence = compare(matches(EPOCHS, within=2), more=0)
    assert (evidence.verdict, evidence.finding) == ("supported", "equivalent")
    evidence = compare(matches(EPOCHS, within=0.3), more=0, hypothesis="another", looks=False)
    assert evidence.verdict == "inconclusive"


def test_runs_that_never_reach_the_target_count_at_the_budget_and_are_named(compare):
    evidence = compare(beats(EPOCHS), never=[SLOW])
    assert evidence.verdict == "supported"
    treatment, control = evidence.arms
    assert set(np.ravel(control.values)) == {20}
    runs = len(np.ravel(control.values))
    assert control.unreached.model_dump() == {"runs": runs, "of": runs, "budget": 20.0}
    assert treatment.unreached.runs == 0
    sentence = f"{runs} of {runs} control runs did not reach accuracy 0.9 and count at the budget of 20 epochs."
    assert evidence.explanation.endswith(sentence)
    assert f"{runs} of {runs} runs did not reach it and count at the budget of 20.0000 epochs" in str(evidence)


@pytest.mark.parametrize("claim", [beats(EPOCHS), beats(EPOCHS, by=3), matches(EPOCHS, within=3)])
def test_arms_that_both_never_reach_the_target_are_not_equivalent(compare, claim):
    evidence = compare(claim, never=[FAST, SLOW], repeats=2)
    assert (evidence.verdict, evidence.finding) == ("inconclusive", "target not reached")
    assert "10 of 10 treatment runs and 10 of 10 control runs did not reach accuracy 0.9" in evidence.explanation
    assert evidence.estimate is None
    assert len(evidence.differences) == 2


def test_what_is_recorded_of_a_replicate_is_the_curve_on_the_validation_rows(compare, engine, tmp_path):
    evidence = compare(beats(EPOCHS), repeats=1)
    job = engine.calls[0][2][0]
    assert (len(job.cell.validation), len(job.cell.train), len(job.cell.test)) == (32, 288, 80)
    replicate = Store(tmp_path).find(evidence.arms[0].own_replicates[0])
    assert replicate.validation == [0, 0] + [1] * 18
    assert replicate.key.validation.startswith("accuracy on ")
    assert replicate.key.timed is None


def test_replicates_of_other_claims_keep_their_identity(compare, engine, tmp_path):
    compare(beats(EPOCHS), repeats=1)
    trained = len(engine.trained)
    evidence = compare(beats("loss"), repeats=1)
    assert len(engine.trained) == 2 * trained
    replicate = Store(tmp_path).find(evidence.arms[0].own_replicates[0])
    assert (replicate.validation, replicate.key.validation) == (None, None)
    assert not {"validation", "timed"} & {name for name, value in replicate.key.model_dump().items() if value}
    assert engine.calls[-1][2][0].cell.validation is None


def test_another_target_needs_no_new_training_and_another_metric_does(compare, engine):
    compare(beats(EPOCHS), repeats=1)
    trained = len(engine.trained)
    compare(beats(to_reach("accuracy", 0.5, in_="flops")), repeats=1)
    assert len(engine.trained) == trained
    compare(beats(to_reach("f1", 0.5)), repeats=1)
    assert len(engine.trained) == 2 * trained


def test_seconds_are_measured_by_the_run_itself_one_replicate_after_another(compare, engine, tmp_path):
    def seconds(recipe, job):
        return {"train_s": 9.0, "steady_epoch_s": 0.1 + 0.001 * job.cell.fold}

    engine.cost = seconds
    claim = beats(to_reach("accuracy", 0.9, in_="seconds"))
    first = compare(claim, repeats=1, looks=False)
    trained = len(engine.trained)
    second = compare(claim, repeats=1, looks=False)
    assert len(engine.trained) == 2 * trained
    assert all(job.alone for call in engine.calls for job in call[2])
    store = Store(tmp_path)
    marks = [{store.find(id).key.timed for arm in each.arms for id in arm.own_replicates} for each in (first, second)]
    assert [len(mark) for mark in marks] == [1, 1]
    assert marks[0] != marks[1]
    assert first.estimate.effect == pytest.approx(5 * 0.102)


def test_the_seconds_of_a_whole_training_can_be_claimed(compare, engine):
    engine.cost = lambda recipe, job: {"train_s": 1 + (recipe.last.build is slow) * (1 + job.cell.fold / 100)}
    evidence = compare(beats("seconds", by=0.5), looks=False, repeats=2)
    assert evidence.claim.unit == "s"
    assert evidence.estimate.effect == pytest.approx(1.02)
    assert evidence.arms[0].unreached is None


def test_budgets_that_the_recipes_fix_are_known_to_an_epoch(compare):
    evidence = compare(beats("epochs", by=5), treatment=Recipe(Stage(fast, epochs=10)), repeats=2)
    assert (evidence.verdict, evidence.estimate.effect) == ("supported", 10)
    evidence = compare(matches("flops", within=1e5), hypothesis="another", repeats=2)
    assert (evidence.verdict, evidence.finding) == ("supported", "equivalent")


def test_equal_budgets_are_recorded_and_shown(compare):
    wide = Recipe(Stage(fast, epochs=20, batch_size=64))
    evidence = compare(beats(to_reach("accuracy", 0.9, in_="steps")), treatment=wide, equal="steps", repeats=1)
    # 288 rows are 5 steps of 64, and 3 of 128.
    assert evidence.equal.budget == 60
    assert {role: arm.epochs for role, arm in evidence.equal.arms.items()} == {"treatment": 12, "control": 20}
    assert evidence.arms[0].recipe == "fast (12 epochs)"
    assert "budget      60 steps for each: treatment arm 12 of 20 epochs, 0 steps left" in str(evidence)


def test_unequal_budgets_are_refused(compare):
    with pytest.raises(InputError, match='equal="epochs"'):
        compare(beats(EPOCHS), treatment=Recipe(Stage(fast, epochs=30)))


def test_the_validation_rows_of_a_design_are_used(compare, engine):
    engine.outputs = lambda recipe, job: np.eye(2)[DATA.y[job.cell.test]]
    design = FixedSplit(train=range(200), validation=range(200, 250), test=range(250, 400), seeds=10)
    evidence = compare(beats(EPOCHS), design=design)
    assert evidence.verdict == "supported", str(evidence)
    np.testing.assert_array_equal(engine.calls[0][2][0].cell.validation, np.arange(200, 250))


def test_a_time_series_has_no_test_of_a_cost(compare):
    with pytest.raises(InputError, match="no valid test of a cost"):
        compare(beats(EPOCHS), design=TimeSeries(4))


def test_a_fit_has_no_epochs(compare):
    fit = Recipe(Fit(lambda train, test: test.y))
    with pytest.raises(InputError, match="known only in seconds"):
        compare(beats(EPOCHS), control=fit)
    with pytest.raises(InputError, match="known only in seconds"):
        compare(beats("steps"), control=fit)


def test_one_arm_can_be_measured_against_a_bar(engine, new_experiment, tmp_path):
    engine.reached_after = lambda recipe, job: 3 + (job.cell.fold + job.cell.repeat) % 3
    experiment = new_experiment(controls="none")
    evidence = experiment.measure(FAST, on=DATA, claim=reaches(EPOCHS, bar=10), design=KFolds())
    assert (evidence.verdict, evidence.finding) == ("supported", "reached")
    assert recheck(evidence, Store(tmp_path), None) == []
