"""Row estimates: projections that agree with the estimate of a table with more seeds, and units in words."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core.statistics.crossed_effects import crossed_effects
from negres_core.statistics.diebold_mariano import diebold_mariano
from negres_core.statistics.row_estimate import estimate_in_time, estimate_over_rows


def table(seeds, rows=400, *, effect=0.1, seed=0):
    rng = np.random.default_rng(seed)
    return effect + rng.normal(0, 0.3, (seeds, 1)) + rng.normal(0, 1, rows) + rng.normal(0, 0.5, (seeds, rows))


def test_the_claim_is_judged_over_seeds_and_rows_if_there_are_seeds_enough():
    crossed = crossed_effects(table(8))
    estimate = estimate_over_rows(crossed)

    assert (estimate.scope, estimate.unit, estimate.units) == ("any seeds, on rows like these", "seeds", 8)
    assert (estimate.effect, estimate.standard_error) == (crossed.over_both.effect, crossed.over_both.standard_error)
    assert (estimate.share_greater, estimate.share_less) == (
        crossed.over_both.share_greater,
        crossed.over_both.share_less,
    )


@pytest.mark.parametrize("seeds", [1, 3])
def test_with_few_seeds_it_is_judged_over_rows_alone(seeds):
    estimate = estimate_over_rows(crossed_effects(table(seeds)))

    assert (estimate.scope, estimate.unit) == ("these trainings, on rows like these", "test rows")
    assert (estimate.units, estimate.components) == (400, None)
    more = estimate.with_units(1600)
    assert more.standard_error == pytest.approx(estimate.standard_error / 2)
    assert (more.rows, more.effect) == (1600, estimate.effect)


def test_as_many_seeds_as_there_are_leave_the_estimate_as_it_is():
    estimate = estimate_over_rows(crossed_effects(table(10)))

    same = estimate.with_units(10)

    assert same.standard_error == pytest.approx(estimate.standard_error, rel=1e-3)
    assert same.dof == pytest.approx(estimate.dof, rel=0.05)


def test_more_seeds_lower_the_standard_error_to_that_of_the_rows():
    estimate = estimate_over_rows(crossed_effects(table(6)))

    errors = [estimate.with_units(seeds).standard_error for seeds in (6, 12, 100, 1_000_000)]

    assert errors == sorted(errors, reverse=True)
    assert errors[-1] == pytest.approx((estimate.components.rows / 400) ** 0.5, rel=1e-3)


@pytest.mark.parametrize("seed", [2, 3, 4])
def test_more_seeds_are_trusted_with_more_of_the_level_as_they_are_when_they_are_there(seed):
    """Five seeds get a tenth of it. A plan that kept the tenth for any number of seeds would ask for far too many."""
    few = estimate_over_rows(crossed_effects(table(5, seed=seed)))
    many = estimate_over_rows(crossed_effects(table(60, seed=seed)))

    assert max(few.shares) < 0.3
    assert few.with_units(60).shares == pytest.approx(many.shares, abs=0.15)
    assert few.with_units(5).shares == few.shares
    assert many.with_units(5).shares == pytest.approx(few.shares, abs=0.15)


def test_skewed_rows_keep_their_share_of_the_level_however_many_seeds_there_are():
    rng = np.random.default_rng(0)
    skewed = rng.normal(0, 0.02, (10, 1)) - rng.exponential(1, 40) ** 2 + rng.normal(0, 0.02, (10, 40))
    estimate = estimate_over_rows(crossed_effects(skewed))

    assert estimate.share_greater < 0.5 < estimate.share_less
    assert estimate.with_units(100).share_greater == estimate.share_greater


def test_a_time_series_is_judged_by_its_rows():
    result = diebold_mariano(np.random.default_rng(0).normal(0.2, 1, 300))
    estimate = estimate_in_time(result, seeds=3)

    assert (estimate.scope, estimate.unit, estimate.units, estimate.seeds) == (
        "this stretch of time",
        "test rows",
        300,
        3,
    )
    assert estimate.standard_error == result.judged.standard_error
