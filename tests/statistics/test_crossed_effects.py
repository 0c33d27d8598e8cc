"""Crossed effects, against a published table, statsmodels' mixed model, the pigeonhole bootstrap and t-tests."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats

from negres_core.errors import InputError
from negres_core.statistics.crossed_effects import (
    LEAST_SEEDS,
    crossed_effects,
    mean_squares,
    standard_error_of_few_rows,
    variance_components,
)

# Shrout & Fleiss (1979), Intraclass correlations: uses in assessing rater reliability, Psychological Bulletin 86,
# Table 2: four judges (columns) rate six targets (rows).
RATINGS = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])


def draw(seeds: int, rows: int, *, sd_seeds=0.1, sd_rows=1.0, sd_both=0.5, random_state=0) -> np.ndarray:
    rng = np.random.default_rng(random_state)
    effects = rng.normal(0, sd_seeds, (seeds, 1)) + rng.normal(0, sd_rows, rows)
    return 0.05 + effects + rng.normal(0, sd_both, (seeds, rows))


def test_reproduces_the_analysis_of_shrout_and_fleiss():
    of_judges, of_targets, of_both = mean_squares(RATINGS.T.astype(float))

    # Their Table 3, and ICC(2,1) = .29 and ICC(3,1) = .71 of Table 4.
    assert (of_targets, of_judges, of_both) == pytest.approx((11.24, 32.49, 1.02), abs=0.005)
    parts = variance_components(RATINGS.T.astype(float))
    assert parts.rows / (parts.rows + parts.seeds + parts.interaction) == pytest.approx(0.29, abs=0.005)
    assert parts.rows / (parts.rows + parts.interaction) == pytest.approx(0.71, abs=0.005)


def test_components_are_those_of_a_mixed_model_with_crossed_effects():
    from statsmodels.regression.mixed_linear_model import MixedLM

    table = draw(6, 25, sd_seeds=0.7)
    frame = pd.DataFrame(
        {"score": table.ravel(), "seed": np.repeat(np.arange(6), 25), "row": np.tile(np.arange(25), 6), "all": 1}
    )
    formula = {"seed": "0 + C(seed)", "row": "0 + C(row)"}
    model = MixedLM.from_formula("score ~ 1", groups="all", vc_formula=formula, re_formula="0", data=frame)

    theirs = model.fit(reml=True)
    ours = crossed_effects(table)

    by_name = dict(zip(model.exog_vc.names, theirs.vcomp, strict=True))
    assert ours.components.seeds == pytest.approx(by_name["seed"], rel=1e-3)
    assert ours.components.rows == pytest.approx(by_name["row"], rel=1e-3)
    assert ours.components.interaction == pytest.approx(theirs.scale, rel=1e-3)
    assert ours.over_both.effect == pytest.approx(theirs.params["Intercept"])
    assert ours.over_both.standard_error == pytest.approx(theirs.bse["Intercept"], rel=1e-3)


def test_the_standard_error_is_that_of_the_pigeonhole_bootstrap():
    """Owen (2007): resampling seeds and rows independently overstates the variance by v_si / (SN), here little."""
    table, rng = draw(30, 100, sd_seeds=0.3), np.random.default_rng(1)

    means = [table[np.ix_(rng.integers(0, 30, 30), rng.integers(0, 100, 100))].mean(dtype=float) for _ in range(4_000)]

    assert crossed_effects(table).over_both.standard_error == pytest.approx(np.std(means), rel=0.05)


def test_over_rows_and_over_seeds_are_t_tests_of_their_means():
    table = draw(8, 200)
    result = crossed_effects(table)

    seeds = scipy.stats.ttest_1samp(table.mean(axis=1), 0)
    rows = scipy.stats.ttest_1samp(table.mean(axis=0), 0)
    assert (result.over_seeds.statistic, result.over_seeds.dof) == (pytest.approx(seeds.statistic), 7)
    assert result.over_rows.statistic == pytest.approx(rows.statistic)
    assert 150 < result.over_rows.dof <= 199
    assert (result.seeds, result.rows) == (8, 200)


def test_the_variance_over_both_is_the_unbiased_sum_of_the_components():
    table = draw(10, 50, sd_seeds=0.5)
    result, parts = crossed_effects(table), variance_components(table)

    variance = parts.seeds / 10 + parts.rows / 50 + parts.interaction / 500
    assert result.components == parts
    assert result.over_both.standard_error == pytest.approx(math.sqrt(variance))
    of_seeds, of_rows, of_both = mean_squares(table)
    total = of_seeds + of_rows - of_both
    # Satterthwaite, with as many degrees of freedom for the rows as their kurtosis leaves.
    of_kurtosis = result.over_rows.dof
    parts_of_dof = of_seeds**2 / 9 + of_rows**2 / of_kurtosis + of_both**2 / (9 * of_kurtosis)
    assert result.over_both.dof == pytest.approx(total**2 / parts_of_dof)


@pytest.mark.parametrize("random_state", range(30))
def test_over_both_is_never_surer_than_over_rows_or_the_spread_of_seeds(random_state):
    table = draw(5, 40, sd_seeds=0.0, sd_rows=0.0, random_state=random_state)

    result = crossed_effects(table)

    spread = table.mean(axis=1).std(ddof=1) / math.sqrt(5)
    assert result.over_both.standard_error >= max(result.over_rows.standard_error, spread) * (1 - 1e-12)
    assert result.over_both.dof >= 4


def test_without_differences_between_seeds_over_both_is_over_rows():
    row = np.random.default_rng(0).normal(0.2, 1, 100)

    result = crossed_effects(np.tile(row, (6, 1)))

    assert result.over_seeds is None
    assert result.over_both.standard_error == pytest.approx(result.over_rows.standard_error)
    assert result.over_both.dof == pytest.approx(result.over_rows.dof)
    assert (result.components.seeds, result.components.interaction) == pytest.approx((0, 0), abs=1e-12)


def test_with_few_seeds_only_rows_are_judged():
    one = crossed_effects(draw(1, 100))
    few = crossed_effects(draw(LEAST_SEEDS - 1, 100))
    enough = crossed_effects(draw(LEAST_SEEDS, 100))

    assert (one.components, one.over_seeds, one.over_both) == (None, None, None)
    assert (few.over_seeds, few.over_both) == (None, None)
    assert few.components.rows > 0
    assert enough.over_seeds.dof == LEAST_SEEDS - 1
    assert enough.over_both.dof > LEAST_SEEDS - 1


def test_right_and_wrong_answers_can_be_whole_numbers_of_any_type():
    table = np.random.default_rng(0).integers(-1, 2, (5, 300))

    assert crossed_effects(table.astype(np.int8)) == crossed_effects(table.astype(np.float64))


def test_arms_that_agree_on_all_rows_may_still_differ_by_three_in_as_many():
    result = crossed_effects(np.zeros((5, 1000)), least_standard_error=standard_error_of_few_rows(1000))

    assert result.over_both.effect == 0
    assert result.over_both.interval(0.9)[1] == pytest.approx(3 / 1000, rel=0.01)
    assert result.over_seeds is None


def test_a_row_more_that_differs_never_makes_the_bound_smaller():
    def bound(differing: int) -> float:
        table = np.zeros((5, 1000))
        table[:, :differing] = 1
        result = crossed_effects(table, least_standard_error=standard_error_of_few_rows(1000))
        return result.over_both.interval(0.9)[1]

    bounds = [bound(differing) for differing in range(12)]

    assert bounds == sorted(bounds)
    # The exact upper limits of a Poisson count, 95% one-sided.
    exact = [scipy.stats.chi2.ppf(0.95, 2 * count + 2) / 2000 for count in range(12)]
    assert all(ours > 0.99 * theirs for ours, theirs in zip(bounds, exact, strict=True))


def test_a_tail_towards_the_null_leaves_a_smaller_share_of_the_level():
    rows = -np.random.default_rng(0).exponential(size=200)

    result = crossed_effects(rows + np.random.default_rng(1).normal(0, 0.1, (10, 200)))

    assert result.over_rows.share_less == 1.0
    assert result.over_rows.share_greater < 0.8
    assert result.over_both.share_greater < result.over_both.share_less


@pytest.mark.parametrize(
    ("differences", "message"),
    [
        (np.zeros(50), "numeric matrix"),
        (np.full((3, 50), "a"), "numeric matrix"),
        (np.zeros((3, 19)), "too few rows"),
        (np.zeros((0, 50)), "too few rows"),
        (np.where(np.arange(150).reshape(3, 50) == 60, np.nan, 1.0), "finite"),
        (np.full((3, 50), 0.1), "no variance between rows"),
    ],
)
def test_what_cannot_be_judged_is_refused(differences, message):
    with pytest.raises(InputError, match=message):
        crossed_effects(differences)
