from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from negres_core.claim import beats, matches
from negres_core.design import FixedSplit, KFolds
from negres_core.errors import InputError
from negres_core.experiment.decision import decide
from negres_core.power import analyze_power, analyze_row_power
from negres_core.statistics import Look
from negres_core.statistics.crossed_effects import crossed_effects
from negres_core.statistics.row_estimate import estimate_over_rows

ONCE = KFolds(folds=5, repeats=5, looks=False)


def differences(sd, effect=0.0, *, design=ONCE, seed=0):
    """Cell differences of exactly this mean and standard deviation."""
    noise = np.random.default_rng(seed).normal(size=(design.repeats, design.folds))
    return effect + sd * (noise - noise.mean()) / noise.std(ddof=1)


def test_a_wider_margin_than_predicted_is_decided_and_a_narrower_one_is_not():
    """By the whole decision, on cells without an effect."""
    margin = analyze_power(ONCE, sd=0.01).equivalence

    above, below = (decide(differences(0.01), matches("accuracy", within=margin * by), ONCE) for by in (1.001, 0.999))

    assert (above.verdict.finding, below.verdict.verdict) == ("equivalent", "inconclusive")


def test_looks_widen_the_margin_by_the_level_of_the_last_one():
    design = KFolds(folds=5, repeats=5)
    level = Look(5, 5, 5).level(0.05)

    ratio = analyze_power(design, sd=0.01).equivalence / analyze_power(ONCE, sd=0.01).equivalence

    assert ratio == pytest.approx(t.isf(level, 24) / t.isf(0.05, 24))
    assert ratio > 1


def test_the_floor_is_the_limit_of_many_repeats():
    many = KFolds(folds=5, repeats=100_000, looks=False)

    assert analyze_power(ONCE, sd=0.01).floor == pytest.approx(norm.isf(0.05) * 0.01 / 2)
    assert analyze_power(many, sd=0.01).equivalence == pytest.approx(analyze_power(ONCE, sd=0.01).floor, rel=1e-4)


def test_the_detectable_effect_is_detected_in_80_percent_of_runs():
    """Cells correlated by 1 / k, as the test assumes."""
    random, power = np.random.default_rng(20), analyze_power(ONCE, sd=0.01)
    runs = 2000
    # The part that all cells of a run share does not add to their standard deviation.
    shared, own = random.normal(size=(runs, 1, 1)), random.normal(size=(runs, 5, 5))
    cells = power.detectable + 0.01 * (own + shared * (1 / 4) ** 0.5)

    supported = [decide(run, beats("accuracy"), ONCE).verdict.verdict == "supported" for run in cells]

    assert np.mean(supported) == pytest.approx(0.8, abs=4 * (0.8 * 0.2 / runs) ** 0.5)


def test_refuses_a_margin_below_the_floor_and_states_what_would_decide_it():
    power = analyze_power(ONCE, sd=0.01)

    with pytest.raises(InputError) as caught:
        power.check(matches("accuracy", within=0.005), sd_at_least=0.008, known_from="the evidence of last year")

    assert "No number of repeats" in str(caught.value)
    assert "margins up to 0.00658" in str(caught.value)
    assert "the evidence of last year" in str(caught.value)
    assert "Choose a margin of more than 0.00822" in str(caught.value)


@pytest.mark.parametrize("claim", [matches("accuracy", within=0.007), beats("accuracy", by=0.001)])
def test_a_claim_that_may_be_decided_is_not_refused(claim):
    analyze_power(ONCE, sd=0.01).check(claim, sd_at_least=0.008, known_from="the evidence of last year")


@pytest.mark.parametrize(
    ("sd", "alpha", "received"), [(0.0, 0.05, "sd=0.0"), (np.nan, 0.05, "sd=nan"), (1.0, 0.5, "alpha=0.5")]
)
def test_refuses_a_standard_deviation_or_a_level_out_of_range(sd, alpha, received):
    with pytest.raises(InputError, match=f"Received: {received}"):
        analyze_power(ONCE, sd=sd, alpha=alpha)


@pytest.mark.parametrize(
    ("design", "sentence"),
    [
        (
            KFolds(folds=5, repeats=5),
            "5 folds x 5 repeats, with a look after each: detects an effect of 0.0147 with 80% power; "
            "shows equivalence within 0.00921 (with any number of repeats: 0.00822)",
        ),
        (
            KFolds(folds=5, repeats=5, looks=False),
            "5 folds x 5 repeats: detects an effect of 0.0147 with 80% power; "
            "shows equivalence within 0.00921 (with any number of repeats: 0.00822)",
        ),
        (
            KFolds(folds=5, repeats=1),
            "5 folds x 1 repeat: detects an effect of 0.0416 with 80% power; "
            "shows equivalence within 0.0309 (with any number of repeats: 0.00822)",
        ),
    ],
)
def test_the_power_of_a_design_reads_as_a_sentence(design, sentence):
    assert str(analyze_power(design, sd=0.01)) == sentence


def test_the_limit_of_a_fixed_split_is_at_the_level_of_many_seeds():
    """Five seeds get a tenth of the level, and any number of seeds nearly all of it."""
    rng = np.random.default_rng(2)
    table = rng.normal(0, 0.3, (5, 1)) + rng.normal(0, 1, 400) + rng.normal(0, 0.5, (5, 400))
    estimate = estimate_over_rows(crossed_effects(table))
    power = analyze_row_power(FixedSplit(train=range(400, 800), test=range(400), seeds=5), estimate)

    of_rows = (estimate.components.rows / 400) ** 0.5
    assert power.floor == pytest.approx(1.65 * of_rows, rel=0.05)
    assert power.equivalence > 3 * power.floor
