"""Two one-sided tests, against SciPy's one-sample t-test and the interval that they imply."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from negres_core.errors import InputError
from negres_core.statistics import CellEstimate, corrected_resampled_t, equivalence_p


def estimate(effect: float, standard_error: float = 0.01) -> CellEstimate:
    return CellEstimate(
        effect=effect, standard_error=standard_error, dof=24, sd=0.04, cell_count=25, test_train_ratio=0.25
    )


@pytest.mark.parametrize("shift", [-0.02, 0.0, 0.015, 0.2])
def test_is_the_larger_of_two_one_sample_tests_if_nothing_is_corrected(shift):
    cells = np.random.default_rng(1987).normal(shift, 0.05, (1, 30))
    lower = scipy.stats.ttest_1samp(cells.ravel(), -0.03, alternative="greater").pvalue
    upper = scipy.stats.ttest_1samp(cells.ravel(), 0.03, alternative="less").pvalue

    uncorrected = corrected_resampled_t(cells, test_train_ratio=1e-15)

    assert equivalence_p(uncorrected, margin=0.03) == pytest.approx(max(lower, upper), rel=1e-9)


def test_one_degree_of_freedom_has_a_closed_form():
    cauchy = CellEstimate(effect=1.0, standard_error=1.0, dof=1, sd=1.0, cell_count=2, test_train_ratio=1.0)

    assert equivalence_p(cauchy, margin=2.0) == pytest.approx(0.25)


@given(
    effect=st.floats(-0.1, 0.1),
    standard_error=st.floats(1e-4, 0.1),
    margin=st.floats(1e-4, 0.1),
    alpha=st.floats(0.001, 0.2),
)
def test_is_below_alpha_exactly_if_the_interval_lies_inside(effect, standard_error, margin, alpha):
    uncertain = estimate(effect, standard_error)
    low, high = uncertain.interval(1 - 2 * alpha)
    if min(abs(low + margin), abs(high - margin)) < 1e-9:
        return  # Too close to the border: rounding decides.

    assert (equivalence_p(uncertain, margin=margin) < alpha) == (-margin < low and high < margin)


@given(effect=st.floats(-0.1, 0.1))
def test_does_not_care_which_arm_is_which(effect):
    assert equivalence_p(estimate(effect), margin=0.02) == equivalence_p(estimate(-effect), margin=0.02)


def test_an_effect_at_the_margin_has_p_one_half():
    assert equivalence_p(estimate(0.03), margin=0.03) == pytest.approx(0.5)


@pytest.mark.parametrize("margin", [0.0, -0.01, math.inf, math.nan])
def test_refuses_a_margin_that_is_not_positive(margin):
    with pytest.raises(InputError, match="finite, positive margin") as caught:
        equivalence_p(estimate(0.0), margin=margin)
    assert f"margin={margin!r}" in str(caught.value)
