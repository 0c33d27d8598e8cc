"""Estimates that are judged by the scores of single test rows: over seeds and rows, over rows alone, or in time."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from negres_core.statistics.crossed_effects import SKEWNESS_OF_SEEDS, CrossedEffects, VarianceComponents
from negres_core.statistics.diebold_mariano import DieboldMariano
from negres_core.statistics.estimate import Estimate
from negres_core.statistics.skewness import share_of_level, share_of_skewed_mean
from negres_core.statistics.student_t import GuardedT

Scope = Literal["any seeds, on rows like these", "these trainings, on rows like these", "this stretch of time"]
"""What an effect is about: what would be drawn again if the experiment were repeated."""

SKEWED = 0.9
"""A share of less than so much of the usual one is that of a skewed sample."""


@dataclass(frozen=True, kw_only=True)
class RowEstimate(Estimate):
    """An effect over test rows, with its uncertainty, in the metric's unit.

    Attributes:
        scope: what the effect is about.
        shares: shares of their levels that the tests against effect > 0 and against effect < 0 may use.
        seeds: number of seeds.
        rows: number of test rows, or of groups or blocks of them.
        components: variance components of seeds and rows; None if they were not told apart.
    """

    scope: Scope
    shares: tuple[float, float]
    seeds: int
    rows: int
    components: VarianceComponents | None = None

    @property
    def share_greater(self) -> float:
        """Share of its level that the test against effect > 0 may use."""
        return self.shares[0]

    @property
    def share_less(self) -> float:
        """Share of its level that the test against effect < 0 may use."""
        return self.shares[1]

    @property
    def unit(self) -> str:
        """More seeds make it more precise if seeds are drawn again, and more test rows otherwise."""
        return "seeds" if self.components is not None else "test rows"

    @property
    def units(self) -> float:
        """Number of seeds or of test rows."""
        return self.seeds if self.components is not None else self.rows

    def with_units(self, units: int) -> RowEstimate:
        """Return the estimate from another number of seeds or test rows, if mean and spread stayed as they are."""
        if self.components is None:
            ratio = units / self.rows
            return replace(
                self, rows=units, standard_error=self.standard_error / math.sqrt(ratio), dof=max(1.0, self.dof * ratio)
            )
        parts, rows = self.components, self.rows
        of_seeds = rows * parts.seeds + parts.interaction
        of_rows = units * parts.rows + parts.interaction
        total = max(of_seeds + of_rows - parts.interaction, of_seeds, of_rows)
        spread = (
            of_seeds**2 / max(units - 1, 1)
            + of_rows**2 / (rows - 1)
            + parts.interaction**2 / (max(units - 1, 1) * (rows - 1))
        )
        dof = max(units - 1.0, total**2 / spread, 1.0)
        return replace(
            self,
            seeds=units,
            standard_error=math.sqrt(total / (units * rows)),
            dof=dof,
            shares=self._shares_of(units, _share_of_seeds(parts, units, rows=rows, dof=dof)),
        )

    def _shares_of(self, units: int, usual: float) -> tuple[float, float]:
        """Return the shares with another number of seeds; a sample without skewness has `usual`.

        A share below the usual one of the seeds that there are is that of a skewed sample. It stays as it is, since
        more seeds do not make test rows less skewed.
        """
        if units == self.seeds or self.components is None:
            return self.shares
        now = _share_of_seeds(self.components, self.seeds, rows=self.rows, dof=self.dof)
        nearest = max if units > self.seeds else min
        greater, less = (
            share if units > self.seeds and share < SKEWED * now else nearest(share, usual) for share in self.shares
        )
        return greater, less


def _share_of_seeds(parts: VarianceComponents, seeds: int, *, rows: int, dof: float) -> float:
    """Return the share of the level that seeds and rows without skewness get, as `crossed_effects` gives it."""
    of_seeds = rows * parts.seeds + parts.interaction
    total = of_seeds + seeds * parts.rows
    skewness = SKEWNESS_OF_SEEDS / math.sqrt(seeds) * (of_seeds / total) ** 1.5 if total else 0.0
    return min(share_of_level(dof + 1.0, skewed=False), share_of_skewed_mean(skewness))


def estimate_over_rows(result: CrossedEffects) -> RowEstimate:
    """Return the effect over seeds and rows, or over rows alone if there are too few seeds to tell their spread."""
    if result.over_both is None:
        return _judged(
            result.over_rows, scope="these trainings, on rows like these", seeds=result.seeds, rows=result.rows
        )
    judged = _judged(result.over_both, scope="any seeds, on rows like these", seeds=result.seeds, rows=result.rows)
    return replace(judged, components=result.components)


def estimate_in_time(result: DieboldMariano, *, seeds: int) -> RowEstimate:
    """Return the effect over the rows of a time series, with a variance that allows for dependence."""
    return _judged(result.judged, scope="this stretch of time", seeds=seeds, rows=result.rows)


def _judged(effect: GuardedT, *, scope: Scope, seeds: int, rows: int) -> RowEstimate:
    return RowEstimate(
        effect=effect.effect,
        standard_error=effect.standard_error,
        dof=effect.dof,
        scope=scope,
        shares=(effect.share_greater, effect.share_less),
        seeds=seeds,
        rows=rows,
    )
