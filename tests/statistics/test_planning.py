"""Planning, against the definition of the standard error, a search by hand, statsmodels, SciPy, and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from negres_core.errors import InputError
from negres_core.statistics import (
    CellEstimate,
    corrected_resampled_t,
    minimum_detectable_effect,
    smallest_decidable_margin,
    units_needed,
)

UNCORRECTED = 1e-15  # a ratio of test to training rows at which the test is the ordinary paired t-test


def after(repeats: int, *, effect: float, sd: float = 0.01, folds: int = 5) -> CellEstimate:
    """The estimate from `repeats` repeats of `folds` folds, if the differences have this mean and this spread."""
    cells = repeats * folds
    ratio = 1 / (folds - 1)
    return CellEstimate(
        effect=effect,
        standard_error=sd * math.sqrt(1 / cells + ratio),
        dof=cells - 1,
        sd=sd,
        cell_count=cells,
        test_train_ratio=ratio,
    )


def better(estimate: CellEstimate) -> bool:
    return estimate.p_greater < 0.05


def test_the_smallest_margin_is_what_endless_repeats_converge_to():
    endless = after(10**7, effect=0.002)

    margin = smallest_decidable_margin(0.01, folds=5, effect=0.002)

    assert margin == pytest.approx(0.002 + 1.6448536269514722 * 0.01 / 2)
    assert margin == pytest.approx(endless.interval(0.90)[1], rel=1e-6)
    assert margin < endless.interval(0.90)[1]


def test_the_smallest_margin_follows_the_level():
    assert smallest_decidable_margin(1.0, 2, alpha=0.025) == pytest.approx(scipy.stats.norm.ppf(0.975))


def test_more_folds_lower_the_smallest_margin():
    assert smallest_decidable_margin(1.0, 10) == pytest.approx(smallest_decidable_margin(1.0, 5) * 2 / 3)


@pytest.mark.parametrize("effect", [0.0085, 0.009, 0.011, 0.02])
def test_units_needed_are_the_first_that_decide(effect):
    expected = next(repeats for repeats in range(1, 1000) if better(after(repeats, effect=effect)))

    assert units_needed(after(3, effect=effect), decides=better) == expected


def test_units_needed_include_those_already_run():
    assert {units_needed(after(r, effect=0.009), decides=better) for r in (1, 2, 4)} == {
        units_needed(after(3, effect=0.009), decides=better)
    }


def test_no_number_of_repeats_decides_an_effect_below_the_floor():
    floor = smallest_decidable_margin(0.01, folds=5)

    assert units_needed(after(5, effect=0.999 * floor), decides=better) is None
    assert units_needed(after(5, effect=1.001 * floor), decides=better) > 5


@given(effect=st.floats(0.0, 0.05), folds=st.integers(2, 10))
def test_the_units_needed_decide_and_one_fewer_does_not(effect, folds):
    needed = units_needed(after(2, effect=effect, folds=folds), decides=better)
    assume(needed is not None)

    assert better(after(needed, effect=effect, folds=folds))
    assert needed == 1 or not better(after(needed - 1, effect=effect, folds=folds))


def test_projects_the_estimate_that_the_test_itself_would_give():
    """Repeating the same cells keeps the mean, and the spread except for its n - 1."""
    cells = np.random.default_rng(7).normal(0.008, 0.01, (1, 5))
    once = corrected_resampled_t(cells, test_train_ratio=1 / 4)
    projections: list[CellEstimate] = []

    def decides(estimate: CellEstimate) -> bool:
        projections.append(estimate)
        return estimate.cell_count >= 200

    assert units_needed(once, decides=decides) == 40
    projected = next(estimate for estimate in projections if estimate.cell_count == 200)
    repeated = corrected_resampled_t(np.tile(cells, (40, 1)), test_train_ratio=1 / 4)
    assert projected.effect == pytest.approx(repeated.effect)
    assert projected.dof == repeated.dof
    assert projected.standard_error / projected.sd == pytest.approx(repeated.standard_error / repeated.sd)


def test_power_is_how_often_the_test_detects_the_effect():
    """Cells are correlated with rho = 1 / k, as the correction assumes; their true spread is sqrt(1 - rho)."""
    repeats, folds, runs = 5, 5, 4000
    spread = math.sqrt(1 - 1 / folds)
    effect = minimum_detectable_effect(spread, repeats * folds, test_train_ratio=1 / (folds - 1), power=0.8)
    rng = np.random.default_rng(1969)
    shared, own = rng.normal(size=(runs, 1, 1)), rng.normal(size=(runs, repeats, folds))

    samples = effect + math.sqrt(1 / folds) * shared + spread * own
    detections = sum(better(corrected_resampled_t(cells, test_train_ratio=1 / (folds - 1))) for cells in samples)

    # Three standard errors of 4000 runs are 0.019.
    assert detections / runs == pytest.approx(0.8, abs=0.019)


@pytest.mark.parametrize(("cells", "alpha", "power"), [(5, 0.05, 0.8), (25, 0.01, 0.9), (100, 0.05, 0.5)])
def test_the_detectable_effect_is_that_of_statsmodels_if_nothing_is_corrected(cells, alpha, power):
    from statsmodels.stats.power import TTestPower

    theirs = TTestPower().solve_power(nobs=cells, alpha=alpha, power=power, alternative="larger")

    ours = minimum_detectable_effect(2.0, cells, test_train_ratio=UNCORRECTED, alpha=alpha, power=power)
    assert ours == pytest.approx(2 * theirs, rel=1e-4)  # its solver stops within a few 1e-5


@given(
    cells=st.integers(2, 200),
    ratio=st.floats(0.05, 1.0),
    alpha=st.floats(0.001, 0.3),
    power=st.floats(0.4, 0.99),
)
def test_the_detectable_effect_is_detected_with_its_power(cells, ratio, alpha, power):
    effect = minimum_detectable_effect(0.01, cells, test_train_ratio=ratio, alpha=alpha, power=power)

    noncentrality = effect / (0.01 * math.sqrt(1 / cells + ratio))
    threshold = scipy.stats.t.isf(alpha, cells - 1)
    assert scipy.stats.nct.sf(threshold, cells - 1, noncentrality) == pytest.approx(power, abs=1e-8)


def test_endless_repeats_leave_an_effect_that_cannot_be_detected():
    floor = (1.6448536269514722 + 0.8416212335729143) * 0.01 / 2  # normal quantiles of 0.95 and 0.8, with 5 folds
    endless = minimum_detectable_effect(0.01, 10**7, test_train_ratio=1 / 4)

    assert endless == pytest.approx(floor, rel=1e-6)
    assert endless > floor


@pytest.mark.parametrize(
    ("fields", "wrong", "received"),
    [
        ({"alpha": 0.5}, r"between 0 and 0\.5", "alpha=0.5"),
        ({"alpha": math.nan}, r"between 0 and 0\.5", "alpha=nan"),
        ({"sd": 0.0}, "`sd` has to be finite and positive", "sd=0.0"),
        ({"sd": math.nan}, "`sd` has to be finite and positive", "sd=nan"),
        ({"cell_count": 1}, "at least 2 cells", "cell_count=1"),
        ({"test_train_ratio": 0.0}, "`test_train_ratio` has to be finite and positive", "test_train_ratio=0.0"),
        ({"power": 0.05}, "power of a test lies between its level and 1", "power=0.05, alpha=0.05"),
        ({"power": 80}, "power of a test lies between its level and 1", "power=80, alpha=0.05"),
    ],
)
def test_the_detectable_effect_refuses_invalid_arguments(fields, wrong, received):
    usual = {"sd": 0.01, "cell_count": 25, "test_train_ratio": 0.25}
    with pytest.raises(InputError, match=wrong) as caught:
        minimum_detectable_effect(**(usual | fields))
    assert received in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"sd": math.inf}, "`sd` has to be finite and positive"),
        ({"folds": 1}, "at least 2 folds"),
        ({"alpha": 0.0}, r"between 0 and 0\.5"),
    ],
)
def test_the_smallest_margin_refuses_invalid_arguments(fields, wrong):
    with pytest.raises(InputError, match=wrong):
        smallest_decidable_margin(**({"sd": 0.01, "folds": 5} | fields))


def test_a_limit_of_the_degrees_of_freedom_makes_a_design_decide_less():
    limited = smallest_decidable_margin(0.01, 5, most_dof=4)
    free, few = (minimum_detectable_effect(0.01, 25, test_train_ratio=1 / 4, most_dof=most) for most in (None, 4))

    assert limited == pytest.approx(scipy.stats.t.isf(0.05, 4) * 0.01 / 2)
    assert few > 1.1 * free


def test_repeats_do_not_raise_the_degrees_of_freedom_above_their_limit():
    estimate = CellEstimate(
        effect=0.004, standard_error=0.003, dof=4, sd=0.0045, cell_count=5, test_train_ratio=0.25, most_dof=7
    )
    degrees = set()

    def decides(projected):
        degrees.add(projected.dof)
        return projected.statistic > 1.7

    assert units_needed(estimate, decides=decides) is not None
    assert degrees <= {4, 7}
    assert 7 in degrees
