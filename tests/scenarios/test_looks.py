"""One hypothesis from look to look: when training stops, and what is recorded, resumed and verified."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, reaches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.evidence import Store
from negres_core.experiment.recheck import recompute
from negres_core.report.table import render

Y = np.arange(400) % 2
DATA = Dataset(x=np.random.default_rng(0).normal(size=(400, 2)), y=Y, name="mine")


def base(input_shape, outputs):
    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


GOOD, POOR = Recipe(Stage(base, epochs=3)), Recipe(Stage(base, epochs=1))
NOISY = (-0.09, 0.09, -0.03, 0.03, 0.0)
SCALES = (1.0, 0.9, 1.1, 0.8, 1.2)
"""Of the noise of each repeat: repeats with the same differences would be copies."""


@pytest.fixture
def noisy(engine, new_experiment):
    """Compare 5 folds x 5 repeats: POOR has accuracy 0.6, GOOD 0.2 more, with noise that differs between repeats.

    By hand, the p-value that GOOD is not better by 0.01 is 0.0067 after the first repeat and 0.00024 after the second;
    the levels of the looks are 0.0003 and 0.0011 there.
    """

    def run(*, more=0.2, noise=NOISY, claim=None, store=None, **design):
        gains = {str(GOOD): np.add(np.outer(SCALES, noise), more), str(POOR): np.zeros((5, 5))}
        engine.accuracy = lambda recipe, job: float(0.6 + gains[str(recipe)][job.cell.repeat, job.cell.fold])
        experiment = new_experiment(**{"store": store} if store else {})
        claim = claim or beats("accuracy", by=0.01)
        return experiment.compare(GOOD, against=POOR, on=DATA, claim=claim, design=KFolds(**design))

    return run


def replicates_in(folder):
    return len(list(folder.glob("replicates/*/*.json")))


def test_a_look_that_decides_stops_training(noisy, engine, tmp_path):
    evidence = noisy()

    assert (evidence.verdict, evidence.finding, evidence.status) == ("supported", "meaningfully better", "finished")
    assert [(look.repeats, look.verdict) for look in evidence.looks] == [(1, "inconclusive"), (2, "supported")]
    # (rho + (1 - rho) / 25) / (rho + (1 - rho) / m), m = 5 and 10 cells, rho = 1/5.
    assert [look.information for look in evidence.looks] == pytest.approx([0.232 / 0.36, 0.232 / 0.28])
    assert [look.effect for look in evidence.looks] == pytest.approx([0.2, 0.2])
    assert evidence.looks[1].interval_95 == evidence.estimate.interval_95
    assert {repeat for _, repeat, _, _ in engine.trained} == {0, 1}
    assert (len(engine.trained), replicates_in(tmp_path), evidence.timings.trained) == (20, 20, 20)
    assert (np.shape(evidence.differences), evidence.estimate.cell_count, evidence.design.repeats) == ((2, 5), 10, 5)
    assert "  cells       10 (5 folds x 2 of 5 repeats, 1 seed each)" in str(evidence).splitlines()
    assert "10 of 25" in render([evidence])
    assert 0.00024 < evidence.p_value < 0.05


def test_without_looks_every_repeat_is_trained_and_the_claim_is_judged_once(noisy, engine):
    evidence = noisy(looks=False)

    assert evidence.verdict == "supported"
    assert [(look.repeats, look.information) for look in evidence.looks] == [(5, 1.0)]
    assert (len(engine.trained), evidence.estimate.cell_count) == (50, 25)
    cells = render([evidence], style="markdown").splitlines()[2].split("|")[4]
    assert cells.strip() == "25"


def test_a_claim_that_no_look_decides_is_trained_to_the_end(noisy, engine):
    evidence = noisy(more=0.05)

    assert evidence.verdict == "inconclusive"
    assert [look.verdict for look in evidence.looks] == ["inconclusive"] * 5
    assert (len(engine.trained), evidence.looks[-1].information, evidence.p_value) == (50, 1.0, None)


def test_an_interrupted_run_continues_and_has_the_same_result(noisy, engine, tmp_path):
    engine.fail_after(17)
    with pytest.raises(RuntimeError, match="out of memory"):
        noisy()
    engine.before_result = lambda: None
    evidence = noisy()
    assert (evidence.timings.reused, evidence.timings.trained, replicates_in(tmp_path)) == (17, 3, 20)

    whole = noisy(store=Store(tmp_path / "another"))

    assert (whole.timings.reused, whole.timings.trained) == (0, 20)
    assert whole.substance() == evidence.substance()


def test_stored_replicates_of_later_repeats_do_not_matter(noisy, tmp_path):
    noisy(looks=False)
    evidence = noisy()

    assert (evidence.timings.trained, evidence.timings.reused) == (0, 20)
    assert evidence.substance() == noisy(store=Store(tmp_path / "another")).substance()


def test_the_looks_are_recomputed(noisy, tmp_path):
    evidence = noisy()
    edited = evidence.looks[0].updated(verdict="supported")

    again = recompute(evidence.updated(looks=[edited], p_value=0.5, verdict="refuted"), Store(tmp_path))

    assert again == evidence


def test_equal_cells_at_the_first_look_are_not_invalid_if_later_ones_vary(noisy, engine):
    scores = []

    def accuracy(recipe, job):
        return scores[0](recipe, job) if job.cell.repeat else 0.6 + 0.2 * (recipe == GOOD)

    def swap():
        if not scores:
            scores.append(engine.accuracy)
            engine.accuracy = accuracy

    engine.before_result = swap
    evidence = noisy(claim=beats("loss", by=0.005))

    assert evidence.verdict == "supported"
    assert [look.repeats for look in evidence.looks] == [2]


def test_equal_cells_at_every_look_are_invalid(noisy, engine):
    evidence = noisy(noise=np.zeros(5), claim=beats("loss"))

    assert (evidence.verdict, evidence.finding, evidence.looks) == ("invalid", "variance", [])
    assert len(engine.trained) == 50


@pytest.mark.parametrize("bad", [0, 2])
def test_training_stops_after_a_repeat_that_diverges(new_experiment, engine, bad):
    def accuracy(recipe, job):
        if job.cell.repeat == bad and recipe == GOOD:
            return float("nan")
        return 0.6 + (recipe == GOOD) * 0.15 * job.cell.fold / 4

    engine.accuracy = accuracy
    evidence = new_experiment().compare(GOOD, against=POOR, on=DATA, claim=beats("accuracy", by=0.1), design=KFolds())

    assert (evidence.verdict, evidence.finding, evidence.p_value) == ("invalid", "finite", None)
    assert {repeat for _, repeat, _, _ in engine.trained} == set(range(bad + 1))
    assert np.shape(evidence.differences) == (bad + 1, 5)


def test_training_continues_if_a_control_needs_more_cells_than_the_claim(noisy, engine):
    """The control that GOOD learned has p = 0.064 after the first repeat, and 0.0075 after the second."""
    evidence = noisy(more=0.0, noise=(0.0, 0.13, -0.13, 0.104, -0.104), claim=beats("accuracy", by=0.9))

    assert (evidence.verdict, evidence.finding) == ("refuted", "equivalent")
    assert [(look.repeats, look.verdict) for look in evidence.looks] == [(1, "refuted")]
    assert {repeat for _, repeat, _, _ in engine.trained} == {0, 1}


def test_one_arm_stops_at_a_look_too(new_experiment, engine):
    engine.accuracy = lambda recipe, job: 0.9 + job.cell.fold / 100 + job.cell.repeat / 1000
    evidence = new_experiment().measure(GOOD, on=DATA, claim=reaches("loss", bar=0.6), design=KFolds())

    assert (evidence.verdict, len(evidence.looks), len(engine.trained)) == ("supported", 1, 5)
