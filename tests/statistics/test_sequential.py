"""Group-sequential looks, against published bounds, a closed form, another program's integrals, and simulation."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from negres_core.errors import InputError
from negres_core.statistics import ONLY_LOOK, CellEstimate, Look
from negres_core.statistics.sequential import information_fractions, sequential_bounds, spent_level

THIRDS = (1 / 3, 2 / 3, 1.0)
CROSS_VALIDATED = information_fractions(folds=5, repeats=3)


def obrien_fleming(fractions, *, alpha):
    """Return the level that Lan and DeMets spend after O'Brien and Fleming, for which bounds are published."""
    return [2 * norm.sf(norm.isf(alpha / 2) / math.sqrt(fraction)) for fraction in fractions]


def spent_at(repeats, *, alpha):
    """Return the level that may be spent up to each of equally many repeats."""
    return [spent_level(repeat / repeats, alpha=alpha) for repeat in range(1, repeats + 1)]


@pytest.mark.parametrize(
    ("fractions", "alpha", "published", "digits"),
    [
        # gsDesign's one-sided design with sfLDOF, three looks.
        (THIRDS, 0.025, (3.710303, 2.511434, 1.993051), 1e-5),
        # The README of SeqBounds.jl.
        ((0.25, 0.5, 0.75, 1.0), 0.05, (3.74955, 2.53993, 2.01604, 1.72014), 5e-5),
        # Reboussin, DeMets, Kim & Lan (2000), five looks, two-sided level 0.05, as printed by the package ldbounds.
        ((0.2, 0.4, 0.6, 0.8, 1.0), 0.025, (4.8769, 3.3569, 2.6803, 2.2898, 2.0310), 2e-4),
        # gsDesign, two looks.
        ((0.5, 1.0), 0.025, (2.9626, 1.9686), 5e-5),
    ],
)
def test_bounds_are_the_published_ones(fractions, alpha, published, digits):
    spent = obrien_fleming(fractions, alpha=alpha)

    assert sequential_bounds(fractions, spent=spent) == pytest.approx(published, abs=digits)


def test_bounds_of_the_spending_function_are_the_published_ones():
    """gsDesign's one-sided design with sfHSD and its default parameter of -4, three looks."""
    spent = [spent_level(fraction, alpha=0.025, steepness=4) for fraction in THIRDS]

    assert sequential_bounds(THIRDS, spent=spent) == pytest.approx((3.010739, 2.546531, 1.999226), abs=1e-6)


@pytest.mark.parametrize("alpha", [0.001, 0.025, 0.05, 0.2])
def test_one_look_is_the_ordinary_test(alpha):
    assert sequential_bounds([1.0], spent=[alpha]) == pytest.approx([norm.isf(alpha)], abs=1e-10)
    assert ONLY_LOOK.level(alpha) == pytest.approx(alpha, abs=1e-12)
    assert ONLY_LOOK.information == 1.0
    assert ONLY_LOOK.p_value(0.03) == pytest.approx(0.03, abs=1e-12)


def test_the_spending_function_and_the_first_bound_have_a_closed_form():
    first = 0.025 * (math.exp(6 * 0.2) - 1) / (math.exp(6) - 1)

    assert spent_level(0.2, alpha=0.025) == pytest.approx(first)
    assert sequential_bounds([0.3, 1.0], spent=[first, 0.025])[0] == pytest.approx(norm.isf(first))
    assert (spent_level(0.0, alpha=0.025), spent_level(1.0, alpha=0.025)) == (0.0, pytest.approx(0.025))


def crossed(fractions, bounds):
    """Return the probability of crossing at any look, by SciPy's integral over the joint normal of all looks."""
    fractions = np.array(fractions)
    correlation = np.sqrt(np.minimum.outer(fractions, fractions) / np.maximum.outer(fractions, fractions))
    precision = {"abseps": 1e-9, "releps": 1e-9, "maxpts": 10**6}
    return 1 - multivariate_normal.cdf(bounds, cov=correlation, **precision)


@pytest.mark.parametrize("fractions", [(0.5, 1.0), THIRDS, CROSS_VALIDATED, (0.05, 0.06, 1.0)])
@pytest.mark.parametrize("alpha", [0.025, 0.05])
def test_scipy_finds_that_each_look_spends_its_share(fractions, alpha):
    spent = spent_at(len(fractions), alpha=alpha)
    bounds = sequential_bounds(fractions, spent=spent)

    for looks in range(2, len(fractions) + 1):
        # SciPy uses a random lattice: with three looks or more, its error is about 1e-8.
        assert crossed(fractions[:looks], bounds[:looks]) == pytest.approx(spent[looks - 1], abs=1e-7)


def test_a_level_too_small_to_spend_anything_has_no_bound():
    never, last = sequential_bounds([1e-4, 1.0], spent=[1e-300, 0.025])

    assert never == math.inf
    assert last == pytest.approx(norm.isf(0.025))


@pytest.mark.parametrize(("folds", "repeats"), [(5, 5), (2, 10), (10, 3)])
def test_the_information_is_that_of_the_mean_of_equally_correlated_cells(folds, repeats):
    """Information is the inverse of the variance of the mean, which is the mean of the cells' covariance matrix."""

    def variance(cells):
        return (np.full((cells, cells), 1 / folds) + np.eye(cells) * (1 - 1 / folds)).mean()

    fractions = information_fractions(folds=folds, repeats=repeats)

    expected = [variance(folds * repeats) / variance(folds * repeat) for repeat in range(1, repeats + 1)]
    assert fractions == pytest.approx(expected)
    assert fractions[-1] == 1.0


def z_statistics(fractions, *, paths, seed):
    """Return z statistics of Brownian motions without drift, (paths, looks)."""
    steps = np.random.default_rng(seed).normal(size=(paths, len(fractions))) * np.sqrt(np.diff([0.0, *fractions]))
    return steps.cumsum(axis=1) / np.sqrt(fractions)


@pytest.mark.parametrize("alpha", [0.025, 0.05])
def test_brownian_motion_crosses_as_often_as_each_look_may_spend(alpha):
    fractions = information_fractions(folds=5, repeats=5)
    paths = 400_000

    spent_levels = spent_at(5, alpha=alpha)

    over = z_statistics(fractions, paths=paths, seed=19830301) > sequential_bounds(fractions, spent=spent_levels)

    for look, spent in enumerate(spent_levels):
        share = over[:, : look + 1].any(axis=1).mean()
        assert abs(share - spent) < 4 * math.sqrt(spent * (1 - spent) / paths)
    # With the ordinary bound at each look, the level would not hold.
    naive = (z_statistics(fractions, paths=paths, seed=19830301) > norm.isf(alpha)).any(axis=1).mean()
    assert naive > 1.4 * alpha


@pytest.mark.parametrize("repeat", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("alpha", [1e-4, 0.025, 0.05, 0.3])
def test_a_p_value_at_the_bound_is_the_level(repeat, alpha):
    look = Look(folds=5, repeat=repeat, repeats=5)

    assert look.p_value(look.level(alpha)) == pytest.approx(alpha, rel=1e-6)


def test_a_p_value_at_the_first_look_has_a_closed_form():
    """Solved by hand: the spending function at a fifth of the repeats equals the nominal p-value."""
    look = Look(folds=5, repeat=1, repeats=5)

    for nominal in (1e-8, 1e-5, 0.001):
        expected = nominal * (math.exp(6) - 1) / (math.exp(1.2) - 1)
        assert look.p_value(nominal) == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize("repeat", [1, 2, 3, 4, 5])
def test_a_p_value_grows_with_the_nominal_one_and_is_never_below_it(repeat):
    look = Look(folds=5, repeat=repeat, repeats=5)
    nominal = np.logspace(-9, -0.5, 30)
    p_values = np.array([look.p_value(float(p)) for p in nominal])
    below_the_most = p_values < 0.5

    assert below_the_most.sum() > 15
    assert (np.diff(p_values[below_the_most]) > 0).all()
    assert (p_values[below_the_most] > nominal[below_the_most]).all()
    assert look.p_value(0.0) == 1e-12
    assert look.p_value(0.9) == 0.5


def test_a_p_value_is_rarely_small_without_an_effect():
    repeats, alpha, paths = 3, 0.2, 2000
    looks = [Look(folds=5, repeat=repeat, repeats=repeats) for repeat in range(1, repeats + 1)]
    nominal = norm.sf(z_statistics([look.information for look in looks], paths=paths, seed=19841001))
    over = nominal < [look.level(alpha) for look in looks]
    stopped = np.where(over.any(axis=1), over.argmax(axis=1), repeats - 1)

    p_values = np.array([looks[at].p_value(float(p[at])) for at, p in zip(stopped, nominal, strict=True)])

    assert set(stopped) == {0, 1, 2}
    # At each level, no more often than the level allows, within four binomial standard errors.
    for level in (0.01, 0.05, 0.1, 0.2):
        assert (p_values <= level).mean() < level + 4 * math.sqrt(level * (1 - level) / paths)
    # It is below alpha exactly if a look rejected.
    assert ((p_values < alpha) == over.any(axis=1)).all()


def test_fewer_repeats_are_judged_more_strictly():
    levels = [Look(folds=5, repeat=repeat, repeats=5).level(0.05) for repeat in range(1, 6)]

    assert (np.diff(levels) > 0).all()
    assert levels[0] < 0.001
    assert 0.049 < levels[-1] < 0.05


@pytest.mark.parametrize("repeat", [1, 3, 5])
@pytest.mark.parametrize("skewness", [-2.5, 0.0, 2.5])
def test_an_end_of_the_interval_is_where_its_test_stops_rejecting(repeat, skewness):
    look, cells = Look(folds=5, repeat=repeat, repeats=5), 5 * repeat
    estimate = CellEstimate(
        effect=0.02,
        standard_error=0.01,
        dof=cells - 1,
        sd=0.04,
        cell_count=cells,
        test_train_ratio=0.25,
        skewness=skewness,
    )

    low, high = look.interval(estimate, alpha=0.05)

    at_low, at_high = (dataclasses.replace(estimate, effect=0.02 - end) for end in (low, high))
    assert at_low.p_greater == pytest.approx(min(look.level(0.05), 0.05 * estimate.share_greater), rel=1e-6)
    assert at_high.p_less == pytest.approx(min(look.level(0.05), 0.05 * estimate.share_less), rel=1e-6)
    if repeat == 5 and skewness:
        assert (high - 0.02 > 0.02 - low) == (skewness > 0)


@pytest.mark.parametrize(
    "fractions", [[], [0.5], [0.5, 0.5, 1.0], [0.7, 0.3, 1.0], [0.0, 1.0], [-0.5, 1.0], [0.5, 1.5], [math.nan, 1.0]]
)
def test_refuses_shares_of_information_that_do_not_ascend_to_1(fractions):
    with pytest.raises(InputError, match="have to ascend from above 0 to 1") as caught:
        sequential_bounds(fractions, spent=[0.01, 0.025])
    assert f"Received: fractions={fractions!r}" in str(caught.value)
    assert "the last one 1" in str(caught.value)


@pytest.mark.parametrize(
    "spent", [[], [0.05], [0.05, 0.05], [0.05, 0.01], [0.0, 0.05], [0.01, 0.02, 0.05], [math.nan, 0.05]]
)
def test_refuses_levels_that_do_not_ascend_with_the_looks(spent):
    with pytest.raises(InputError, match="have to ascend, one per look") as caught:
        sequential_bounds([0.5, 1.0], spent=spent)
    assert f"Received: spent={spent!r} for 2 looks" in str(caught.value)


@pytest.mark.parametrize("alpha", [0.5, 5])
def test_refuses_an_alpha_that_is_not_a_level(alpha):
    with pytest.raises(InputError, match=r"level of a test lies between 0 and 0\.5") as caught:
        sequential_bounds([1.0], spent=[alpha])
    assert f"alpha={alpha!r}" in str(caught.value)
    assert "The usual level is 0.05." in str(caught.value)
    with pytest.raises(InputError, match="level of a test"):
        Look(folds=5, repeat=1, repeats=5).level(alpha)
