"""An effect whose uncertainty follows Student's t: p-values and intervals, whichever design it comes from."""

from __future__ import annotations

import math
from dataclasses import dataclass

# scipy.stats calls these functions; importing them directly avoids importing scipy.stats.
from scipy.special import stdtr, stdtrit

from negres_core.errors import InputError
from negres_core.statistics.level import check_level


@dataclass(frozen=True, kw_only=True)
class StudentT:
    """An effect and its standard error, in the metric's unit.

    Attributes:
        effect: the mean difference; positive means that the treatment is better.
        standard_error: standard error of the effect.
        dof: degrees of freedom of Student's t; need not be a whole number.

    Raises:
        InputError: the effect is not finite, or its standard error is not finite and positive.
    """

    effect: float
    standard_error: float
    dof: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.effect) and math.isfinite(self.standard_error) and self.standard_error > 0):
            raise InputError(
                "An estimate needs a finite effect and a finite, positive standard error.",
                received=f"effect={self.effect!r}, standard_error={self.standard_error!r}",
                remedy="Check the differences of the cells: one is not finite or huge, or all are equal.",
            )

    @property
    def statistic(self) -> float:
        """The t statistic, effect / standard error."""
        return self.effect / self.standard_error

    @property
    def p_greater(self) -> float:
        """One-sided p-value of H0: effect <= 0, against effect > 0."""
        return float(stdtr(self.dof, -self.statistic))

    @property
    def p_less(self) -> float:
        """One-sided p-value of H0: effect >= 0, against effect < 0."""
        return float(stdtr(self.dof, self.statistic))

    @property
    def p_two_sided(self) -> float:
        """Two-sided p-value of H0: effect = 0."""
        return 2.0 * float(stdtr(self.dof, -abs(self.statistic)))

    def interval(self, level: float) -> tuple[float, float]:
        """Compute the two-sided Student t confidence interval of the effect.

        Args:
            level: the confidence level, between 0 and 1, for example 0.95.

        Returns:
            The lower and the upper end, in the metric's unit.

        Raises:
            InputError: the level is not between 0 and 1.
        """
        check_level(level)
        half_width = float(stdtrit(self.dof, (1.0 + level) / 2.0)) * self.standard_error
        return self.effect - half_width, self.effect + half_width


@dataclass(frozen=True, kw_only=True)
class GuardedT(StudentT):
    """An effect whose tests use only a share of their level, where a t-test at the whole level would err too often.

    Attributes:
        share_greater: share of its level that the one-sided test against effect > 0 may use, from 0 to 1: it rejects if
            `p_greater < alpha * share_greater`.
        share_less: the same for the test against effect < 0.
    """

    share_greater: float
    share_less: float

    def interval(self, level: float) -> tuple[float, float]:
        """Compute the two-sided confidence interval of the effect: the effects that neither one-sided test rejects.

        Each end uses the share of its test, so the interval is wider where a share is less than 1, and need not be
        symmetric.

        Args:
            level: the confidence level, between 0 and 1, for example 0.95.

        Returns:
            The lower and the upper end, in the metric's unit.

        Raises:
            InputError: the level is not between 0 and 1.
        """
        check_level(level)
        tail = (1.0 - level) / 2.0
        below, above = (float(stdtrit(self.dof, tail * share)) for share in (self.share_greater, self.share_less))
        return self.effect + below * self.standard_error, self.effect - above * self.standard_error
