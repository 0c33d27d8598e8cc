"""The estimate of a cross-validation: the mean of the cell differences and its uncertainty."""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy.special import chdtri, stdtr

from negres_core.statistics.level import check_level
from negres_core.statistics.skewness import share_of_level, skewness_limit
from negres_core.statistics.student_t import StudentT


@dataclass(frozen=True, kw_only=True)
class Estimate(StudentT):
    """The mean of the cell differences, with its uncertainty, in the metric's unit.

    Its p-values and intervals are those of `StudentT`.

    Attributes:
        dof: degrees of freedom of Student's t.
        sd: standard deviation of the cell differences, ddof=1.
        cell_count: number of cell differences, N.
        test_train_ratio: n_test / n_train of a cell; 1 / (k - 1) for k folds.
        skewness: skewness of the cell differences.
        most_dof: the degrees of freedom that more cells cannot exceed; None if there is no limit.
    """

    dof: int
    sd: float
    cell_count: int
    test_train_ratio: float
    skewness: float = 0.0
    most_dof: int | None = None

    @property
    def share_greater(self) -> float:
        """Share of its level that the test against effect > 0 may use: small with few cells or a long lower tail."""
        return share_of_level(self.cell_count, skewed=-self.skewness > skewness_limit(self.cell_count))

    @property
    def share_less(self) -> float:
        """Share of its level that the test against effect < 0 may use: small with few cells or a long upper tail."""
        return share_of_level(self.cell_count, skewed=self.skewness > skewness_limit(self.cell_count))

    @property
    def probability_better(self) -> float:
        """Posterior probability that effect > 0, by the Bayesian correlated t-test (Corani & Benavoli 2015).

        Under its flat prior the posterior is a Student t around the effect, so this equals 1 - p_greater.
        """
        return float(stdtr(self.dof, self.statistic))

    @property
    def folds(self) -> int:
        """The k of a k-fold cross-validation with this ratio of test to training rows."""
        return max(2, round(1.0 + 1.0 / self.test_train_ratio))

    def sd_interval(self, level: float) -> tuple[float, float]:
        """Compute the two-sided confidence interval of the standard deviation of the cell differences.

        A component that all cells share does not spread them, so the chi-square interval holds for equally correlated
        cells as it does for independent ones. Real cells are not quite equally correlated: in a simulation with two
        nearest-mean classifiers and 5 repeats of 5 folds, the 95% interval covers 93%. The lower end is the safe choice
        to conclude that a margin is too small for a data set, the upper end to state the effect that a design detects.

        Args:
            level: the confidence level, between 0 and 1, for example 0.95.

        Returns:
            The lower and the upper end, in the metric's unit.

        Raises:
            InputError: the level is not between 0 and 1.
        """
        check_level(level)
        tail = (1.0 - level) / 2.0
        low, high = (self.sd * math.sqrt(self.dof / float(chdtri(self.dof, above))) for above in (tail, 1.0 - tail))
        return low, high
