"""Ranking, against Demšar's published example, an analysis of variance of the ranks, counting, and simulation."""

from __future__ import annotations

import functools
import itertools
import math

import numpy as np
import pandas as pd
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from negres_core.errors import InputError
from negres_core.statistics import rank

# Demšar (2006), table 6: the ranks of C4.5, and of C4.5 with tuned m, cf, or both, on 14 data sets by their AUC.
PUBLISHED = {
    "C4.5": [4, 1, 4, 4, 4, 1, 3, 2.5, 4, 2.5, 4, 3, 4, 3],
    "C4.5+m": [3, 2, 1, 1, 2, 2.5, 2, 2.5, 3, 2.5, 2.5, 2, 1, 1],
    "C4.5+cf": [2, 3, 2, 3, 3, 4, 4, 4, 2, 2.5, 1, 4, 2, 4],
    "C4.5+m+cf": [1, 4, 3, 2, 1, 2.5, 1, 1, 1, 2.5, 2.5, 1, 3, 2],
}


def named(columns) -> dict[str, np.ndarray]:
    """Return arms by name from values, (data_sets, arms)."""
    return {f"arm {number}": column for number, column in enumerate(np.transpose(columns))}


def published(alpha=0.05):
    return rank({name: np.array(ranks) for name, ranks in PUBLISHED.items()}, higher_is_better=False, alpha=alpha)


def test_reproduces_the_mean_ranks_of_demsar_best_first():
    expected = {"C4.5+m+cf": 1.964, "C4.5+m": 2.000, "C4.5+cf": 2.893, "C4.5": 3.143}

    assert list(published().mean_ranks) == list(expected)
    assert published().mean_ranks == pytest.approx(expected, abs=5e-4)


def test_reproduces_the_tests_of_demsar_except_for_his_ties():
    """He reports 9.28 and 3.69, and ignores the four data sets with ties: two pairs of two, one of two, one of four."""
    ranks = np.column_stack(list(PUBLISHED.values()))
    ties = sum(count**3 - count for row in ranks for _, count in zip(*np.unique(row, return_counts=True), strict=True))
    ignoring_ties = published().friedman * (1 - ties / (14 * 4 * (4**2 - 1)))

    assert ties == 3 * (2**3 - 2) + (4**3 - 4)
    assert ignoring_ties == pytest.approx(9.28, abs=5e-3)
    assert 13 * ignoring_ties / (14 * 3 - ignoring_ties) == pytest.approx(3.69, abs=5e-3)


def test_reproduces_the_differences_of_demsar():
    assert published(0.05).critical_difference == pytest.approx(1.25, abs=5e-3)
    assert published(0.05).differing == ()
    assert published(0.10).critical_difference == pytest.approx(1.12, abs=5e-3)
    assert published(0.10).differing == (("C4.5+m+cf", "C4.5"), ("C4.5+m", "C4.5"))


@pytest.mark.parametrize(
    # Demšar (2006), table 5(a), the two-tailed Nemenyi test; it rounds 2.3437 down.
    ("arms", "critical"),
    [(3, 2.343), (4, 2.569), (5, 2.728), (6, 2.850), (7, 2.949), (8, 3.031), (9, 3.102), (10, 3.164)],
)
def test_reproduces_the_critical_values_of_demsar(arms, critical):
    ranking = rank(named(np.random.default_rng(arms).normal(size=(6, arms))), higher_is_better=True)

    assert ranking.critical_difference == pytest.approx(critical * math.sqrt(arms * (arms + 1) / 36), rel=5e-4)


@pytest.mark.parametrize("seed", range(4))
def test_iman_and_davenport_is_an_analysis_of_variance_of_the_ranks(seed):
    from statsmodels.stats.anova import AnovaRM

    values = np.random.default_rng(seed).integers(0, 5, (9, 4))  # with ties
    ranks = pd.DataFrame(scipy.stats.rankdata(values, axis=1)).melt(ignore_index=False).reset_index()
    table = AnovaRM(ranks, "value", subject="index", within=["variable"]).fit().anova_table

    ranking = rank(named(values), higher_is_better=False)

    assert ranking.iman_davenport == pytest.approx(table["F Value"].iloc[0])
    assert ranking.iman_davenport_p == pytest.approx(table["Pr > F"].iloc[0])
    assert ranking.friedman_p == pytest.approx(scipy.stats.chi2.sf(ranking.friedman, 3))


def test_full_agreement_of_three_data_sets_gives_the_largest_statistic():
    ranking = rank(named([[1, 2, 3]] * 3), higher_is_better=True)

    assert ranking.friedman == pytest.approx(6.0)
    assert ranking.mean_ranks == {"arm 2": 1.0, "arm 1": 2.0, "arm 0": 3.0}
    assert ranking.iman_davenport > 1e12
    assert ranking.iman_davenport_p == pytest.approx(0.0, abs=1e-12)


def test_counting_all_orders_shows_that_the_p_value_of_friedman_is_rough_on_few_data_sets():
    """Three arms on four data sets have 6^4 equally likely sets of orders."""
    orders = list(itertools.permutations(range(3)))
    cached_rank = functools.cache(lambda chosen: rank(named(chosen), higher_is_better=False))
    rankings = [cached_rank(tuple(sorted(chosen))) for chosen in itertools.product(orders, repeat=4)]

    # Tabulated since Friedman (1937): 8.0 has a probability of 0.0046, 6.5 or more of 0.042, 6.0 or more of 0.069.
    assert [sum(ranking.friedman > bar - 0.01 for ranking in rankings) for bar in (8.0, 6.5, 6.0)] == [6, 54, 90]
    # So a nominal 5% is really 6.9%.
    assert sum(ranking.friedman_p < 0.05 for ranking in rankings) == 90


def test_the_level_holds_over_data_sets_and_not_over_the_cells_of_one():
    """Four equal arms. The cells of a data set are correlated, rho = 1 / k, because they share one sample of rows."""
    rng, folds, repeats = np.random.default_rng(2006), 5, 5

    def rejections(samples):
        """Return how often each test rejects. Only the rank sums matter, so equal ones are ranked once."""
        sums = np.sort(scipy.stats.rankdata(samples, axis=2).sum(axis=1), axis=1)
        _, first, counts = np.unique(sums, axis=0, return_index=True, return_counts=True)
        rankings = [rank(named(samples[number]), higher_is_better=True) for number in first]
        rejected = [[each.friedman_p < 0.05, each.iman_davenport_p < 0.05, bool(each.differing)] for each in rankings]
        return np.average(rejected, axis=0, weights=counts)

    over_data_sets = rejections(rng.normal(size=(20_000, 14, 4)))
    shared, own = rng.normal(size=(300, 1, 1, 4)), rng.normal(size=(300, repeats, folds, 4))
    cells = math.sqrt(1 / folds) * shared + math.sqrt(1 - 1 / folds) * own

    # Three standard errors of 20,000 runs are 0.005; with 14 data sets the approximations may be off by as much.
    np.testing.assert_allclose(over_data_sets, 0.05, atol=0.01)
    # Those of 300 runs are at most 0.09. Measured: cells reject 70% of the time, means of repeats 57%.
    assert (rejections(cells.reshape(300, -1, 4))[:2] > 0.6).all()
    assert (rejections(cells.mean(axis=2))[:2] > 0.48).all()


matrices = st.integers(3, 5).flatmap(
    lambda arms: st.lists(st.lists(st.integers(0, 9), min_size=arms, max_size=arms), min_size=2, max_size=6).filter(
        lambda rows: any(len(set(row)) > 1 for row in rows)
    )
)


@given(matrices)
def test_only_the_order_of_the_values_matters(rows):
    values = np.array(rows, dtype=float)

    assert rank(named(values), higher_is_better=True) == rank(named(np.exp(values)), higher_is_better=True)
    assert rank(named(values), higher_is_better=True) == rank(named(-values), higher_is_better=False)


@given(matrices)
def test_the_order_of_data_sets_does_not_matter(rows):
    one, other = (rank(named(each), higher_is_better=True) for each in (rows, rows[::-1]))

    assert other.friedman == pytest.approx(one.friedman)
    assert other.mean_ranks == pytest.approx(one.mean_ranks)
    assert set(other.differing) == set(one.differing)


@pytest.mark.parametrize(
    ("values", "wrong", "received"),
    [
        ({"one": np.ones(3), "other": np.ones(3)}, "at least 3 arms", "2 arms"),
        (named(np.ones((5, 5, 4))), "one number per data set", "'arm 0' of shape (5, 5)"),
        ({"a": np.ones(3), "b": np.ones(3), "c": np.ones(2)}, "one number per data set", "'c' of shape (2,)"),
        (named([[1, 2, 3]]), "says nothing about others", "1 data sets"),
        (named([[1, 2, 3], [1, math.nan, 3]]), "has to be finite", "not finite in 'arm 1'"),
        (named([[1, 1, 1], [2, 2, 2]]), "tie on every data set", "3 arms with equal values on 2 data sets"),
    ],
)
def test_refuses_values_that_cannot_be_ranked(values, wrong, received):
    with pytest.raises(InputError, match=wrong) as caught:
        rank(values, higher_is_better=True)
    assert received in str(caught.value)


@pytest.mark.parametrize("alpha", [0.0, 0.5, 5])
def test_refuses_an_alpha_that_is_not_a_level(alpha):
    with pytest.raises(InputError, match=r"between 0 and 0\.5"):
        rank(named([[1, 2, 3], [3, 2, 1]]), higher_is_better=True, alpha=alpha)
