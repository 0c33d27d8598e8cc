"""The corrected resampled t-test: a paired t-test that holds for repeated cross-validation."""

from __future__ import annotations

import math

import numpy as np
from scipy.special import stdtrit

from negres_core.errors import InputError
from negres_core.statistics.estimate import CellEstimate
from negres_core.statistics.skewness import skewness_of
from negres_core.statistics.standard_error import corrected_standard_error, degrees_of_freedom

ROUNDING_RELATIVE = 1e-9
"""Differences that vary by no more than this share of their size are equal up to rounding."""

ROUNDING_ABSOLUTE = 1e-14
"""So are those that vary by no more than this, in the metric's unit.

A difference of two metrics carries the rounding error of the metrics, which are larger than it: about 1e-16 for metrics
of order one.
"""


def corrected_resampled_t(
    differences: np.ndarray, *, test_train_ratio: float, most_dof: int | None = None, least_sd: float = 0.0
) -> CellEstimate:
    """Estimate the mean difference of two arms over the cells of a repeated k-fold cross-validation.

    Null hypothesis: the expected difference is 0 (two-sided), or at most 0 (one-sided, `Estimate.p_greater`).

    Training sets overlap, so cells are correlated, and the ordinary paired t-test rejects a true null hypothesis far
    too often. The correction adds n_test / n_train to 1 / N in the variance of the mean, which assumes that the
    correlation of two cells is n_test / (n_test + n_train), or 1 / k.

    Args:
        differences: (repeats, folds), treatment arm minus control arm, signed so that positive is better, in the
            metric's unit; seeds already averaged within each cell.
        test_train_ratio: n_test / n_train of a cell; 1 / (k - 1) for k folds.
        most_dof: the most degrees of freedom, 1 or more; None for N - 1. Give fewer if the cells are made of fewer
            independent parts, such as groups.
        least_sd: the smallest standard deviation to believe, in the metric's unit; 0 to believe any but 0. Give
            `sd_of_few_rows` for a metric that counts rows.

    Returns:
        The estimate, with N - 1 degrees of freedom or `most_dof`, whichever is less.

    Raises:
        InputError: the differences are not a numeric matrix of at least 2 cells, one is not finite, all are equal up
            to rounding and `least_sd` is 0, or the ratio is not finite and positive.

    References:
        Nadeau & Bengio (2003), Inference for the generalization error, Machine Learning 52.
        Bouckaert & Frank (2004), Evaluating the replicability of significance tests for comparing learning algorithms,
        PAKDD: the extension to repeated k-fold cross-validation.

    Examples:
        >>> import numpy as np
        >>> differences = np.array([[0.01, 0.03, 0.02], [0.04, 0.02, 0.00]])
        >>> estimate = corrected_resampled_t(differences, test_train_ratio=1 / 2)
        >>> f"{estimate.effect:.3f} +- {estimate.standard_error:.4f}, p = {estimate.p_greater:.3f}"
        '0.020 +- 0.0115, p = 0.072'
    """
    _check(differences, test_train_ratio)
    values = np.asarray(differences, dtype=np.float64).ravel()
    all_equal = np.allclose(values, values[0], rtol=ROUNDING_RELATIVE, atol=ROUNDING_ABSOLUTE)
    if all_equal and not least_sd:
        raise InputError(
            "The differences have no variance: all are equal up to rounding.",
            received=f"{values.size} differences of {values[0]:g}",
            remedy="Check whether the two arms or their metrics are identical, or do not depend on the data.",
        )
    sd = max(least_sd, float(values.std(ddof=1)))
    return CellEstimate(
        effect=float(values.mean()),
        standard_error=corrected_standard_error(sd, values.size, test_train_ratio=test_train_ratio),
        dof=degrees_of_freedom(values.size, most_dof),
        sd=sd,
        cell_count=values.size,
        test_train_ratio=float(test_train_ratio),
        skewness=0.0 if all_equal else skewness_of(values),
        most_dof=most_dof,
    )


def sd_of_few_rows(*, rows: int, folds: int) -> float:
    """Return the standard deviation of cell differences between two arms that differ on three rows of the data set.

    If two arms agree on all n rows, their true difference can still be up to 3 / n at 95% confidence: a larger one
    would have shown on some row with a probability of more than 95% (the rule of three). For a metric that is the share
    of test rows that an arm gets right, three rows spread over k folds at random give this standard deviation.

    Args:
        rows: number of rows of the data set, n.
        folds: k.

    References:
        Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all right? JAMA 249.

    Examples:
        >>> round(sd_of_few_rows(rows=1000, folds=5), 5)
        0.00346
    """
    step = folds / rows
    return step * math.sqrt(3 * (1 / folds) * (1 - 1 / folds))


def half_width(
    sd: float, cell_count: int, *, test_train_ratio: float, alpha: float, most_dof: int | None = None
) -> float:
    """Compute half the width of the 1 - 2 alpha interval of the effect, in the unit of `sd`.

    Args:
        sd: standard deviation of the cell differences, ddof=1.
        cell_count: number of cells, N.
        test_train_ratio: n_test / n_train of a cell.
        alpha: the level of the one-sided test, between 0 and 0.5.
        most_dof: the most degrees of freedom; None for N - 1.
    """
    return float(stdtrit(degrees_of_freedom(cell_count, most_dof), 1.0 - alpha)) * corrected_standard_error(
        sd, cell_count, test_train_ratio=test_train_ratio
    )


def _check(differences: np.ndarray, test_train_ratio: float) -> None:
    if differences.ndim != 2 or differences.dtype.kind not in "iuf":
        raise InputError(
            "The differences have to be a numeric matrix, (repeats, folds).",
            received=f"shape {differences.shape}, dtype {differences.dtype}",
            remedy="Average the seeds within each cell, and give one number per cell.",
        )
    if differences.size < 2:
        raise InputError(
            "One cell has no spread, and nothing can be concluded without a spread.",
            received=f"shape {differences.shape}",
            remedy="Run at least 2 cells; the usual design is folds=5, repeats=5.",
        )
    not_finite = np.argwhere(~np.isfinite(differences))
    if len(not_finite):
        repeat, fold = not_finite[0]
        raise InputError(
            "Every difference has to be finite; leaving one out would bias the mean.",
            received=f"{differences[repeat, fold]} in repeat {repeat}, fold {fold} ({len(not_finite)} such cells)",
            remedy="Find out why the metric of an arm is not finite there.",
        )
    if not (math.isfinite(test_train_ratio) and test_train_ratio > 0):
        raise InputError(
            "The ratio n_test / n_train has to be finite and positive.",
            received=f"test_train_ratio={test_train_ratio!r}",
            remedy="Give 1 / (k - 1) for k folds.",
        )
