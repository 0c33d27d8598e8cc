"""Student's t: p-values and intervals against closed forms and SciPy, and what a share of the level does to them."""

from __future__ import annotations

import math

import pytest
import scipy.stats

from negres_core.errors import InputError
from negres_core.statistics.student_t import GuardedT, StudentT


def guarded(**fields) -> GuardedT:
    usual = {"effect": 0.02, "standard_error": 0.01, "dof": 7.5, "share_greater": 1.0, "share_less": 1.0}
    return GuardedT(**(usual | fields))


def test_one_degree_of_freedom_is_a_cauchy_distribution():
    cauchy = StudentT(effect=0.03, standard_error=0.01, dof=1)

    assert cauchy.statistic == pytest.approx(3.0)
    assert cauchy.p_greater == pytest.approx(0.5 - math.atan(3.0) / math.pi, rel=1e-12)
    assert cauchy.interval(0.5) == pytest.approx((0.02, 0.04), rel=1e-12)


@pytest.mark.parametrize("dof", [1.3, 4.0, 250.7])
def test_degrees_of_freedom_need_not_be_whole(dof):
    ours = StudentT(effect=0.02, standard_error=0.01, dof=dof)
    theirs = scipy.stats.t(dof, loc=0.02, scale=0.01)

    assert ours.p_greater == pytest.approx(theirs.cdf(0.0), rel=1e-10)
    assert ours.p_less == pytest.approx(theirs.sf(0.0), rel=1e-10)
    assert ours.p_two_sided == pytest.approx(2 * theirs.cdf(0.0), rel=1e-10)
    assert ours.interval(0.95) == pytest.approx(theirs.interval(0.95), rel=1e-10)


@pytest.mark.parametrize(("effect", "error"), [(math.nan, 1.0), (0.1, 0.0), (0.1, math.inf)])
def test_an_effect_without_a_standard_error_is_refused(effect, error):
    with pytest.raises(InputError, match="finite, positive standard error"):
        StudentT(effect=effect, standard_error=error, dof=3)


def test_the_whole_level_gives_the_ordinary_interval():
    whole = guarded()

    ordinary = StudentT(effect=0.02, standard_error=0.01, dof=7.5)
    assert whole.interval(0.95) == pytest.approx(ordinary.interval(0.95), rel=1e-12)


def test_each_end_of_an_interval_uses_the_share_of_the_test_that_it_inverts():
    effect = guarded(share_greater=0.1, share_less=0.5)

    low, high = effect.interval(0.9)

    # At the lower end, the test against greater effects just rejects at its share of 5%; at the upper end the other.
    assert guarded(effect=effect.effect - low).p_greater == pytest.approx(0.05 * 0.1, rel=1e-9)
    assert guarded(effect=effect.effect - high).p_less == pytest.approx(0.05 * 0.5, rel=1e-9)
    assert effect.effect - low > high - effect.effect


def test_a_percentage_is_no_confidence_level():
    with pytest.raises(InputError, match="between 0 and 1"):
        guarded().interval(95)
