"""Twins: equal by symmetry, fitted by least squares, and as accurate as expected."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.validation import twins
from negres_core.design import KFolds

MEANS = twins.feature_means(0.75)
TEST_FOLDS = twins.split_rows(KFolds(folds=5, repeats=2), 60)


def sample(seed, count=3):
    return twins.sample_data_sets(MEANS, count, 60, np.random.default_rng(seed))


def accuracies_on(data_sets, seeds=1, seed=0):
    return twins.cross_validate(data_sets, TEST_FOLDS, seeds, np.random.default_rng(seed))


@pytest.mark.parametrize("seeds", [1, 3])
def test_swapping_the_data_of_equal_twins_only_flips_the_sign_of_their_difference(seeds):
    first, second = sample(1), sample(2)

    difference = accuracies_on(first, seeds, seed=1) - accuracies_on(second, seeds, seed=2)
    swapped = accuracies_on(second, seeds, seed=2) - accuracies_on(first, seeds, seed=1)

    assert np.array_equal(difference, -swapped)
    assert difference.any(axis=(1, 2, 3)).all()


def test_all_features_have_the_same_mean():
    assert MEANS.shape == (twins.FEATURES,)
    assert len(set(MEANS)) == 1


def test_the_order_of_the_features_does_not_matter():
    data_sets = sample(3)
    order = np.random.default_rng(0).permutation(twins.FEATURES) + 1

    assert np.array_equal(accuracies_on(data_sets), accuracies_on(data_sets[..., [0, *order]]))


def test_gram_matrices_give_the_accuracies_of_least_squares_on_the_rows():
    [data_set] = sample(4, count=1)
    labels, rows = data_set[:, 0], data_set[:, :1] * data_set
    expected = np.empty(TEST_FOLDS.shape[:2])
    for cell in np.ndindex(expected.shape):
        test = TEST_FOLDS[cell]
        train = np.setdiff1d(np.arange(60), test)
        weights = np.linalg.lstsq(rows[train], labels[train])[0]
        expected[cell] = (np.sign(rows[test] @ weights) == labels[test]).mean()

    assert np.array_equal(accuracies_on(data_set[None])[0, :, :, 0], expected)
    assert 0.5 < expected.mean() < 1


def test_each_seed_fits_its_own_half_of_the_features():
    data_sets = sample(5)
    columns = twins.choose_columns(data_sets, 5, 3, np.random.default_rng(0))
    gram, moment = data_sets.swapaxes(1, 2) @ data_sets, data_sets.sum(axis=1)

    weights = twins.fit(gram[:, None, None], moment[:, None, None], columns)

    assert ((weights != 0).sum(axis=-1) == 1 + twins.FEATURES // 2).all()
    assert len({tuple(sorted(half)) for half in columns.reshape(-1, columns.shape[-1])}) == columns[..., 0].size
    half = columns[2, 4, 1]
    np.testing.assert_allclose(weights[2, 4, 1, half], np.linalg.lstsq(data_sets[2][:, half], np.ones(60))[0])


def test_test_folds_partition_the_rows_and_keep_the_classes_balanced():
    assert (np.sort(TEST_FOLDS.reshape(2, -1), axis=1) == np.arange(60)).all()
    assert ((TEST_FOLDS < 30).sum(axis=-1) == 6).all()


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_expected_accuracy_is_the_mean_over_cross_validations(seeds):
    expected, error = twins.expected_accuracy(MEANS, 48, seeds, fits=4000, generator=np.random.default_rng(0))
    accuracies = accuracies_on(sample(6, count=1500), seeds).mean(axis=(1, 2, 3))

    simulation_error = accuracies.std(ddof=1) / np.sqrt(len(accuracies))
    assert error < simulation_error
    assert abs(accuracies.mean() - expected) < 4 * np.hypot(error, simulation_error)
