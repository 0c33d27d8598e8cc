"""The spread of the differences in earlier evidence, and how an experiment uses it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.claim import beats, matches
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.forecast import known_spread, spread_in

DATA = Dataset(x=np.random.default_rng(0).normal(size=(400, 3)), y=np.arange(400) % 2, name="mine")


def small(input_shape, outputs):
    import keras

    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


LONG, SHORT = (Recipe(Stage(small, epochs=epochs)) for epochs in (3, 1))


@pytest.fixture(autouse=True)
def scores(engine):
    """The arms differ only by noise with a standard deviation of about 0.1 over the cells."""
    spread = np.random.default_rng(7).normal(size=(9, 9)) / 10

    def accuracy(recipe, job):
        return 0.7 + spread[job.cell.repeat, job.cell.fold] * (recipe.last.epochs == 3)

    engine.accuracy = accuracy


def run(experiment, claim, **design):
    design = KFolds(**{"folds": 5, "repeats": 3, "looks": False} | design)
    return experiment.compare(LONG, against=SHORT, on=DATA, claim=claim, design=design)


def test_the_first_run_on_a_data_set_has_no_power_estimate(new_experiment):
    announcements = []

    evidence = run(new_experiment(announce=announcements.append), beats("accuracy", by=0.01))

    assert (evidence.power, announcements) == (None, [])


def test_earlier_evidence_shows_what_a_design_can_decide(new_experiment, tmp_path):
    announcements = []
    first = run(new_experiment(), beats("accuracy", by=0.01))

    second = run(new_experiment(announce=announcements.append), beats("accuracy", by=0.01), repeats=4)

    spread = spread_in(first)
    assert spread.sd == pytest.approx(np.std(first.differences, ddof=1))
    assert spread.at_least == pytest.approx(spread.sd * (14 / chi2.ppf(0.975, 14)) ** 0.5)
    assert (second.power.sd, second.power.known_from) == (spread.sd, spread.known_from)
    assert len(announcements) == 1
    assert "5 folds x 4 repeats: detects an effect of" in announcements[0]
    assert "15 cells of 'it holds'" in announcements[0]
    assert "power       detects an effect of" in str(second)
    assert Store(tmp_path).read_evidence(Store(tmp_path).evidence_path("a test")) == second


def test_own_evidence_is_preferred_and_evidence_on_other_metrics_or_data_is_ignored(new_experiment, tmp_path):
    own = run(new_experiment(), beats("accuracy", by=0.01), repeats=1)
    run(new_experiment("another"), beats("accuracy", by=0.01))

    own_spread = known_spread(Store(tmp_path), own)
    other_spread = known_spread(Store(tmp_path), own.updated(hypothesis="a third"))

    assert (own_spread.own, own_spread.cell_count) == (True, 5)
    assert (other_spread.own, other_spread.cell_count) == (False, 15)
    assert known_spread(Store(tmp_path), own.updated(claim=own.claim.updated(metric="loss"))) is None
    assert known_spread(Store(tmp_path), own.updated(data=own.data.updated(digest="another"))) is None


def test_a_margin_out_of_reach_is_refused_before_training(new_experiment, engine):
    run(new_experiment(), matches("accuracy", within=0.5))
    trained = len(engine.trained)

    with pytest.raises(InputError, match=r"(?s)No number of repeats.*within=0.001.*15 cells of 'it holds'"):
        run(new_experiment(), matches("accuracy", within=0.001), repeats=5)

    assert len(engine.trained) == trained
    # Other arms may spread differently, so their evidence does not refuse a margin.
    assert run(new_experiment("another"), matches("accuracy", within=0.001)).verdict == "inconclusive"


def test_a_first_run_stops_when_its_margin_turns_out_to_be_out_of_reach(new_experiment, engine):
    evidence = run(new_experiment(), matches("accuracy", within=0.001), looks=True, repeats=9)

    assert (evidence.verdict, len(evidence.differences)) == ("inconclusive", 1)
    assert evidence.finding == "margin too small for this data set"
    assert len(engine.trained) == 10
