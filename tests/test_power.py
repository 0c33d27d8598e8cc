from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm, t

from negres_core.claim import beats, matches
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.experiment.decision import decide
from negres_core.power import analyze_power
from negres_core.statistics import Look

ONCE = Design(folds=5, repeats=5, looks=False)


def differences(sd, effect=0.0, *, design=ONCE, seed=0):
    """PreparedInputs of exactly this mean and standard deviation."""
    drawn = np.random.default_rng(seed).normal(size=(design.repeats, design.folds))
    return effect + sd * (drawn - drawn.mean()) / drawn.std(ddof=1)


def test_a_margin_above_the_one_foreseen_is_decided_and_one_below_is_not():
    """By the whole of the decision, on cells without an effect."""
    margin = analyze_power(ONCE, sd=0.01).equivalence

    above, below = (decide(differences(0.01), matches("accuracy", within=margin * by), ONCE) for by in (1.001, 0.999))

    assert (above.verdict.finding, below.verdict.verdict) == ("equivalent", "inconclusive")


def test_looks_cost_what_their_last_level_costs():
    design = Design(folds=5, repeats=5)
    level = Look(5, 5, 5).level(0.05)

    ratio = analyze_power(design, sd=0.01).equivalence / analyze_power(ONCE, sd=0.01).equivalence

    assert ratio == pytest.approx(t.isf(level, 24) / t.isf(0.05, 24))
    assert ratio > 1


def test_the_floor_is_where_repeats_lead():
    many = Design(folds=5, repeats=100_000, looks=False)

    assert analyze_power(ONCE, sd=0.01).floor == pytest.approx(norm.isf(0.05) * 0.01 / 2)
    assert analyze_power(many, sd=0.01).equivalence == pytest.approx(analyze_power(ONCE, sd=0.01).floor, rel=1e-4)


def test_the_effect_foreseen_is_seen_four_times_in_five():
    """PreparedInputs correlated by 1 / k, as the test takes them to be."""
    random, foreseen = np.random.default_rng(20), analyze_power(ONCE, sd=0.01)
    runs = 2000
    # What all cells of a run share is no part of their spread.
    shared, own = random.normal(size=(runs, 1, 1)), random.normal(size=(runs, 5, 5))
    cells = foreseen.detectable + 0.01 * (own + shared * (1 / 4) ** 0.5)

    seen = [decide(run, beats("accuracy"), ONCE).verdict.verdict == "supported" for run in cells]

    assert np.mean(seen) == pytest.approx(0.8, abs=4 * (0.8 * 0.2 / runs) ** 0.5)


def test_a_margin_under_the_floor_is_refused_with_what_would_decide_it():
    foreseen = analyze_power(ONCE, sd=0.01)

    with pytest.raises(InputError) as caught:
        foreseen.check(matches("accuracy", within=0.005), sd_at_least=0.008, known_from="the evidence of last year")

    assert "No number of repeats" in str(caught.value)
    assert "margins of 0.00658 and less" in str(caught.value)
    assert "the evidence of last year" in str(caught.value)
    assert "Claim a margin of more than 0.00822" in str(caught.value)


@pytest.mark.parametrize("claim", [matches("accuracy", within=0.007), beats("accuracy", by=0.001)])
def test_what_may_be_decided_is_not_refused(claim):
    analyze_power(ONCE, sd=0.01).check(claim, sd_at_least=0.008, known_from="the evidence of last year")


@pytest.mark.parametrize(
    ("sd", "alpha", "says"), [(0.0, 0.05, "sd=0.0"), (np.nan, 0.05, "sd=nan"), (1.0, 0.5, "alpha=0.5")]
)
def test_what_cannot_be_foreseen_is_refused(sd, alpha, says):
    with pytest.raises(InputError, match=says):
        analyze_power(ONCE, sd=sd, alpha=alpha)


@pytest.mark.parametrize(
    ("design", "words"),
    [
        ({"repeats": 5}, "5 folds x 5 repeats, with a look after each: sees"),
        ({"repeats": 5, "looks": False}, "5 folds x 5 repeats: sees"),
        ({"repeats": 1}, "5 folds x 1 repeat: sees"),
    ],
)
def test_a_prospect_in_words_begins_with_the_design(design, words):
    assert str(analyze_power(Design(folds=5, **design), sd=0.01)).startswith(words)
