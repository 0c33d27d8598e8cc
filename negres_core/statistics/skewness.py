"""Skewness: how much of its level a t-test may use, given how many cells it rests on and how skewed they are.

A t-test rejects too often if the differences have a long tail on the side of the null hypothesis: a sample that has not
shown the tail has a mean too far from it and a standard deviation too small. Cross-validation has such differences if
an arm sometimes fails to train. Nothing in a sample shows a tail that it lacks, so few cells get a small share of the
level whatever they look like, and cells that do show a tail get nearly none.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtri

MANY_CELLS = 20
"""From this many cells on, cells that show no skewness get the whole level."""

LEAST_SHARE = 0.1
"""Share of the level for the fewest cells."""

SHARE_OF_SKEWED = 0.01
"""Share of the level where the cells are skewed towards the null hypothesis."""

CHANCE_OF_SKEWNESS = 0.05
"""Probability with which normal cells are taken for skewed, per direction."""


def skewness_of(values: np.ndarray) -> float:
    """Return the adjusted Fisher-Pearson coefficient of skewness, G1; 0 for fewer than 3 values, or equal ones.

    Args:
        values: any shape.

    References:
        Joanes & Gill (1998), Comparing measures of sample skewness and kurtosis, The Statistician 47.

    Examples:
        >>> import numpy as np
        >>> round(skewness_of(np.array([0.0, 0.0, 0.0, 0.0, 1.0])), 4)
        2.2361
    """
    deviations = np.ravel(values) - np.mean(values)
    size, largest = deviations.size, np.abs(deviations).max(initial=0.0)
    if size < 3 or largest == 0:
        return 0.0
    deviations = deviations / largest  # so that no power is too small or too large for a float
    moment = np.mean(deviations**3) / np.mean(deviations**2) ** 1.5
    return float(moment * math.sqrt(size * (size - 1)) / (size - 2))


def skewness_limit(cell_count: int) -> float:
    """Return the skewness, G1, that independent normal cells exceed with a probability of about 5%; infinite below 3.

    A component that all cells share does not change their skewness, so the limit holds for equally correlated cells as
    it does for independent ones.

    Args:
        cell_count: number of cells, N.

    References:
        Joanes & Gill (1998), as above: the standard error of G1.

    Examples:
        >>> round(skewness_limit(25), 3)
        0.763
    """
    n = cell_count
    if n < 3:
        return math.inf
    return -float(ndtri(CHANCE_OF_SKEWNESS)) * math.sqrt(6.0 * n * (n - 1) / ((n - 2) * (n + 1) * (n + 3)))


def share_of_level(cell_count: int, *, skewed: bool) -> float:
    """Return the share of its level that a one-sided t-test may use.

    It grows with the square of the degrees of freedom up to `MANY_CELLS`. The shares are chosen by simulation: see the
    page on calibration for the error rates with exponential and log-normal cells and with rare collapses.

    Args:
        cell_count: number of cells, N.
        skewed: whether the cells are skewed towards the null hypothesis.
    """
    if skewed:
        return SHARE_OF_SKEWED
    return min(1.0, max(LEAST_SHARE, ((cell_count - 1) / (MANY_CELLS - 1)) ** 2))
