"""Diebold and Mariano's test, against a published example, statsmodels, and the ordinary t-test."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from statsmodels.regression.linear_model import OLS

from negres_core.errors import InputError
from negres_core.statistics.diebold_mariano import (
    LEAST_ROWS,
    diebold_mariano,
    harvey_leybourne_newbold,
    long_run_variance,
)


def autoregression(rows: int, coefficient: float, *, period=1, random_state=0) -> np.ndarray:
    values = np.random.default_rng(random_state).normal(size=rows + 200)
    for row in range(period, values.size):
        values[row] += coefficient * values[row - period]
    return values[-rows:]


def test_reproduces_a_published_example():
    """The example of the package dieboldmariano 1.1: squared errors of two forecasts of 10, 20, 30, 40, 50."""
    truth, first, second = (
        np.array([10, 20, 30, 40, 50]),
        np.array([11, 21, 29, 42, 53]),
        np.array([13, 26, 24, 40, 59]),
    )
    losses = (first - truth) ** 2 - (second - truth) ** 2

    test, kernel = harvey_leybourne_newbold(losses.astype(float), horizon=1)

    assert test.statistic == pytest.approx(-2.2229922805746782, rel=1e-12)
    assert test.p_less == pytest.approx(0.04515565862099125, rel=1e-9)
    assert kernel == "rectangular"


@pytest.mark.parametrize("gap", [0, 3, 11])
def test_the_published_test_uses_the_hac_variance_of_statsmodels(gap):
    values, horizon = autoregression(240, 0.6), gap + 1
    # Lags up to `maxlags` have the weight 1.
    options = {"maxlags": gap, "weights_func": lambda lags: np.ones(lags + 1), "use_correction": False}
    theirs = OLS(values, np.ones(240)).fit(cov_type="HAC", cov_kwds=options)

    ours = diebold_mariano(values, gap=gap)

    correction = math.sqrt((240 + 1 - 2 * horizon + horizon * (horizon - 1) / 240) / 240)
    assert ours.kernel == "rectangular"
    assert ours.published.statistic == pytest.approx(theirs.tvalues[0] * correction, rel=1e-9)
    assert ours.published.dof == 239


def test_a_sum_of_autocovariances_that_is_not_positive_gets_bartletts_weights():
    values = np.tile([1.0, -1.0], 60) + np.linspace(0, 0.01, 120)
    theirs = OLS(values, np.ones(120)).fit(cov_type="HAC", cov_kwds={"maxlags": 1, "use_correction": False})

    ours = diebold_mariano(values, gap=1)

    assert ours.kernel == "Bartlett"
    assert ours.published.statistic == pytest.approx(
        theirs.tvalues[0] * math.sqrt((120 + 1 - 4 + 2 / 120) / 120), rel=1e-9
    )


def test_all_cosines_give_the_sample_variance():
    values = np.random.default_rng(0).exponential(size=70)

    assert long_run_variance(values, cosines=69) == pytest.approx(values.var(ddof=1))


def test_few_cosines_give_the_long_run_variance():
    estimates = [long_run_variance(autoregression(2_000, 0.5, random_state=each), cosines=40) for each in range(100)]

    # The long-run variance of an autoregression is 1 / (1 - 0.5)^2; one estimate has a standard error of 22%.
    assert np.mean(estimates) == pytest.approx(4.0, rel=0.08)


def test_the_coefficients_are_those_of_orthonormal_cosines():
    values, time = np.random.default_rng(0).normal(size=64), np.arange(64) + 0.5
    cosines = [math.sqrt(2 / 64) * np.cos(math.pi * each * time / 64) for each in (1, 2, 3)]

    expected = np.mean([(cosine @ values) ** 2 for cosine in cosines])

    assert long_run_variance(values, cosines=3) == pytest.approx(expected)


def test_without_positive_autocorrelation_it_is_the_ordinary_t_test():
    noise = np.random.default_rng(3).normal(size=101)
    values = 0.1 + noise[1:] - 0.4 * noise[:-1]

    ours, theirs = diebold_mariano(values), scipy.stats.ttest_1samp(values, 0)

    assert ours.cosines == 99
    assert ours.judged.statistic == pytest.approx(theirs.statistic)
    assert 50 < ours.judged.dof <= 99


@pytest.mark.parametrize(
    ("coefficient", "fewest", "most"), [(0.0, 60, 999), (0.5, 50, 90), (0.8, 12, 35), (0.95, 1, 8)]
)
def test_the_more_dependent_the_rows_the_fewer_the_degrees_of_freedom(coefficient, fewest, most):
    results = [diebold_mariano(autoregression(1_000, coefficient, random_state=each)) for each in range(9)]

    assert fewest <= np.median([result.cosines for result in results]) <= most
    assert all(result.judged.dof <= result.cosines for result in results)
    assert np.median([result.autocorrelation for result in results]) == pytest.approx(coefficient, abs=0.05)


def test_seasons_count_even_if_neighbours_are_independent():
    seasonal = [diebold_mariano(autoregression(400, 0.6, period=7, random_state=each)) for each in range(9)]

    assert abs(np.median([result.autocorrelation for result in seasonal])) < 0.1
    assert np.median([result.cosines for result in seasonal]) < 20


def test_the_overlap_of_forecasts_is_known_from_the_gap():
    noise = np.random.default_rng(0).normal(size=1_005)
    overlapping = np.convolve(noise, np.ones(6), mode="valid")

    known, unknown = diebold_mariano(overlapping, gap=5), diebold_mariano(overlapping)

    assert known.cosines > 1.5 * unknown.cosines


def test_the_test_that_judges_holds_its_level_where_the_published_one_does_not():
    judged = published = 0
    for each in range(1_000):
        result = diebold_mariano(autoregression(200, 0.5, random_state=each))
        judged += result.judged.p_greater < 0.05 * result.judged.share_greater
        published += result.published.p_greater < 0.05

    assert judged <= 55
    assert published >= 130


def test_few_degrees_of_freedom_and_a_long_tail_get_a_share_of_the_level():
    dependent = diebold_mariano(autoregression(120, 0.95)).judged
    skewed = diebold_mariano(-np.random.default_rng(0).exponential(size=200)).judged

    assert (dependent.share_greater, dependent.share_less) == (0.1, 0.1)
    assert skewed.share_greater < skewed.share_less


def test_a_constant_shift_moves_the_effect_alone():
    values = autoregression(100, 0.3)

    shifted, original = diebold_mariano(values + 0.7), diebold_mariano(values)

    assert shifted.judged.effect == pytest.approx(original.judged.effect + 0.7)
    assert shifted.judged.standard_error == pytest.approx(original.judged.standard_error)
    assert (shifted.rows, shifted.cosines) == (100, original.cosines)


@pytest.mark.parametrize(
    ("differences", "gap", "message"),
    [
        (np.zeros((2, 100)), 0, "one dimension"),
        (np.full(100, "a"), 0, "one dimension"),
        (np.arange(LEAST_ROWS - 1.0), 0, "too few rows in time"),
        (np.arange(119.0), 29, "too few rows in time"),
        (np.arange(100.0), -1, "0 rows or more"),
        (np.where(np.arange(100) == 7, np.inf, 0.5), 0, "finite"),
        (np.full(100, 0.1), 0, "no variance"),
    ],
)
def test_what_cannot_be_judged_is_refused(differences, gap, message):
    with pytest.raises(InputError, match=message):
        diebold_mariano(differences, gap=gap)
