"""What a verdict does not depend on: the order of the arms, the unit of a metric, and a shift of both arms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negres_core.claim import Claim, beats, matches, reaches
from negres_core.design import KFolds
from negres_core.evidence import ClaimRecord
from negres_core.experiment.decision import ALPHA, decide, difference_of
from negres_core.metrics import Metric
from negres_core.statistics import corrected_resampled_t

DESIGN = KFolds(folds=5, repeats=2)


def record_of(claim, *, higher_is_better=True):
    """Return the record of a claim about a metric of either direction."""
    metric = Metric(claim.metric, higher_is_better=higher_is_better, unit="")
    return ClaimRecord.of(claim, metric, alpha=ALPHA)


# Multiples of 1/1024 and their sums and differences are exact in binary, so that rounding decides nothing below.
grids = st.lists(st.integers(-200, 200), min_size=10, max_size=10).map(lambda cells: np.reshape(cells, (2, 5)) / 1024)
arms = st.tuples(grids, grids).filter(lambda pair: np.ptp((pair[0] - pair[1])[0]) > 0)
kinds = st.sampled_from(["beats", "matches"])
margins = st.sampled_from([1, 5, 20, 80, 300]).map(lambda each: each / 1024)


def judged(treatment, control, claim, *, higher_is_better=True):
    return decided(difference_of([treatment, control], record_of(claim, higher_is_better=higher_is_better)), claim)


def decided(differences, claim):
    """Return the estimate at the look that counts, and the verdict."""
    decision = decide(differences, claim, DESIGN)
    so_far = differences[: len(decision.looks)]
    return corrected_resampled_t(so_far, test_train_ratio=DESIGN.test_train_ratio), decision.verdict


@given(arms, margins)
def test_swapping_the_arms_of_a_match_only_swaps_better_and_worse(pair, margin):
    claim = matches("accuracy", within=margin)
    swapped = {"better": "worse", "worse": "better"}

    (one, verdict), (other, mirrored) = judged(*pair, claim), judged(*pair[::-1], claim)

    assert other.skewness == pytest.approx(-one.skewness, abs=1e-9)
    assert other == dataclasses.replace(one, effect=-one.effect, skewness=other.skewness)
    assert mirrored.verdict == verdict.verdict
    assert mirrored.finding == swapped.get(verdict.finding, verdict.finding)


@given(arms, st.just(0.0) | margins)
def test_no_two_arms_beat_each_other(pair, margin):
    claim = beats("accuracy", by=margin)

    (_, verdict), (_, mirrored) = judged(*pair, claim), judged(*pair[::-1], claim)

    if verdict.verdict == "supported" or verdict.finding == "equivalent":
        assert mirrored.verdict == "refuted"


@given(arms, margins, kinds)
def test_a_metric_that_is_better_lower_is_the_negative_of_one_that_is_better_higher(pair, margin, kind):
    claim = Claim(kind, "loss", margin)

    assert judged(*pair, claim, higher_is_better=False) == judged(*(-each for each in pair), claim)


@given(arms, margins, kinds, st.sampled_from([2.0**-7, 0.5, 4.0, 2.0**10]))
def test_the_unit_of_the_metric_does_not_matter(pair, margin, kind, unit):
    """Powers of 2 scale without rounding; only the margin that a finding names is scaled, too."""
    claim, scaled = Claim(kind, "loss", margin), Claim(kind, "loss", margin * unit)

    (one, verdict), (other, same) = judged(*pair, claim), judged(*(each * unit for each in pair), scaled)

    assert (other.effect, other.standard_error, other.sd) == (
        one.effect * unit,
        one.standard_error * unit,
        one.sd * unit,
    )
    assert (other.statistic, other.interval(0.9)) == (one.statistic, tuple(end * unit for end in one.interval(0.9)))
    assert (same.verdict, same.finding.split(" by ")[0]) == (verdict.verdict, verdict.finding.split(" by ")[0])


@given(arms, margins, kinds, st.sampled_from([0.01, 100.0, 1000.0]))
def test_percentages_decide_as_fractions_do(pair, margin, kind, unit):
    """Here scaling rounds: an estimate may differ in its last digits, but a verdict may not."""
    claim, scaled = Claim(kind, "loss", margin), Claim(kind, "loss", margin * unit)

    (one, verdict), (other, same) = judged(*pair, claim), judged(*(each * unit for each in pair), scaled)

    assert other.statistic == pytest.approx(one.statistic, rel=1e-9, abs=1e-9)
    assert (same.verdict, same.finding.split(" by ")[0]) == (verdict.verdict, verdict.finding.split(" by ")[0])


@given(arms, margins, kinds, st.integers(-5000, 5000))
def test_a_shift_of_both_arms_does_not_matter(pair, margin, kind, shift):
    claim = Claim(kind, "loss", margin)

    assert judged(*(each + shift for each in pair), claim) == judged(*pair, claim)


@given(grids.filter(lambda cells: np.ptp(cells[0]) > 0), st.integers(-200, 200))
def test_reaching_a_bar_is_symmetric(values, bar):
    above, below = reaches("accuracy", bar=bar / 1024), reaches("accuracy", bar=-bar / 1024)
    swapped = {"reached": "not reached", "not reached": "reached"}

    _, one = decided(difference_of([values], record_of(above)), above)
    _, other = decided(difference_of([-values], record_of(below)), below)

    assert other.finding == swapped.get(one.finding, one.finding)
