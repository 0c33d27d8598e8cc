"""The jackknife: exact for means, DeLong's variance for AUC, the bootstrap's for F1, and rows in groups."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sklearn.metrics import f1_score, roc_auc_score

from negres_core.errors import InputError
from negres_core.statistics.crossed_effects import crossed_effects
from negres_core.statistics.jackknife import columns, group_scores, pseudo_values


def accuracy(targets, outputs):
    return float(np.mean(targets == outputs))


def auc(targets, outputs):
    """AUC as the share of pairs in the right order, as `roc_auc_score`, which is slower."""
    order = np.argsort(outputs, kind="stable")
    ranks = np.empty(len(outputs))
    ranks[order] = np.arange(1, len(outputs) + 1)
    positives = int(targets.sum())
    return float(
        (ranks[targets == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(targets) - positives))
    )


def scores(rows: int, *, random_state=0, shift=1.0, share=0.3):
    rng = np.random.default_rng(random_state)
    targets = (rng.random(rows) < share).astype(int)
    return targets, rng.normal(size=(2, rows)) + shift * targets


def delong_variance(targets, first, second):
    """DeLong, DeLong & Clarke-Pearson (1988), Comparing the areas under correlated ROC curves, Biometrics 44."""
    placements = []
    for outputs in (first, second):
        wins = np.heaviside(outputs[targets == 1][:, None] - outputs[targets == 0][None, :], 0.5)
        placements.append((wins.mean(axis=1), wins.mean(axis=0)))
    of_positives, of_negatives = (np.cov([placements[0][side], placements[1][side]]) for side in (0, 1))
    contrast = np.array([1, -1])
    return contrast @ (of_positives / (targets == 1).sum() + of_negatives / (targets == 0).sum()) @ contrast


def test_a_mean_gives_the_scores_of_the_rows():
    rng = np.random.default_rng(0)
    targets, outputs = rng.integers(0, 3, 50), rng.integers(0, 3, (4, 50))

    table = pseudo_values(accuracy, targets, outputs)

    assert table == pytest.approx((outputs == targets).astype(float))


def test_the_metric_of_the_tests_is_auc():
    targets, outputs = scores(100)

    assert auc(targets, outputs[0]) == pytest.approx(roc_auc_score(targets, outputs[0]))


@pytest.mark.parametrize("rows", [60, 150])
def test_the_difference_of_two_aucs_has_delongs_variance(rows):
    targets, outputs = scores(rows)
    table = pseudo_values(auc, targets, outputs)
    difference = crossed_effects(table[:1] - table[1:]).over_rows

    assert difference.effect == pytest.approx(auc(targets, outputs[0]) - auc(targets, outputs[1]))
    # The jackknife also lets the numbers of positives and negatives vary.
    assert difference.standard_error == pytest.approx(math.sqrt(delong_variance(targets, *outputs)), rel=0.03)


def test_blocks_of_many_rows_have_about_the_same_variance():
    errors = []
    for random_state in range(30):
        targets, outputs = scores(2_000, random_state=random_state)
        table = pseudo_values(auc, targets, outputs, most_columns=100)
        assert table.shape == (2, 100)
        difference = crossed_effects(table[:1] - table[1:]).over_rows
        errors.append(difference.standard_error / math.sqrt(delong_variance(targets, *outputs)))

    # A variance of 100 blocks has a relative standard error of 14%, so a mean of 30 standard errors of 1.3%.
    assert np.mean(errors) == pytest.approx(1, abs=0.04)


def test_f1_of_several_seeds_has_the_variance_of_the_pigeonhole_bootstrap():
    """Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1: rows and seeds are resampled."""
    rng = np.random.default_rng(0)
    targets = (rng.random(150) < 0.4).astype(int)
    wrong = rng.random((12, 150)) < 0.15 + 0.5 * (rng.random(150) < 0.2)
    outputs = np.where(wrong, 1 - targets, targets)

    def f1(truth, predicted):
        hits = float(np.sum(truth * predicted))
        return 2 * hits / float(truth.sum() + predicted.sum())

    assert f1(targets, outputs[0]) == pytest.approx(f1_score(targets, outputs[0]))
    ours = crossed_effects(pseudo_values(f1, targets, outputs)).over_both
    means = []
    for _ in range(1_500):
        rows = rng.integers(0, 150, 150)
        means.append(np.mean([f1(targets[rows], outputs[seed][rows]) for seed in rng.integers(0, 12, 12)]))

    assert ours.effect == pytest.approx(np.mean([f1(targets, output) for output in outputs]))
    assert ours.standard_error == pytest.approx(np.std(means), rel=0.1)


def test_an_auc_of_few_positives_has_few_degrees_of_freedom():
    dof = {}
    for positives in (10, 300):
        rng = np.random.default_rng(positives)
        targets = np.repeat([1, 0], [positives, 600 - positives])
        table = pseudo_values(auc, targets, rng.normal(size=(2, 600)) + targets, most_columns=600)
        dof[positives] = crossed_effects(table[:1] - table[1:]).over_rows.dof

    assert dof[10] < 25
    assert dof[300] > 300


def test_groups_of_equal_size_give_their_means():
    differences = np.random.default_rng(0).normal(size=(3, 40))
    groups = np.repeat(np.arange(10), 4)

    assert group_scores(differences, groups) == pytest.approx(differences.reshape(3, 10, 4).mean(axis=2))


def test_groups_of_unequal_size_are_the_jackknife_of_the_mean_over_rows():
    rng = np.random.default_rng(0)
    groups = np.array(list("aabbbbbcddd"))
    differences = rng.normal(size=(2, 11))

    table = group_scores(differences, groups)

    def mean(_, outputs):
        return float(outputs.mean())

    assert table == pytest.approx(pseudo_values(mean, np.zeros(11), differences, groups=groups))
    assert table.mean(axis=1) == pytest.approx(differences.mean(axis=1))


def test_the_mean_over_rows_of_unequal_groups_has_the_right_standard_error():
    """Groups differ, and large ones count for more: simulated, since no closed form is exact."""
    rng = np.random.default_rng(0)
    effects, errors = [], []
    for _ in range(1_000):
        sizes = rng.integers(1, 20, 40)
        groups = np.repeat(np.arange(40), sizes)
        table = rng.normal(size=40)[groups] + rng.normal(size=(1, groups.size))
        result = crossed_effects(group_scores(table, groups)).over_rows
        effects.append(result.effect)
        errors.append(result.standard_error)

    assert np.sqrt(np.mean(np.square(errors))) == pytest.approx(np.std(effects), rel=0.07)


def test_blocks_are_of_equal_size_at_random_and_always_the_same():
    assigned = columns(1_005, None, most=100)

    assert set(np.bincount(assigned)) == {10, 11}
    assert np.array_equal(assigned, columns(1_005, None, most=100))
    # Blocks of neighbours, or of every hundredth row, would not be random.
    assert np.abs(np.corrcoef(assigned, np.arange(1_005))[0, 1]) < 0.1
    assert np.abs(np.corrcoef(assigned, np.arange(1_005) % 100)[0, 1]) < 0.1


def test_a_block_has_whole_groups():
    groups = np.random.default_rng(0).permutation(np.repeat(np.arange(50), 3))

    assigned = columns(150, groups, most=10)

    assert assigned.max() == 9
    assert all(len(set(assigned[groups == group])) == 1 for group in range(50))


def test_a_metric_that_is_not_defined_without_some_rows_is_refused():
    targets = np.array([1] + 29 * [0])
    outputs = np.random.default_rng(0).normal(size=(1, 30))

    def undefined(truth, predicted):
        return auc(truth, predicted) if truth.any() else math.nan

    with pytest.raises(InputError, match="without some rows is not finite"):
        pseudo_values(undefined, targets, outputs)


@pytest.mark.parametrize(
    ("targets", "outputs", "groups", "message"),
    [
        (np.zeros(4), np.zeros((2, 5)), None, "same rows"),
        (np.zeros(4), np.zeros(4), None, "same rows"),
        (np.zeros(4), np.zeros((2, 4)), np.zeros(3), "same rows"),
        (np.zeros(4), np.zeros((2, 4)), np.zeros(4), "at least 2 parts"),
        (np.zeros(1), np.zeros((2, 1)), None, "at least 2 parts"),
    ],
)
def test_what_has_no_columns_is_refused(targets, outputs, groups, message):
    with pytest.raises(InputError, match=message):
        pseudo_values(accuracy, targets, outputs, groups=groups)


def test_row_scores_and_groups_need_the_same_rows():
    with pytest.raises(InputError, match="same rows"):
        group_scores(np.zeros((2, 5)), np.zeros(4))
