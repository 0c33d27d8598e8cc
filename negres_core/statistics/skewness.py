"""Skewness: how much of its level a t-test may use, given how many cells it rests on and how skewed they are.

A t-test rejects too often if the differences have a long tail on the side of the null hypothesis: a sample that has not
shown the tail has a mean too far from it and a standard deviation too small. Cross-validation has such differences if
an arm sometimes fails to train. Nothing in a sample shows a tail that it lacks, so few cells get a small share of the
level whatever they look like, and cells that do show a tail get nearly none.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

MANY_CELLS = 20
"""From this many cells on, cells that show no skewness get the whole level."""

LEAST_SHARE = 0.1
"""Share of the level for the fewest cells."""

SHARE_OF_SKEWED = 0.01
"""Share of the level where the cells are skewed towards the null hypothesis."""

SKEWNESS_FACTOR = 1.75
"""How many times the skewness of many rows is taken.

It is the least with which a t-test of 200 log-normal values keeps its level; see the page on calibration.
"""

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
    # Evidence is rechecked to the last digit, so this is never written in another way.
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


def share_of_level(cell_count: float, *, skewed: bool) -> float:
    """Return the share of its level that a one-sided t-test may use.

    It grows with the square of the degrees of freedom up to `MANY_CELLS`. The shares are chosen by simulation: see the
    page on calibration for the error rates with exponential and log-normal cells and with rare collapses.

    Args:
        cell_count: number of cells, N; or degrees of freedom plus 1, if these are not a whole number.
        skewed: whether the cells are skewed towards the null hypothesis.
    """
    if skewed:
        return SHARE_OF_SKEWED
    return min(1.0, max(LEAST_SHARE, ((cell_count - 1) / (MANY_CELLS - 1)) ** 2))


def share_of_skewed_mean(skewness: float, *, alpha: float = 0.05) -> float:
    """Return the share of its level that a one-sided t-test may use if the mean is skewed towards the null hypothesis.

    The mean of many rows is nearly normal, and what is left of the rows' skewness makes its t statistic exceed the
    quantile z with a probability of alpha + skewness (2 z^2 + 1) phi(z) / 6. The quantile is moved by as much as this
    error takes (Cornish-Fisher), so that the test keeps its level. A sample from a skewed distribution often shows less
    skewness than there is, so it is taken `SKEWNESS_FACTOR` times.

    Args:
        skewness: skewness of the mean, which is that of the rows divided by the root of their number; 0 or less if the
            long tail is on the other side, where the test errs less than its level.
        alpha: the level of the test, between 0 and 0.5.

    References:
        Johnson (1978), Modified t tests and confidence intervals for asymmetrical populations, JASA 73.
        Hall (1992), On the removal of skewness by transformation, JRSS B 54.

    Examples:
        >>> [round(share_of_skewed_mean(each), 2) for each in (-1.0, 0.0, 0.05, 0.2)]
        [1.0, 1.0, 0.82, 0.44]
    """
    if skewness <= 0:
        return 1.0
    z = -float(ndtri(alpha))
    return float(ndtr(-(z + SKEWNESS_FACTOR * skewness * (2 * z * z + 1) / 6))) / alpha


def dof_of_variance(values: np.ndarray) -> float:
    """Return the degrees of freedom of a sample variance: N - 1, or fewer if heavy tails make it vary more.

    The variance of s^2 is about sigma^4 (kurtosis - 1) / N, and that of a chi-square over its degrees of freedom
    2 sigma^4 / dof. Rows of which only 10 differ have about 20 degrees of freedom, however many they are.

    Args:
        values: (N,), 2 or more.

    Examples:
        >>> import numpy as np
        >>> round(dof_of_variance(np.repeat([0.0, 1.0], [990, 10])), 1)
        20.6
    """
    most = values.size - 1.0
    deviations = values - values.mean()
    largest = float(np.abs(deviations).max())
    if largest == 0:
        return most
    squares = np.square(deviations / largest)
    kurtosis = float(np.mean(squares**2) / np.mean(squares) ** 2)
    return max(1.0, min(most, 2.0 * values.size / (kurtosis - 1.0))) if kurtosis > 1 else most
