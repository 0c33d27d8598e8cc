"""The standard error of the mean of correlated cells, and its degrees of freedom."""

from __future__ import annotations

import math


def corrected_standard_error(sd: float, cell_count: int, *, test_train_ratio: float) -> float:
    """Compute the standard error of the mean of correlated cells, in the unit of `sd`.

    Args:
        sd: standard deviation of the cell differences, ddof=1.
        cell_count: number of cells, N.
        test_train_ratio: n_test / n_train of a cell.
    """
    return sd * math.sqrt(1.0 / cell_count + test_train_ratio)


def degrees_of_freedom(cell_count: int, most: int | None) -> int:
    """Return N - 1 degrees of freedom, or the most that there are."""
    return cell_count - 1 if most is None else min(cell_count - 1, most)
