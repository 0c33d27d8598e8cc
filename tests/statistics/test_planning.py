"""Planning, against the definition of the standard error and a search by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import assume, given
from hypothesis import strategies as st

from negres_core.statistics import Estimate, corrected_resampled_t, repeats_needed, smallest_decidable_margin


def after(repeats: int, *, effect: float, sd: float = 0.01, folds: int = 5) -> Estimate:
    """What `repeats` repeats of `folds` folds give, where the differences have this mean and this spread."""
    cells = repeats * folds
    ratio = 1 / (folds - 1)
    return Estimate(
        effect=effect,
        standard_error=sd * math.sqrt(1 / cells + ratio),
        dof=cells - 1,
        sd=sd,
        cells=cells,
        test_train_ratio=ratio,
    )


def better(estimate: Estimate) -> bool:
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
def test_repeats_needed_are_the_first_that_decide(effect):
    expected = next(repeats for repeats in range(1, 1000) if better(after(repeats, effect=effect)))

    assert repeats_needed(after(3, effect=effect), decides=better) == expected


def test_repeats_needed_count_all_repeats_wherever_one_stands():
    assert {repeats_needed(after(r, effect=0.009), decides=better) for r in (1, 2, 4)} == {
        repeats_needed(after(3, effect=0.009), decides=better)
    }


def test_no_number_of_repeats_decides_an_effect_below_the_floor():
    floor = smallest_decidable_margin(0.01, folds=5)

    assert repeats_needed(after(5, effect=0.999 * floor), decides=better) is None
    assert repeats_needed(after(5, effect=1.001 * floor), decides=better) > 5


@given(effect=st.floats(0.0, 0.05), folds=st.integers(2, 10))
def test_the_repeats_needed_decide_and_one_fewer_does_not(effect, folds):
    needed = repeats_needed(after(2, effect=effect, folds=folds), decides=better)
    assume(needed is not None)

    assert better(after(needed, effect=effect, folds=folds))
    assert needed == 1 or not better(after(needed - 1, effect=effect, folds=folds))


def test_projects_what_the_test_itself_would_find():
    """Repeating the very same cells keeps the mean, and the spread but for its n - 1."""
    cells = np.random.default_rng(7).normal(0.008, 0.01, (1, 5))
    once = corrected_resampled_t(cells, test_train_ratio=1 / 4)
    seen: list[Estimate] = []

    def decides(estimate: Estimate) -> bool:
        seen.append(estimate)
        return estimate.cells >= 200

    assert repeats_needed(once, decides=decides) == 40
    projected = next(estimate for estimate in seen if estimate.cells == 200)
    repeated = corrected_resampled_t(np.tile(cells, (40, 1)), test_train_ratio=1 / 4)
    assert projected.effect == pytest.approx(repeated.effect)
    assert projected.dof == repeated.dof
    assert projected.standard_error / projected.sd == pytest.approx(repeated.standard_error / repeated.sd)
