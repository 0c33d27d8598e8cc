"""Error rates of the test of Diebold and Mariano: loss differences in time, with a known mean.

The differences are drawn: independent, overlapping like the errors of forecasts several steps ahead, autocorrelated,
with heavy tails or skewed, and with seasons. Beside the test that judges, the one as published is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from benchmarks.validation.cells import Rates, heavy, lower_lognormal, lower_tail
from negres_core.experiment.decision import ALPHA
from negres_core.seeds import derive_seed
from negres_core.statistics.diebold_mariano import LEAST_ROWS, LEAST_SPANS, diebold_mariano
from negres_core.statistics.student_t import GuardedT, StudentT

ROWS = (100, 200, 1_000)
BURN_IN = 200
"""Values that are drawn before the first, so that a series has forgotten its beginning."""

Draw = Callable[[np.random.Generator, Any], np.ndarray]


class Series(NamedTuple):
    """A kind of loss differences with mean 0.

    Attributes:
        gap: rows between the last that a forecast knows and the one it forecasts; sums of gap + 1 values overlap.
        coefficient: of the autoregression.
        period: lag of the autoregression.
        draw: draws independent values with mean 0.
    """

    gap: int = 0
    coefficient: float = 0.0
    period: int = 1
    draw: Draw = np.random.Generator.standard_normal

    def sample(self, generator: np.random.Generator, rows: int) -> np.ndarray:
        """Draw a series, (rows,)."""
        from scipy.signal import lfilter

        values = self.draw(generator, BURN_IN + self.gap + rows)
        summed = np.convolve(values, np.ones(self.gap + 1), mode="valid")
        feedback = np.zeros(self.period + 1)
        feedback[0], feedback[-1] = 1.0, -self.coefficient
        series: np.ndarray = lfilter([1.0], feedback, summed)[-rows:]
        return series


SERIES: Mapping[str, Series] = {
    "white noise": Series(),
    "overlap of 6 rows": Series(gap=5),
    "overlap of 25 rows": Series(gap=24),
    "autoregression, 0.5": Series(coefficient=0.5),
    "autoregression, 0.8": Series(coefficient=0.8),
    "autoregression, -0.5": Series(coefficient=-0.5),
    "overlap of 6 rows and autoregression, 0.5": Series(gap=5, coefficient=0.5),
    "seasons of 7 rows, 0.5": Series(coefficient=0.5, period=7),
    "Student's t, 3 degrees of freedom": Series(draw=heavy),
    "exponential": Series(draw=lower_tail),
    "log-normal": Series(draw=lower_lognormal),
    "exponential, autoregression, 0.5": Series(coefficient=0.5, draw=lower_tail),
    "exponential, overlap of 6 rows": Series(gap=5, draw=lower_tail),
}


def as_published(test: StudentT) -> GuardedT:
    """Return the published test, which uses its whole level."""
    return GuardedT(
        effect=test.effect, standard_error=test.standard_error, dof=test.dof, share_greater=1.0, share_less=1.0
    )


def errors(effect: GuardedT, truth: float) -> Rates:
    """Return the errors of one effect about its truth, as counts of one run."""
    about_truth = replace(effect, effect=effect.effect - truth)
    above, below = about_truth.p_greater / effect.share_greater, about_truth.p_less / effect.share_less
    return Rates(int(above < ALPHA), int(below < ALPHA), int(min(above, below) < ALPHA / 2), 1)


def simulate(simulations: int) -> Iterator[dict[str, Any]]:
    """Yield each kind and number of rows that is accepted, with the rates of both tests as counts of runs.

    Power is how often an effect of three true standard errors is called greater than 0.
    """
    for kind, series in SERIES.items():
        for rows in ROWS:
            if rows < max(LEAST_ROWS, LEAST_SPANS * (series.gap + 1)):
                continue
            generator = np.random.default_rng(derive_seed("time series", kind=kind, rows=rows))
            drawn = [series.sample(generator, rows) for _ in range(simulations)]
            shift = 3 * float(np.std([each.mean() for each in drawn]))
            counted, power = dict.fromkeys(("judged", "published"), Rates(0, 0, 0, 0)), 0
            for differences in drawn:
                result = diebold_mariano(differences, gap=series.gap)
                for test, effect in (("judged", result.judged), ("published", as_published(result.published))):
                    counted[test] = Rates(*map(sum, zip(counted[test], errors(effect, 0.0), strict=True)))
                power += errors(result.judged, -shift).greater
            yield {"kind": kind, "rows": rows, "power": power} | {
                test: rates._asdict() for test, rates in counted.items()
            }
