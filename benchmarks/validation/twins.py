"""Twins: learners that are distinct and yet equal, or apart by a known difference, for calibration.py.

A population of two classes: given its label, a row's features are independent, normal, of variance 1, and their means
have the label's sign. Each twin sees its own half of the features and fits a linear classifier to it by least squares.
Where both halves carry as much information, swapping them swaps the twins and leaves the population as it is: whatever
the number of rows and the design, the expected difference of the twins' accuracies is exactly 0. They are still
distinct: they learn from other features, and err on other rows.

Where a design has several seeds, a twin has randomness of its own: in each cell and for each seed it fits a random half
of its features.

Least squares needs no more of a training fold than its Gram matrix, which is that of all rows less that of the test
fold, so that thousands of cross-validations take seconds. A row is held times its label: it is classified correctly
where its score is positive.
"""

from __future__ import annotations

import functools
import math

import numpy as np

from negres_core.dataset import Dataset
from negres_core.design import Design

FEATURES = 20
"""Features that a twin sees; with an intercept, a fifth to a hundredth of the training rows of 100 to 2,000 rows."""


def means(accuracy: float) -> np.ndarray:
    """Return the features' means, (FEATURES,), with which the best possible classifier has an accuracy."""
    from scipy.special import ndtri

    return np.full(FEATURES, ndtri(accuracy) / math.sqrt(FEATURES))


def draw(centre: np.ndarray, data_sets: int, rows: int, generator: np.random.Generator) -> np.ndarray:
    """Draw data sets as one twin sees them, each row times its label: (data sets, rows, 1 + features).

    The first column, a constant times the label, is the label itself: the first half of the rows is one class.
    """
    drawn = np.empty((data_sets, rows, 1 + len(centre)))
    drawn[..., 0] = np.repeat([1.0, -1.0], rows // 2)
    drawn[..., 1:] = generator.standard_normal((data_sets, rows, len(centre))) + centre
    return drawn


@functools.cache
def held_out(design: Design, rows: int) -> np.ndarray:
    """Return the test rows of each cell, (repeats, folds, rows / folds), cut as an experiment cuts them."""
    labels = np.repeat([1, 0], rows // 2)
    cells = design.split(Dataset(x=np.zeros((rows, 1)), y=labels, name="twins"))
    return np.stack([cell.test for cell in cells]).reshape(design.repeats, design.folds, -1)


def cross_validate(drawn: np.ndarray, folds: np.ndarray, seeds: int, generator: np.random.Generator) -> np.ndarray:
    """Return a twin's accuracy on each test fold: (data sets, repeats, folds, seeds).

    Args:
        drawn: data sets, as `draw` returns them.
        folds: (repeats, folds, rows / folds), as `held_out` returns them.
        seeds: 1 for the twin that fits all its features, more for the one that fits a random half of them each time.
        generator: of the twin's own randomness.
    """
    accuracies = np.empty((len(drawn), *folds.shape[:2], seeds))
    for repeat, tests in enumerate(folds):
        held = drawn[:, tests]
        grams = held.swapaxes(-1, -2) @ held
        moments = held.sum(axis=-2)
        gram = grams.sum(axis=1, keepdims=True) - grams
        moment = moments.sum(axis=1, keepdims=True) - moments
        weights = fit(gram[:, :, None], moment[:, :, None], seen(drawn, len(tests), seeds, generator))
        accuracies[:, repeat] = (held @ weights.swapaxes(-1, -2) > 0).mean(axis=-2)
    return accuracies


def seen(drawn: np.ndarray, folds: int, seeds: int, generator: np.random.Generator) -> np.ndarray:
    """Draw which columns each fit sees, the intercept first: (data sets, folds, seeds, columns)."""
    features = drawn.shape[-1] - 1
    shape = (len(drawn), folds, seeds)
    if seeds == 1:
        return np.broadcast_to(np.arange(1 + features), (*shape, 1 + features))
    half = generator.random((*shape, features)).argsort(axis=-1)[..., : features // 2] + 1
    return np.concatenate([np.zeros((*shape, 1), dtype=half.dtype), half], axis=-1)


def fit(gram: np.ndarray, moment: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Solve the normal equations in some columns; the weights of the others are 0.

    Args:
        gram: (..., 1 + features, 1 + features), of the training rows.
        moment: (..., 1 + features), the training rows' products with their labels.
        columns: (..., columns), which ones are seen.
    """
    inner = np.take_along_axis(gram, columns[..., :, None], axis=-2)
    inner = np.take_along_axis(inner, columns[..., None, :], axis=-1)
    solved = np.linalg.solve(inner, np.take_along_axis(moment, columns, axis=-1)[..., None])[..., 0]
    weights = np.zeros((*columns.shape[:-1], moment.shape[-1]))
    np.put_along_axis(weights, columns, solved, axis=-1)
    return weights


def expected_accuracy(
    centre: np.ndarray, training_rows: int, seeds: int, *, fits: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Estimate a twin's accuracy in expectation over training sets and rows to test on, with its standard error.

    Nothing is cross-validated. Class means and scatter are drawn from their distributions, normal and Wishart's, the
    classifier follows (least squares with as many rows of each class is Fisher's discriminant), and its accuracy on the
    whole population is a normal probability. Features are exchangeable: of a random half, the first half will do.
    """
    from scipy.special import ndtr
    from scipy.stats import wishart

    centre = centre if seeds == 1 else centre[: len(centre) // 2]
    width = len(centre)
    scatter = wishart(training_rows - 2, np.eye(width)).rvs(fits, random_state=generator)
    classes = generator.standard_normal((2, fits, width)) / math.sqrt(training_rows / 2)
    positive, negative = classes[0] + centre, classes[1] - centre
    weights = np.linalg.solve(scatter, (positive - negative)[..., None])[..., 0]
    intercept = -(weights * (positive + negative)).sum(axis=1) / 2
    norms = np.linalg.norm(weights, axis=1)
    reach = weights @ centre
    accuracies = (ndtr((reach + intercept) / norms) + ndtr((reach - intercept) / norms)) / 2
    return float(accuracies.mean()), float(accuracies.std(ddof=1) / math.sqrt(fits))
