"""An estimate: an effect and its uncertainty, with the p-values and intervals of Student's t."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace

from scipy.special import chdtri, stdtr

from negres_core.statistics.level import check_level
from negres_core.statistics.skewness import share_of_level, skewness_limit
from negres_core.statistics.standard_error import corrected_standard_error, degrees_of_freedom
from negres_core.statistics.student_t import StudentT


@dataclass(frozen=True, kw_only=True)
class Estimate(StudentT, ABC):
    """An effect that a claim can be judged by. Its p-values and intervals are those of `StudentT`."""

    @property
    @abstractmethod
    def unit(self) -> str:
        """What more of would make the estimate more precise, in the plural."""

    @property
    @abstractmethod
    def units(self) -> float:
        """How many of them the estimate is from."""

    @abstractmethod
    def with_units(self, units: int) -> Estimate:
        """Return the estimate from another number of units, if the mean and the spread stayed as they are."""

    @property
    def share_greater(self) -> float:
        """Share of its level that the test against effect > 0 may use."""
        return 1.0

    @property
    def share_less(self) -> float:
        """Share of its level that the test against effect < 0 may use."""
        return 1.0

    @property
    def probability_better(self) -> float:
        """Posterior probability that effect > 0, by the Bayesian correlated t-test (Corani & Benavoli 2015).

        Under its flat prior the posterior is a Student t around the effect, so this equals 1 - p_greater.
        """
        return float(stdtr(self.dof, self.statistic))


@dataclass(frozen=True, kw_only=True)
class CellEstimate(Estimate):
    """The mean of the cell differences, with its uncertainty.

    Attributes:
        sd: standard deviation of the cell differences, ddof=1.
        cell_count: number of cell differences, N.
        test_train_ratio: n_test / n_train of a cell; 1 / (k - 1) for k folds.
        skewness: skewness of the cell differences.
        most_dof: the degrees of freedom that more cells cannot exceed; None if there is no limit.
        fold_unit: "groups" or "rows" if each fold is one of these, so that there is only one way to split; more of
            them, and not repeats, then make the estimate more precise. None if repeats do.
    """

    dof: int
    sd: float
    cell_count: int
    test_train_ratio: float
    skewness: float = 0.0
    most_dof: int | None = None
    fold_unit: str | None = None

    @property
    def share_greater(self) -> float:
        """Share of its level that the test against effect > 0 may use: small with few cells or a long lower tail."""
        return share_of_level(self.cell_count, skewed=-self.skewness > skewness_limit(self.cell_count))

    @property
    def share_less(self) -> float:
        """Share of its level that the test against effect < 0 may use: small with few cells or a long upper tail."""
        return share_of_level(self.cell_count, skewed=self.skewness > skewness_limit(self.cell_count))

    @property
    def folds(self) -> int:
        """The k of a k-fold cross-validation with this ratio of test to training rows."""
        return max(2, round(1.0 + 1.0 / self.test_train_ratio))

    @property
    def unit(self) -> str:
        """More repeats of the folds make it more precise, or more of what each fold consists of."""
        return f"repeats of {self.folds} folds" if self.fold_unit is None else f"{self.fold_unit} like these"

    @property
    def units(self) -> float:
        """Repeats so far, or folds if there is only one way to split."""
        return self.cell_count / self.folds if self.fold_unit is None else self.cell_count

    def with_units(self, units: int) -> CellEstimate:
        """Return the estimate from another number of repeats, if the mean and the spread stayed as they are."""
        if self.fold_unit is not None:
            folds = max(units, 2)
            ratio = 1.0 / (folds - 1)
            return replace(
                self,
                cell_count=folds,
                test_train_ratio=ratio,
                standard_error=corrected_standard_error(self.sd, folds, test_train_ratio=ratio),
                dof=folds - 1,
                most_dof=folds - 1,
            )
        cell_count = units * self.folds
        return replace(
            self,
            cell_count=cell_count,
            standard_error=corrected_standard_error(self.sd, cell_count, test_train_ratio=self.test_train_ratio),
            dof=degrees_of_freedom(cell_count, self.most_dof),
        )

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
