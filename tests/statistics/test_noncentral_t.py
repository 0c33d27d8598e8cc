"""Noncentrality, against R's MBESS, SciPy's distribution, its definition as an integral, and its limits."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.integrate
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from negres_core.statistics.noncentral_t import LARGEST_STATISTIC, noncentrality


def test_reproduces_the_limits_of_mbess():
    # R, MBESS: conf.limits.nct(ncp=2.83, df=126, conf.level=0.95) gives 0.8337502 and 4.815359, to a tolerance of 1e-6.
    assert noncentrality(2.83, 126, probability=0.975) == pytest.approx(0.8337502, abs=1e-6)
    assert noncentrality(2.83, 126, probability=0.025) == pytest.approx(4.815359, abs=1e-6)


@pytest.mark.parametrize("statistic", [-4.0, 0.0, 0.75, 3.0, 40.0])
@pytest.mark.parametrize("dof", [1, 4, 24, 999])
@pytest.mark.parametrize("probability", [0.001, 0.2, 0.975])
def test_gives_the_probability_back(statistic, dof, probability):
    shift = noncentrality(statistic, dof, probability=probability)

    assert scipy.stats.nct.cdf(statistic, dof, shift) == pytest.approx(probability, abs=1e-9)


@pytest.mark.parametrize(("statistic", "dof"), [(1.7, 4), (-2.0, 24)])
def test_is_a_shift_of_the_normal_over_a_spread(statistic, dof):
    """T < t if Z + shift < t S, with S^2 a chi-square over its degrees of freedom: integrated over S."""
    shift = noncentrality(statistic, dof, probability=0.1)
    spread = scipy.stats.chi(dof, scale=1 / math.sqrt(dof))

    below, _ = scipy.integrate.quad(lambda s: spread.pdf(s) * scipy.stats.norm.cdf(statistic * s - shift), 0, 10)

    assert below == pytest.approx(0.1, abs=1e-8)


def test_with_endless_degrees_of_freedom_it_is_a_normal_quantile():
    assert noncentrality(3.0, 10**7, probability=0.025) == pytest.approx(3.0 + 1.959964, abs=1e-5)


def test_at_a_statistic_of_0_it_is_a_normal_quantile_for_any_degrees_of_freedom():
    assert noncentrality(0.0, 4, probability=0.025) == pytest.approx(1.959964, abs=1e-6)


@pytest.mark.parametrize("statistic", [LARGEST_STATISTIC, 1e6, 1e12])
def test_a_huge_statistic_depends_on_the_spread_alone(statistic):
    # Z is negligible beside the statistic, so the shift is t times a quantile of S.
    limit = statistic * math.sqrt(scipy.stats.chi2.isf(0.025, 24) / 24)

    assert noncentrality(statistic, 24, probability=0.025) == pytest.approx(limit, rel=1e-6)


@given(statistic=st.floats(0.0, 100.0), probability=st.floats(0.001, 0.999))
def test_the_sign_of_the_statistic_is_that_of_its_noncentrality(statistic, probability):
    one = noncentrality(-statistic, 24, probability=1 - probability)

    assert one == pytest.approx(-noncentrality(statistic, 24, probability=probability), rel=1e-6, abs=1e-9)


@given(st.lists(st.floats(-50.0, 50.0), min_size=2, max_size=2, unique=True))
def test_grows_with_the_statistic(statistics):
    low, high = (noncentrality(statistic, 9, probability=0.3) for statistic in sorted(statistics))

    assert low <= high or np.isclose(low, high)
