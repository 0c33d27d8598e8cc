"""Estimate, against closed forms of Student's t and chi-square, SciPy, baycomp, and simulation."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import scipy.stats

from negres_core.errors import InputError
from negres_core.statistics import CellEstimate, corrected_resampled_t


def estimate(**fields) -> CellEstimate:
    usual = {"effect": 0.02, "standard_error": 0.01, "dof": 24, "sd": 0.04, "cell_count": 25, "test_train_ratio": 0.25}
    return CellEstimate(**(usual | fields))


def test_one_degree_of_freedom_is_a_cauchy_distribution():
    cauchy = estimate(effect=0.03, standard_error=0.01, dof=1)

    assert cauchy.statistic == pytest.approx(3.0)
    assert cauchy.p_greater == pytest.approx(0.5 - math.atan(3.0) / math.pi, rel=1e-12)
    assert cauchy.p_two_sided == pytest.approx(2 * cauchy.p_greater, rel=1e-12)
    assert cauchy.interval(0.5) == pytest.approx((0.02, 0.04), rel=1e-12)


def test_two_degrees_of_freedom_have_a_closed_form():
    closed = estimate(effect=-0.01, standard_error=0.01, dof=2)

    assert closed.p_less == pytest.approx(0.5 - 1 / (2 * math.sqrt(3.0)), rel=1e-12)
    # The 0.9 quantile is (2p - 1) / sqrt(2p(1 - p)) at p = 0.9.
    half_width = 0.01 * 0.8 / math.sqrt(0.18)
    assert closed.interval(0.8) == pytest.approx((-0.01 - half_width, -0.01 + half_width), rel=1e-12)


@pytest.mark.parametrize("effect", [-0.03, -1e-6, 0.0, 0.004, 0.5])
@pytest.mark.parametrize("dof", [4, 24, 99])
def test_agrees_with_scipy(effect, dof):
    ours = estimate(effect=effect, dof=dof)
    theirs = scipy.stats.t(dof, loc=effect, scale=ours.standard_error)

    assert ours.p_greater == pytest.approx(theirs.cdf(0.0), rel=1e-10)
    assert ours.p_less == pytest.approx(theirs.sf(0.0), rel=1e-10)
    assert ours.p_two_sided == pytest.approx(2 * min(theirs.cdf(0.0), theirs.sf(0.0)), rel=1e-10)
    assert ours.interval(0.95) == pytest.approx(theirs.interval(0.95), rel=1e-10)


def test_p_values_of_a_tail_keep_their_digits():
    assert estimate(effect=0.5).p_greater == pytest.approx(scipy.stats.t.sf(50, 24), rel=1e-8)
    assert estimate(effect=0.5).p_greater < 1e-20


@pytest.mark.parametrize(("repeats", "folds"), [(1, 5), (5, 5), (10, 10), (3, 2)])
def test_probability_better_is_that_of_baycomp(repeats, folds):
    baycomp = pytest.importorskip("baycomp", reason="baycomp is an oracle only")
    rng = np.random.default_rng(repeats * folds)
    control, treatment = rng.normal(0.8, 0.02, (2, repeats, folds)) + np.array([0.0, 0.01])[:, None, None]

    ours = corrected_resampled_t(treatment - control, test_train_ratio=1 / (folds - 1))
    _, theirs = baycomp.two_on_single(control.ravel(), treatment.ravel(), rope=0, runs=repeats)

    assert ours.probability_better == pytest.approx(theirs, rel=1e-10)
    assert ours.probability_better == pytest.approx(1 - ours.p_greater, rel=1e-12)


def test_two_degrees_of_freedom_make_the_interval_of_the_spread_exponential():
    # Chi-square with 2 degrees of freedom is exponential with mean 2.
    low, high = estimate(sd=0.04, dof=2, cell_count=3).sd_interval(0.9)

    assert low == pytest.approx(0.04 / math.sqrt(-math.log(0.05)))
    assert high == pytest.approx(0.04 / math.sqrt(-math.log(0.95)))


@pytest.mark.parametrize("dof", [4, 24, 99])
def test_the_interval_of_the_spread_agrees_with_scipy(dof):
    theirs = 0.04 * np.sqrt(dof / scipy.stats.chi2.ppf([0.975, 0.025], dof))

    assert estimate(sd=0.04, dof=dof).sd_interval(0.95) == pytest.approx(tuple(theirs))


def test_the_interval_of_the_spread_covers_if_cells_are_correlated():
    """Cells are correlated with rho = 1 / k, as the correction assumes; their true spread is sqrt(1 - rho)."""
    repeats, folds, runs = 3, 5, 3000
    rho, spread = 1 / folds, math.sqrt(1 - 1 / folds)
    rng = np.random.default_rng(1997)
    shared, own = rng.normal(size=(runs, 1, 1)), rng.normal(size=(runs, repeats, folds))
    covered = 0
    for cells in math.sqrt(rho) * shared + spread * own:
        low, high = corrected_resampled_t(cells, test_train_ratio=1 / (folds - 1)).sd_interval(0.9)
        covered += low < spread < high

    # Three standard errors of 3000 runs are 0.016.
    assert covered / runs == pytest.approx(0.9, abs=0.016)


@pytest.mark.parametrize(("ratio", "folds"), [(1, 2), (1 / 2, 3), (1 / 4, 5), (1 / 9, 10), (0.26, 5), (3.0, 2)])
def test_folds_are_those_nearest_to_the_ratio(ratio, folds):
    assert estimate(test_train_ratio=ratio).folds == folds


def test_numbers_are_plain_python_numbers():
    measured = corrected_resampled_t(np.array([[0.1, 0.2, 0.4]], dtype=np.float32), test_train_ratio=np.float64(0.5))

    assert {type(value) for value in dataclasses.asdict(measured).values()} == {float, int, type(None)}
    properties = (
        "statistic",
        "p_greater",
        "p_less",
        "p_two_sided",
        "probability_better",
        "share_greater",
        "share_less",
    )
    assert {type(getattr(measured, name)) for name in properties} == {float}
    ends = (*measured.interval(0.9), *measured.sd_interval(0.9))
    assert {type(end) for end in ends} == {float}


def test_a_tail_reduces_the_share_of_the_test_that_it_misleads():
    """A long lower tail that was not drawn makes a mean look too high, so it misleads the test against effect > 0."""
    lower, upper, none = (estimate(skewness=skewness) for skewness in (-1.0, 1.0, 0.7))

    assert (lower.share_greater, lower.share_less) == (0.01, 1.0)
    assert (upper.share_greater, upper.share_less) == (1.0, 0.01)
    assert (none.share_greater, none.share_less) == (1.0, 1.0)
    assert estimate(cell_count=5, dof=4).share_greater == 0.1


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1, math.nan])
@pytest.mark.parametrize("interval", ["interval", "sd_interval"])
def test_refuses_a_level_that_is_not_a_fraction(interval, level):
    with pytest.raises(InputError, match="between 0 and 1") as caught:
        getattr(estimate(), interval)(level)
    assert f"level={level!r}" in str(caught.value)


@pytest.mark.parametrize(
    "fields",
    [{"effect": math.nan}, {"effect": math.inf}, {"standard_error": 0.0}, {"standard_error": math.inf}],
)
def test_refuses_an_effect_or_a_standard_error_that_cannot_be_judged(fields):
    with pytest.raises(InputError, match="finite effect") as caught:
        estimate(**fields)
    (name, value), *_ = fields.items()
    assert f"{name}={value!r}" in str(caught.value)


def test_more_groups_and_not_repeats_decide_what_can_be_split_in_one_way_only():
    left_out = estimate(cell_count=10, dof=9, sd=0.02, test_train_ratio=1 / 9, most_dof=9, fold_unit="groups")

    more = left_out.with_units(40)

    assert (left_out.unit, left_out.units, more.units) == ("groups like these", 10, 40)
    assert (more.cell_count, more.dof, more.folds) == (40, 39, 40)
    assert more.standard_error == pytest.approx(0.02 * math.sqrt(1 / 40 + 1 / 39))
    assert estimate().unit.startswith("repeats of")
