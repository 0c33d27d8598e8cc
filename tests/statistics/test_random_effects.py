"""Random effects, against R's metafor, the closed form of equal variances, and simulated coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from negres_core.errors import InputError
from negres_core.statistics import CellEstimate, combine

# Kacker (2004), Combining information from interlaboratory evaluations using a random effects model, Metrologia 41.
EFFECTS = [61.0, 61.4, 62.21, 62.3, 62.34, 62.6, 62.7, 62.84, 65.9]
VARIANCES = [0.2025, 1.21, 0.09, 0.2025, 0.3844, 0.5625, 0.0676, 0.0225, 1.8225]

effect_lists = st.lists(st.integers(-1000, 1000).map(lambda each: each / 1000), min_size=2, max_size=8)


def estimates(effects, standard_errors) -> list[CellEstimate]:
    return [
        CellEstimate(effect=effect, standard_error=error, dof=24, sd=2 * error, cell_count=25, test_train_ratio=0.25)
        for effect, error in zip(effects, standard_errors, strict=True)
    ]


def test_reproduces_metafor():
    combined = combine(estimates(EFFECTS, np.sqrt(VARIANCES)))

    # R, metafor: rma(y, v, method="PM", control=list(tol=1e-9)); recorded in the tests of statsmodels.
    assert combined.effect == pytest.approx(62.4076199113286, abs=1e-6)
    assert combined.standard_error == pytest.approx(0.338030602684471, rel=1e-5)
    assert combined.tau_squared == pytest.approx(0.705395309224248, rel=1e-5)
    # The same with method="DL", whose I^2 is computed from Q.
    assert combined.i_squared == pytest.approx(0.67744403741711, abs=1e-9)
    assert (combined.data_sets, combined.dof) == (9, 8)
    half_width = 2.306004135204166 * 0.338030602684471  # R: qt(0.975, 8)
    assert combined.interval(0.95) == pytest.approx((62.4076199 - half_width, 62.4076199 + half_width), abs=1e-5)


def test_equal_variances_give_an_ordinary_t_test_of_the_effects():
    """Paule and Mandel's tau^2, like DerSimonian and Laird's, is then the effects' variance minus the errors'."""
    effects = np.random.default_rng(1982).normal(0.1, 0.5, 6)
    theirs = scipy.stats.ttest_1samp(effects, 0.0).confidence_interval(0.95)

    combined = combine(estimates(effects, [0.2] * 6))

    assert combined.tau_squared == pytest.approx(effects.var(ddof=1) - 0.2**2, rel=1e-5)
    assert combined.effect == pytest.approx(effects.mean())
    assert combined.interval(0.95) == pytest.approx(tuple(theirs), rel=1e-5)


def test_without_errors_the_prediction_interval_is_that_of_one_more_sample():
    effects = np.array([0.1, 0.4, 0.25, 0.9])
    half_width = scipy.stats.t.ppf(0.95, 3) * effects.std(ddof=1) * math.sqrt(1 + 1 / 4)

    low, high = combine(estimates(effects, [1e-6] * 4)).prediction_interval(0.90)

    assert (low, high) == pytest.approx((effects.mean() - half_width, effects.mean() + half_width), rel=1e-5)


def test_data_sets_that_agree_are_weighted_by_their_precision():
    combined = combine(estimates([0.1, 0.13, 0.12], [0.1, 0.2, 0.4]))
    weights = 1 / np.array([0.1, 0.2, 0.4]) ** 2

    assert (combined.tau_squared, combined.i_squared) == (0.0, 0.0)
    assert combined.effect == pytest.approx((weights * [0.1, 0.13, 0.12]).sum() / weights.sum())
    assert combined.standard_error == pytest.approx(weights.sum() ** -0.5)
    assert combined.prediction_interval(0.8) == combined.interval(0.8)


def test_equal_effects_do_not_divide_by_zero():
    combined = combine(estimates([0.5, 0.5, 0.5], [0.1, 0.2, 0.1]))

    assert (combined.effect, combined.tau_squared, combined.i_squared) == (0.5, 0.0, 0.0)


@given(effect_lists)
def test_tau_squared_is_the_variance_that_the_errors_do_not_explain(effects):
    """The definition of tau^2: the weighted squares sum to the degrees of freedom, or to less if tau^2 = 0."""
    errors = np.linspace(0.1, 0.4, len(effects))

    combined = combine(estimates(effects, errors))

    weights = 1 / (errors**2 + combined.tau_squared)
    squares = (weights * (np.array(effects) - combined.effect) ** 2).sum()
    if combined.tau_squared > 0:
        assert squares == pytest.approx(combined.dof, abs=1e-4)
        assert combined.i_squared > 0
    else:
        assert squares <= combined.dof + 1e-4
        assert combined.i_squared == 0


@pytest.mark.parametrize("ratio", [1e3, 1e8, 1e12])
def test_data_sets_that_differ_by_far_more_than_their_errors_converge(ratio):
    combined = combine(estimates([-ratio, 0.0, ratio], [1.0, 2.0, 1.0]))

    assert combined.tau_squared == pytest.approx(ratio**2, rel=1e-4)
    assert combined.i_squared == pytest.approx(1.0, abs=1e-5)


@given(effect_lists, st.sampled_from([1e-6, 0.01, 100.0, 1e6]))
def test_the_unit_does_not_matter(effects, unit):
    errors = np.linspace(0.1, 0.4, len(effects))

    one = combine(estimates(effects, errors))
    other = combine(estimates(np.array(effects) * unit, errors * unit))

    assert other.effect == pytest.approx(one.effect * unit, rel=1e-6, abs=1e-9 * unit)
    assert other.standard_error == pytest.approx(one.standard_error * unit, rel=1e-6)
    assert other.tau_squared == pytest.approx(one.tau_squared * unit**2, rel=1e-6, abs=1e-9 * unit**2)
    assert other.i_squared == pytest.approx(one.i_squared, abs=1e-9)


@given(effect_lists)
def test_swapping_the_arms_flips_the_effect_and_nothing_else(effects):
    errors = np.linspace(0.1, 0.4, len(effects))

    one, other = (combine(estimates(sign * np.array(effects), errors)) for sign in (1, -1))

    assert other.effect == pytest.approx(-one.effect, abs=1e-12)
    assert other.interval(0.95) == pytest.approx(tuple(-end for end in reversed(one.interval(0.95))), abs=1e-12)
    assert (other.tau_squared, other.i_squared) == pytest.approx((one.tau_squared, one.i_squared), abs=1e-12)


def test_intervals_cover_across_data_sets_and_that_of_pooled_estimates_does_not():
    """Five data sets. Effects differ by twice their standard errors, which are estimated with 24 degrees of freedom."""
    rng, runs, tau, mean = np.random.default_rng(2003), 2000, 1.0, 0.3
    errors = rng.uniform(0.25, 0.75, (runs, 5))
    true = rng.normal(mean, tau, (runs, 5))
    observed = rng.normal(true, errors)
    estimated_errors = errors * np.sqrt(rng.chisquare(24, (runs, 5)) / 24)
    new = rng.normal(mean, tau, runs)
    covered = predicted = pooled = 0
    for effects, standard_errors, another in zip(observed, estimated_errors, new, strict=True):
        combined = combine(estimates(effects, standard_errors))
        low, high = combined.interval(0.95)
        covered += low < mean < high
        low, high = combined.prediction_interval(0.95)
        predicted += low < another < high
        weights = standard_errors**-2
        pooled += abs((weights * effects).sum() / weights.sum() - mean) < 1.96 * weights.sum() ** -0.5

    # Three standard errors of 2000 runs are 0.015. The interval may be too wide, but hardly too narrow.
    assert covered / runs >= 0.935
    assert predicted / runs >= 0.90
    assert pooled / runs < 0.60


@pytest.mark.parametrize("count", [0, 1])
def test_refuses_fewer_than_two_data_sets(count):
    with pytest.raises(InputError, match="At least 2") as caught:
        combine(estimates([0.1] * count, [0.1] * count))
    assert f"{count} estimates" in str(caught.value)


@pytest.mark.parametrize("level", [0.0, 1.0, 95])
def test_refuses_a_level_that_is_not_a_fraction(level):
    combined = combine(estimates([0.1, 0.2], [0.1, 0.1]))
    for interval in (combined.interval, combined.prediction_interval):
        with pytest.raises(InputError, match="between 0 and 1"):
            interval(level)
