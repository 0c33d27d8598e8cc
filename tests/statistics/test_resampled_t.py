"""The corrected resampled t-test, against a sum by hand, scikit-learn's published example, and simulated coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats
from hypothesis import given
from hypothesis import strategies as st

from negres_core.errors import InputError
from negres_core.statistics import corrected_resampled_t
from negres_core.statistics.resampled_t import sd_of_few_rows


def test_two_cells_by_hand():
    # Mean 2, variance 2, and a variance of the mean of 2 * (1/2 + 1).
    estimate = corrected_resampled_t(np.array([[1.0, 3.0]]), test_train_ratio=1.0)

    assert estimate.effect == 2.0
    assert estimate.sd == pytest.approx(math.sqrt(2.0))
    assert estimate.standard_error == pytest.approx(math.sqrt(3.0))
    assert (estimate.dof, estimate.cell_count, estimate.test_train_ratio) == (1, 2, 1.0)
    assert estimate.p_greater == pytest.approx(0.5 - math.atan(2 / math.sqrt(3.0)) / math.pi)


def test_reproduces_the_example_of_scikit_learn():
    """The example plot_grid_search_stats: SVCs with an RBF and a linear kernel, compared by ROC AUC."""
    from sklearn.datasets import make_moons
    from sklearn.model_selection import RepeatedStratifiedKFold, cross_val_score
    from sklearn.svm import SVC

    x, y = make_moons(noise=0.352, random_state=1, n_samples=100)
    cells = RepeatedStratifiedKFold(n_splits=10, n_repeats=10, random_state=0)
    rbf, linear = (
        cross_val_score(SVC(kernel=kernel, random_state=0), x, y, scoring="roc_auc", cv=cells)
        for kernel in ("rbf", "linear")
    )

    estimate = corrected_resampled_t((rbf - linear).reshape(10, 10), test_train_ratio=10 / 90)

    assert estimate.effect == pytest.approx(0.01, abs=1e-8)
    assert estimate.statistic == pytest.approx(0.7503126954, abs=1e-8)
    assert estimate.p_greater == pytest.approx(0.2274229710, abs=1e-8)
    assert estimate.p_two_sided == pytest.approx(0.4548459420, abs=1e-8)
    assert estimate.probability_better == pytest.approx(0.7725770290, abs=1e-8)
    # Published with seven digits.
    assert estimate.interval(0.95) == pytest.approx((-0.0164452, 0.0364452), abs=1e-7)


def test_interval_covers_if_cells_are_correlated_and_an_uncorrected_one_does_not():
    """Cells are equally correlated with rho = 1 / k, as the correction assumes, so the coverage is exact."""
    repeats, folds, effect, runs = 5, 5, 0.3, 4000
    rho = 1 / folds
    rng = np.random.default_rng(20030901)
    shared = rng.normal(size=(runs, 1, 1))
    own = rng.normal(size=(runs, repeats, folds))
    corrected = uncorrected = 0
    for cells in effect + math.sqrt(rho) * shared + math.sqrt(1 - rho) * own:
        low, high = corrected_resampled_t(cells, test_train_ratio=1 / (folds - 1)).interval(0.95)
        corrected += low < effect < high
        # The ordinary paired t-test is the limit of an empty test fold.
        low, high = corrected_resampled_t(cells, test_train_ratio=1e-12).interval(0.95)
        uncorrected += low < effect < high

    # Three standard errors of 4000 runs are 0.010.
    assert 0.94 <= corrected / runs <= 0.96
    assert uncorrected / runs < 0.65


matrices = (
    st.tuples(st.integers(1, 4), st.integers(2, 5))
    .flatmap(
        lambda shape: st.lists(
            st.lists(st.integers(-1000, 1000), min_size=shape[1], max_size=shape[1]),
            min_size=shape[0],
            max_size=shape[0],
        )
    )
    .map(lambda rows: np.array(rows) / 1000)
    .filter(lambda cells: np.ptp(cells) > 0)
)


@given(matrices)
def test_swapping_the_arms_flips_the_effect_and_nothing_else(cells):
    ratio = 1 / (cells.shape[1] - 1)
    one, other = (corrected_resampled_t(signed, test_train_ratio=ratio) for signed in (cells, -cells))

    assert other.effect == -one.effect
    assert other.interval(0.95) == tuple(-end for end in reversed(one.interval(0.95)))
    assert (other.p_greater, other.p_less, other.p_two_sided) == (one.p_less, one.p_greater, one.p_two_sided)
    assert (other.standard_error, other.sd, other.dof) == (one.standard_error, one.sd, one.dof)


@given(matrices, st.randoms(use_true_random=False))
def test_the_order_of_the_cells_does_not_matter(cells, random):
    shuffled = cells.ravel().tolist()
    random.shuffle(shuffled)
    one, other = (
        corrected_resampled_t(order, test_train_ratio=0.25)
        for order in (cells, np.array(shuffled).reshape(cells.shape))
    )

    assert other.effect == pytest.approx(one.effect, abs=1e-12)
    assert other.standard_error == pytest.approx(one.standard_error, rel=1e-12)


@pytest.mark.parametrize(
    ("differences", "ratio", "wrong", "received"),
    [
        (np.array([0.1, 0.2]), 0.25, "numeric matrix", "shape (2,), dtype float64"),
        (np.ones((2, 2, 3)), 0.25, "numeric matrix", "shape (2, 2, 3), dtype float64"),
        (np.array([["a", "b"]]), 0.25, "numeric matrix", "shape (1, 2), dtype <U1"),
        (np.array([[0.1, None]]), 0.25, "numeric matrix", "dtype object"),
        (np.array([[True, False]]), 0.25, "numeric matrix", "dtype bool"),
        (np.array([[0.1]]), 0.25, "One cell has no spread", "shape (1, 1)"),
        (np.empty((0, 5)), 0.25, "One cell has no spread", "shape (0, 5)"),
        (np.array([[0.1, 0.2], [math.nan, 0.1]]), 0.25, "has to be finite", "nan in repeat 1, fold 0 (1 such cells)"),
        (np.array([[0.1, -math.inf], [math.inf, 0.1]]), 0.25, "has to be finite", "-inf in repeat 0, fold 1 (2 such"),
        (np.array([[0.1, 0.2]]), 0.0, "finite and positive", "test_train_ratio=0.0"),
        (np.array([[0.1, 0.2]]), -0.25, "finite and positive", "test_train_ratio=-0.25"),
        (np.array([[0.1, 0.2]]), math.inf, "finite and positive", "test_train_ratio=inf"),
        (np.array([[0.1, 0.2]]), math.nan, "finite and positive", "test_train_ratio=nan"),
        (np.zeros((5, 5)), 0.25, "no variance", "25 differences of 0"),
        (np.full((2, 5), 0.3), 0.25, "no variance", "10 differences of 0.3"),
    ],
)
def test_refuses_differences_or_a_ratio_that_cannot_be_judged(differences, ratio, wrong, received):
    with pytest.raises(InputError, match=wrong) as caught:
        corrected_resampled_t(differences, test_train_ratio=ratio)
    assert received in str(caught.value)


@pytest.mark.parametrize(
    ("treatment", "control"),
    [
        (np.array([[0.9, 0.4, 0.3, 0.8]]), np.array([[0.8, 0.3, 0.2, 0.7]])),
        (np.array([[0.1 + 0.2, 0.7]]), np.array([[0.3, 0.7]])),
        (np.array([[1e3 + 0.1, 2e3 + 0.1, 3e3 + 0.1]]), np.array([[1e3, 2e3, 3e3]])),
    ],
)
def test_differences_that_vary_only_by_rounding_have_no_variance(treatment, control):
    differences = treatment - control
    assert np.ptp(differences) > 0

    with pytest.raises(InputError, match="no variance"):
        corrected_resampled_t(differences, test_train_ratio=0.25)


def test_a_tiny_but_real_spread_counts():
    # One row in a million, in one of four cells.
    estimate = corrected_resampled_t(np.array([[0.25, 0.25, 0.25, 0.250001]]), test_train_ratio=1 / 3)

    assert estimate.sd == pytest.approx(5e-7, rel=1e-6)


def test_a_metric_that_counts_rows_is_never_known_better_than_to_three_rows():
    """Two arms that agree on all 100 rows: the rule of three allows a difference of up to 3 / 100 at 95%."""
    least = sd_of_few_rows(rows=100, folds=5)
    estimate = corrected_resampled_t(np.zeros((5, 5)), test_train_ratio=0.25, least_sd=least)

    # Three rows fall into folds at random: a fold has each with probability 1/5, and each is 1/20 of its rows.
    assert least == pytest.approx(math.sqrt(3 * 0.2 * 0.8) / 20)
    assert (estimate.effect, estimate.sd, estimate.skewness) == (0.0, least, 0.0)
    assert 0.03 < estimate.interval(0.9)[1] < 0.035
    with pytest.raises(InputError, match="no variance"):
        corrected_resampled_t(np.zeros((5, 5)), test_train_ratio=0.25)


@pytest.mark.parametrize(("rows", "folds", "repeats"), [(100, 5, 5), (1000, 10, 10), (60, 3, 10), (10_000, 20, 2)])
def test_arms_that_agree_on_all_rows_may_differ_by_what_the_rule_of_three_allows(rows, folds, repeats):
    least = sd_of_few_rows(rows=rows, folds=folds)
    cells = np.zeros((repeats, folds))

    high = corrected_resampled_t(cells, test_train_ratio=1 / (folds - 1), least_sd=least).interval(0.9)[1]

    # With a difference of d, none of the rows shows it with probability (1 - d)^rows.
    assert (1 - high) ** rows < 0.05 * 1.02


def test_a_spread_above_the_least_one_is_left_as_it_is():
    cells = np.array([[0.1, 0.2, 0.4]])

    plain, floored = (corrected_resampled_t(cells, test_train_ratio=0.5, least_sd=least) for least in (0.0, 0.01))

    assert plain == floored


def test_the_degrees_of_freedom_are_limited():
    cells = np.random.default_rng(0).normal(size=(5, 5))

    degrees = [corrected_resampled_t(cells, test_train_ratio=0.25, most_dof=most).dof for most in (None, 4, 24, 100)]

    assert degrees == [24, 4, 24, 24]


def test_the_skewness_is_that_of_all_cells():
    cells = np.random.default_rng(0).exponential(size=(5, 5))

    assert corrected_resampled_t(cells, test_train_ratio=0.25).skewness == pytest.approx(
        scipy.stats.skew(cells, axis=None, bias=False)
    )
