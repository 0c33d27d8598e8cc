"""Error rates on simulated cells: normal, skewed or heavy-tailed differences, and trainings that collapse now and then.

The differences of a run are drawn, not trained, so that the truth is exact and 20,000 runs take a second. The looks are
judged by `judge_looks`, which does for all runs at once what `decide` does for one; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import stdtr

from negres_core.design import Design, KFolds
from negres_core.experiment.decision import ALPHA
from negres_core.seeds import derive_seed
from negres_core.statistics import ONLY_LOOK, Look
from negres_core.statistics.skewness import share_of_level, skewness_limit
from negres_core.statistics.standard_error import degrees_of_freedom

SIMULATIONS = 20_000
BLOCK_RUNS = 2_000
"""Runs that are simulated at once, to limit the memory."""

GRID = tuple((folds, repeats) for folds in range(2, 21) for repeats in (1, 2, 3, 5, 10, 20))
"""Folds and repeats of the designs with normal cells, where the level is to hold everywhere."""
DESIGNS = ((5, 5), (10, 10), (3, 5), (5, 1))
"""Folds and repeats of the designs with other cells."""
COLLAPSES = (0.02, 0.05, 0.1, 0.2)
"""Share of trainings of the treatment arm that collapse."""
DROP_SD = 0.5 / 0.015
"""How far a training that collapses falls, in standard deviations of the others."""


class Rates(NamedTuple):
    """How many runs end in each error.

    Attributes:
        greater: runs in which the effect is called greater than it is.
        less: runs in which it is called less than it is.
        missed: runs in which the 95% interval of some look, also of one after the decision, lacks the true effect.
        runs: number of runs.
    """

    greater: int
    less: int
    missed: int
    runs: int


Sampler = Callable[[np.random.Generator, int, int, int], np.ndarray]
"""Draws differences with mean 0: (runs, repeats, folds)."""


def correlated(draw: Callable[[np.random.Generator, Any], np.ndarray], *, times: float = 1.0) -> Sampler:
    """Return a sampler of cells with mean 0, variance 1, and a shared part that gives them equal correlation.

    Args:
        draw: draws the part of each cell, with mean 0 and variance 1; the shared part is normal.
        times: the correlation as a multiple of 1 / k, which the corrected t-test assumes.
    """

    def sample(generator: np.random.Generator, runs: int, repeats: int, folds: int) -> np.ndarray:
        rho = times / folds
        shared = generator.standard_normal((runs, 1, 1))
        return math.sqrt(rho) * shared + math.sqrt(1 - rho) * draw(generator, (runs, repeats, folds))

    return sample


def lower_tail(generator: np.random.Generator, shape: Any) -> np.ndarray:
    """Draw exponential values with a long lower tail: the treatment arm is now and then far worse."""
    return 1.0 - generator.standard_exponential(shape)


def lower_lognormal(generator: np.random.Generator, shape: Any) -> np.ndarray:
    """Draw log-normal values, sigma 1, with a long lower tail."""
    mean, variance = math.exp(0.5), (math.e - 1) * math.e
    return (mean - generator.lognormal(size=shape)) / math.sqrt(variance)


def heavy(generator: np.random.Generator, shape: Any) -> np.ndarray:
    """Draw values of Student's t with 3 degrees of freedom."""
    return generator.standard_t(3, shape) / math.sqrt(3)


def collapsing(share: float) -> Sampler:
    """Return a sampler of normal cells, some of which fall far below; the mean over all is 0, so a true null."""

    def sample(generator: np.random.Generator, runs: int, repeats: int, folds: int) -> np.ndarray:
        cells = correlated(np.random.Generator.standard_normal)(generator, runs, repeats, folds)
        return cells + share * DROP_SD - DROP_SD * (generator.random(cells.shape) < share)

    return sample


def judge_looks(cells: np.ndarray, design: Design, *, most_dof: int | None = None, least_sd: float = 0.0) -> Rates:
    """Judge in every run whether the effect exceeds its true value of 0, as `decide` does for `beats`.

    At the true effect, every false verdict on `beats`, `matches` and `reaches` is one of these two errors or rarer.

    Args:
        cells: (runs, repeats, folds), the differences minus the true effect.
        design: the design; with looks, a run ends at the first that decides.
        most_dof: the most degrees of freedom; None for one fewer than the cells.
        least_sd: the smallest standard deviation to believe.
    """
    runs, repeats, folds = cells.shape
    undecided, missed = np.ones(runs, dtype=bool), np.zeros(runs, dtype=bool)
    greater = less = 0
    for repeat in range(1 if design.looks else repeats, repeats + 1):
        look = Look(folds, repeat, repeats) if design.looks else ONLY_LOOK
        values, ratio = cells[:, :repeat].reshape(runs, -1), design.test_train_ratio
        above, below = one_sided_tests(values, ratio, most_dof=most_dof, least_sd=least_sd)
        missed |= above.reject(look, ALPHA / 2) | below.reject(look, ALPHA / 2)
        is_less = undecided & below.reject(look, ALPHA)
        is_greater = undecided & above.reject(look, ALPHA)
        greater, less = greater + int(is_greater.sum()), less + int(is_less.sum())
        undecided &= ~(is_greater | is_less)
    return Rates(greater, less, int(missed.sum()), runs)


class Tests(NamedTuple):
    """One-sided tests of many runs: their p-values and shares of the level, each (runs,)."""

    p_values: np.ndarray
    shares: np.ndarray

    def reject(self, look: Look, alpha: float) -> np.ndarray:
        """Return which runs are rejected at a look, if all looks together have the level alpha."""
        return self.p_values < np.minimum(look.level(alpha), alpha * self.shares)


def one_sided_tests(
    values: np.ndarray, test_train_ratio: float, *, most_dof: int | None, least_sd: float
) -> tuple[Tests, Tests]:
    """Return the tests against an effect above 0 and below 0; values are (runs, cells)."""
    count = values.shape[1]
    sd = np.maximum(values.std(axis=1, ddof=1), least_sd)
    effect, error = values.mean(axis=1), sd * math.sqrt(1 / count + test_train_ratio)
    # Cells that are all equal decide nothing, unless a least standard deviation is believed.
    statistic = np.divide(effect, error, out=np.zeros_like(effect), where=error > 0)
    skewness, limit = skewness_by_row(values), skewness_limit(count)
    skewed, usual = share_of_level(count, skewed=True), share_of_level(count, skewed=False)
    dof = degrees_of_freedom(count, most_dof)
    return (
        Tests(stdtr(dof, -statistic), np.where(-skewness > limit, skewed, usual)),
        Tests(stdtr(dof, statistic), np.where(skewness > limit, skewed, usual)),
    )


def skewness_by_row(values: np.ndarray) -> np.ndarray:
    """Return `skewness_of` each row of a matrix of at least 3 columns; 0 for fewer."""
    size = values.shape[1]
    if size < 3:
        return np.zeros(len(values))
    deviations = values - values.mean(axis=1, keepdims=True)
    squares = deviations**2
    variance = squares.mean(axis=1)
    # As in `corrected_resampled_t`, cells that are equal up to rounding have no skewness.
    varies = variance > 1e-28
    moment = np.where(varies, (deviations * squares).mean(axis=1) / np.where(varies, variance, 1.0) ** 1.5, 0.0)
    return moment * math.sqrt(size * (size - 1)) / (size - 2)


class Point(NamedTuple):
    """One row of the tables: a kind of cells under a design."""

    kind: str
    folds: int
    repeats: int


SAMPLERS: Mapping[str, Sampler] = {
    "normal": correlated(np.random.Generator.standard_normal),
    "normal, correlation 0": correlated(np.random.Generator.standard_normal, times=0.0),
    "normal, correlation 1.5/k": correlated(np.random.Generator.standard_normal, times=1.5),
    "Student's t, 3 degrees of freedom": correlated(heavy),
    "exponential": correlated(lower_tail),
    "log-normal": correlated(lower_lognormal),
} | {f"collapse in {share:.0%}": collapsing(share) for share in COLLAPSES}
"""How the cells of each kind are drawn, all with a true effect of 0."""


def points() -> list[Point]:
    """Return all points: normal cells under every design of the grid, the others under a few."""
    grid = [Point("normal", *design) for design in GRID if math.prod(design) > 2]
    return grid + [Point(kind, *design) for kind in SAMPLERS if kind != "normal" for design in DESIGNS]


def simulate(simulations: int = SIMULATIONS) -> Iterator[dict[str, Any]]:
    """Yield each point with its rates, with looks and with one look, as counts of runs."""
    for point in points():
        rates = {rule: Rates(0, 0, 0, 0) for rule in ("looks", "one look")}
        for start in range(0, simulations, BLOCK_RUNS):
            runs = min(BLOCK_RUNS, simulations - start)
            generator = np.random.default_rng(derive_seed("cells", **point._asdict(), start=start))
            cells = SAMPLERS[point.kind](generator, runs, point.repeats, point.folds)
            for rule, counted in rates.items():
                design = KFolds(folds=point.folds, repeats=point.repeats, looks=rule == "looks")
                rates[rule] = Rates(*map(sum, zip(counted, judge_looks(cells, design), strict=True)))
        yield point._asdict() | {rule: counted._asdict() for rule, counted in rates.items()}
