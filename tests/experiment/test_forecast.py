"""The spread that earlier evidence shows before a run, and how an experiment uses it."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import chi2

from negres_core.claim import beats, matches
from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.evidence import Store
from negres_core.experiment.forecast import known_spread, spread_in
from negres_core.recipe import Recipe, Stage

DATA = Dataset(x=np.random.default_rng(0).normal(size=(40, 3)), y=np.arange(40) % 2, name="mine")


def small(input_shape, outputs):
    import keras

    return keras.Sequential([keras.layers.Input(input_shape), keras.layers.Dense(outputs, "softmax")])


LONG, SHORT = (Recipe(Stage(small, epochs=epochs)) for epochs in (3, 1))


@pytest.fixture(autouse=True)
def scores(engine):
    """Arms differ by nothing but a spread of about 0.1 over the cells."""
    spread = np.random.default_rng(7).normal(size=(9, 9)) / 10

    def accuracy(recipe, job):
        return 0.7 + spread[job.cell.repeat, job.cell.fold] * (recipe.last.epochs == 3)

    engine.accuracy = accuracy


def run(experiment, claim, **design):
    design = Design(**{"folds": 5, "repeats": 3, "looks": False} | design)
    return experiment.compare(LONG, against=SHORT, on=DATA, claim=claim, design=design)


def test_the_first_run_on_a_data_set_has_no_power_estimate(new_experiment):
    told = []

    evidence = run(new_experiment(announce=told.append), beats("accuracy", by=0.01))

    assert (evidence.power, told) == (None, [])


def test_earlier_evidence_shows_what_a_design_can_decide(new_experiment, tmp_path):
    told = []
    first = run(new_experiment(), beats("accuracy", by=0.01))

    second = run(new_experiment(announce=told.append), beats("accuracy", by=0.01), repeats=4)

    spread = spread_in(first)
    assert spread.sd == pytest.approx(np.std(first.differences, ddof=1))
    assert spread.at_least == pytest.approx(spread.sd * (14 / chi2.ppf(0.975, 14)) ** 0.5)
    assert (second.power.sd, second.power.known_from) == (spread.sd, spread.known_from)
    assert len(told) == 1
    assert "5 folds x 4 repeats: detects an effect of" in told[0]
    assert "15 cells of 'it holds'" in told[0]
    assert "power       detects an effect of" in str(second)
    assert Store(tmp_path).read_evidence(Store(tmp_path).evidence_path("a test")) == second


def test_the_hypothesis_itself_tells_more_than_others_and_other_metrics_nothing(new_experiment, tmp_path):
    own = run(new_experiment(), beats("accuracy", by=0.01), repeats=1)
    run(new_experiment("another"), beats("accuracy", by=0.01))

    found = known_spread(Store(tmp_path), own)

    assert (found.own, found.cell_count) == (True, 5)
    other = own.updated(hypothesis="a third")
    assert (known_spread(Store(tmp_path), other).own, known_spread(Store(tmp_path), other).cell_count) == (False, 15)
    assert known_spread(Store(tmp_path), own.updated(claim=own.claim.updated(metric="loss"))) is None
    assert known_spread(Store(tmp_path), own.updated(data=own.data | {"digest": "another"})) is None


def test_a_margin_out_of_reach_is_refused_before_training(new_experiment, engine):
    run(new_experiment(), matches("accuracy", within=0.5))
    trained = len(engine.trained)

    with pytest.raises(InputError, match=r"(?s)No number of repeats.*within=0.001.*15 cells of 'it holds'"):
        run(new_experiment(), matches("accuracy", within=0.001), repeats=5)

    assert len(engine.trained) == trained
    # Other arms may spread otherwise: what they tell refuses nothing.
    assert run(new_experiment("another"), matches("accuracy", within=0.001)).verdict == "inconclusive"


def test_a_first_run_stops_where_its_margin_turns_out_to_be_out_of_reach(new_experiment, engine):
    evidence = run(new_experiment(), matches("accuracy", within=0.001), looks=True, repeats=9)

    assert (evidence.verdict, len(evidence.differences)) == ("inconclusive", 1)
    assert evidence.finding == "margin too small for this data set"
    assert len(engine.trained) == 10
