"""Skewness, against SciPy and simulation, and the share of the level that cells are trusted with."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from negres_core.statistics.skewness import (
    dof_of_variance,
    share_of_level,
    share_of_skewed_mean,
    skewness_limit,
    skewness_of,
)


@pytest.mark.parametrize("size", [3, 5, 25, 100])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_is_the_coefficient_of_scipy(size, scale):
    values = np.random.default_rng(size).exponential(size=size)

    assert skewness_of(values * scale) == pytest.approx(scipy.stats.skew(values, bias=False))
    assert skewness_of(-values * scale) == pytest.approx(-skewness_of(values * scale))


@pytest.mark.parametrize("values", [[0.1, 0.4], [0.3, 0.3, 0.3], [1e-320, 1e-320, 1e-320]])
def test_two_values_and_equal_values_have_no_skewness(values):
    assert skewness_of(np.array(values)) == 0.0


def test_a_matrix_is_one_sample():
    cells = np.random.default_rng(0).exponential(size=(5, 5))

    assert skewness_of(cells) == skewness_of(cells.ravel())


@pytest.mark.parametrize("cells", [5, 25, 100])
def test_normal_cells_exceed_the_limit_about_as_often_as_it_says(cells):
    samples = np.random.default_rng(cells).normal(size=(20_000, cells))

    above = (scipy.stats.skew(samples, axis=1, bias=False) > skewness_limit(cells)).mean()

    assert 0.04 < above < 0.06


def test_two_cells_cannot_show_a_skewness():
    assert skewness_limit(2) == math.inf
    assert skewness_limit(3) < math.inf


def test_the_share_grows_with_the_cells_up_to_20():
    shares = [share_of_level(cells, skewed=False) for cells in (2, 5, 10, 15, 20, 25, 1000)]

    assert shares == pytest.approx([0.1, 0.1, (9 / 19) ** 2, (14 / 19) ** 2, 1.0, 1.0, 1.0])


@pytest.mark.parametrize("cells", [5, 25, 1000])
def test_skewed_cells_get_nearly_nothing(cells):
    assert share_of_level(cells, skewed=True) == 0.01


@pytest.mark.parametrize("alpha", [0.05, 0.025])
def test_a_mean_that_is_not_skewed_towards_the_null_gets_the_whole_level(alpha):
    assert share_of_skewed_mean(0.0, alpha=alpha) == share_of_skewed_mean(-2.0, alpha=alpha) == 1.0
    shares = [share_of_skewed_mean(each, alpha=alpha) for each in (0.0, 0.01, 0.1, 0.5)]
    assert shares == sorted(shares, reverse=True)
    assert shares[-1] > 0


@pytest.mark.parametrize(("draw", "mean"), [("exponential", 1.0), ("lognormal", math.exp(0.5))])
def test_the_share_keeps_the_level_of_a_t_test_of_skewed_rows(draw, mean):
    # The long tail is an upper one, so the mean is called less than it is too often.
    values = getattr(np.random.default_rng(0), draw)(size=(10_000, 200))
    statistic = (values.mean(axis=1) - mean) / (values.std(axis=1, ddof=1) / math.sqrt(200))
    skewness = scipy.stats.skew(values, axis=1, bias=False) / math.sqrt(200)
    p_less = scipy.stats.t.cdf(statistic, 199)

    at_share = (p_less < 0.05 * np.array([share_of_skewed_mean(each) for each in skewness])).mean()

    assert at_share < 0.055
    assert (p_less < 0.05).mean() > 0.06


def test_a_variance_of_normal_values_has_nearly_as_many_degrees_of_freedom_as_values():
    dof = [dof_of_variance(row) for row in np.random.default_rng(0).normal(size=(200, 1000))]

    assert 900 < np.mean(dof) <= max(dof) <= 999


def test_the_degrees_of_freedom_are_those_of_a_chi_square_with_the_variance_of_the_sample_variance():
    samples = np.random.default_rng(0).laplace(size=(4_000, 1_000))
    variances = samples.var(axis=1, ddof=1)
    matched = 2 * variances.mean() ** 2 / variances.var()

    assert np.median([dof_of_variance(row) for row in samples]) == pytest.approx(matched, rel=0.15)


def test_equal_values_have_all_degrees_of_freedom_and_two_have_one():
    assert dof_of_variance(np.full(10, 0.3)) == 9
    assert dof_of_variance(np.array([0.0, 1.0])) == 1


def test_the_last_digit_is_that_of_recorded_evidence():
    """`negres verify` compares it; a product in place of the power differs in the last digit for some of these."""
    generator = np.random.default_rng(0)
    for _ in range(200):
        values = generator.normal(size=20)
        deviations = values - values.mean()
        deviations = deviations / np.abs(deviations).max()
        moment = np.mean(deviations**3) / np.mean(deviations**2) ** 1.5
        assert skewness_of(values) == float(moment * np.sqrt(20 * 19) / 18)
