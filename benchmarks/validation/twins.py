"""Twins: two distinct learners whose expected accuracies are equal, or differ by a known amount; for calibration.py.

A population has two classes. Given its label, a row's features are independent and normal with variance 1, and their
means have the sign of the label. Each twin sees its own half of the features and fits a linear classifier to it by
least squares. If both halves carry the same information, swapping them swaps the twins and leaves the population
unchanged, so the expected difference of the twins' accuracies is exactly 0, for any number of rows and any design. The
twins are still distinct: they learn from different features and misclassify different rows.

If a design has several seeds, a twin is random itself: in each cell it fits a random half of its features per seed.

Least squares needs only the Gram matrix of a training fold, which is the Gram matrix of all rows minus that of the test
fold, so thousands of cross-validations take seconds. Rows are stored multiplied by their label: a row is classified
correctly if its score is positive.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design import Design

FEATURES = 20
"""Features per twin: with the intercept 21 weights, fitted to between 80 training rows of 100 and 1,800 of 2,000."""


def feature_means(accuracy: float) -> np.ndarray:
    """Return the means of the features, (FEATURES,), for which the best possible classifier has this accuracy."""
    from scipy.special import ndtri

    return np.full(FEATURES, ndtri(accuracy) / math.sqrt(FEATURES))


def sample_data_sets(means: np.ndarray, count: int, rows: int, generator: np.random.Generator) -> np.ndarray:
    """Sample data sets as one twin sees them, each row times its label: (data sets, rows, 1 + features).

    The first column is the intercept's: a constant times the label, so the label itself. The first half of the rows is
    one class, the second half the other.
    """
    data_sets = np.empty((count, rows, 1 + len(means)))
    data_sets[..., 0] = np.repeat([1.0, -1.0], rows // 2)
    data_sets[..., 1:] = generator.standard_normal((count, rows, len(means))) + means
    return data_sets


@functools.cache
def split_rows(design: Design, rows: int) -> np.ndarray:
    """Return the test rows of each cell, (repeats, folds, rows / folds), split as in an experiment."""
    labels = np.repeat([1, 0], rows // 2)
    cells = design.split(Dataset(x=np.zeros((rows, 1)), y=labels, name="twins"))
    return np.stack([cell.test for cell in cells]).reshape(design.repeats, design.folds, -1)


def cross_validate(
    data_sets: np.ndarray, test_folds: np.ndarray, seeds: int, generator: np.random.Generator
) -> np.ndarray:
    """Return a twin's accuracy on each test fold: (data sets, repeats, folds, seeds).

    Args:
        data_sets: as `sample_data_sets` returns them.
        test_folds: as `split_rows` returns them.
        seeds: 1 for a twin that fits all its features; more for one that fits a random half of them per seed.
        generator: source of the twin's own randomness.
    """
    accuracies = np.empty((len(data_sets), *test_folds.shape[:2], seeds))
    for repeat, folds in enumerate(test_folds):
        test = data_sets[:, folds]
        test_grams = test.swapaxes(-1, -2) @ test
        test_moments = test.sum(axis=-2)
        gram = test_grams.sum(axis=1, keepdims=True) - test_grams
        moment = test_moments.sum(axis=1, keepdims=True) - test_moments
        columns = choose_columns(data_sets, len(folds), seeds, generator)
        weights = fit(gram[:, :, None], moment[:, :, None], columns)
        accuracies[:, repeat] = (test @ weights.swapaxes(-1, -2) > 0).mean(axis=-2)
    return accuracies


def choose_columns(data_sets: np.ndarray, folds: int, seeds: int, generator: np.random.Generator) -> np.ndarray:
    """Choose the columns that each fit uses, the intercept first: (data sets, folds, seeds, columns)."""
    features = data_sets.shape[-1] - 1
    shape = (len(data_sets), folds, seeds)
    if seeds == 1:
        return np.broadcast_to(np.arange(1 + features), (*shape, 1 + features))
    half = generator.random((*shape, features)).argsort(axis=-1)[..., : features // 2] + 1
    return np.concatenate([np.zeros((*shape, 1), dtype=half.dtype), half], axis=-1)


def fit(gram: np.ndarray, moment: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Solve the normal equations in some columns; the weights of the others are 0.

    Args:
        gram: Gram matrix of the training rows, (..., 1 + features, 1 + features).
        moment: products of the training rows with their labels, (..., 1 + features).
        columns: indices of the columns to fit, (..., columns).
    """
    inner = np.take_along_axis(gram, columns[..., :, None], axis=-2)
    inner = np.take_along_axis(inner, columns[..., None, :], axis=-1)
    solution = np.linalg.solve(inner, np.take_along_axis(moment, columns, axis=-1)[..., None])[..., 0]
    weights = np.zeros((*columns.shape[:-1], moment.shape[-1]))
    np.put_along_axis(weights, columns, solution, axis=-1)
    return weights


def expected_accuracy(
    means: np.ndarray, training_rows: int, seeds: int, *, fits: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Estimate a twin's expected accuracy over training sets and test rows, with its standard error.

    No cross-validation is involved. Class means and scatter are sampled from their normal and Wishart distributions;
    they determine the classifier (least squares on equally many rows of each class is Fisher's discriminant), and its
    accuracy on the whole population is a normal probability. Features are exchangeable, so the first half of them
    stands for a random half.
    """
    from scipy.special import ndtr
    from scipy.stats import wishart

    means = means if seeds == 1 else means[: len(means) // 2]
    width = len(means)
    scatter = wishart(training_rows - 2, np.eye(width)).rvs(fits, random_state=generator)
    classes = generator.standard_normal((2, fits, width)) / math.sqrt(training_rows / 2)
    positive, negative = classes[0] + means, classes[1] - means
    weights = np.linalg.solve(scatter, (positive - negative)[..., None])[..., 0]
    intercept = -(weights * (positive + negative)).sum(axis=1) / 2
    norms = np.linalg.norm(weights, axis=1)
    reach = weights @ means
    accuracies = (ndtr((reach + intercept) / norms) + ndtr((reach - intercept) / norms)) / 2
    return float(accuracies.mean()), float(accuracies.std(ddof=1) / math.sqrt(fits))
