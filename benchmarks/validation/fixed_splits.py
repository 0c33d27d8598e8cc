"""Error rates of crossed effects: several seeds, scored on the same test rows, with a known difference.

The differences are drawn, not trained, so that the truth is exact in each scope. Row scores are normal, or right and
wrong answers of two arms; rows and seeds have effects of their own, in several proportions, or skewed ones. All runs
are judged at once as `crossed_effects` judges each; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from scipy.special import expit, stdtr

from benchmarks.validation.cells import Rates, heavy, lower_lognormal, lower_tail, skewness_by_row
from negres_core.experiment.decision import ALPHA
from negres_core.seeds import derive_seed
from negres_core.statistics.crossed_effects import (
    LEAST_DOF_OF_ROWS,
    LEAST_SEEDS,
    SKEWNESS_OF_SEEDS,
    standard_error_of_few_rows,
)
from negres_core.statistics.skewness import share_of_level, share_of_skewed_mean, skewness_limit

SEEDS = (3, 4, 5, 10, 30)
ROWS = (200, 1_000, 10_000)
MANY_VALUES = 1_000
"""Tables for which this many values or more are drawn are drawn only a fifth as often, since they take the longest."""
SHARE_OF_MANY = 5
BLOCK_VALUES = 2_000_000
"""Values that are drawn at once, to limit the memory."""
SCOPES = ("over_seeds", "over_rows", "over_both")
NODES, WEIGHTS = np.polynomial.hermite_e.hermegauss(32)
"""Gauss-Hermite quadrature of a normal effect, to know the truth of right and wrong answers."""


class Tables(NamedTuple):
    """What the judgement of many drawn tables rests on, and their true means.

    Attributes:
        seed_means: mean difference of each seed, (runs, seeds).
        row_means: mean difference of each row, (runs, rows).
        rest: sum of squares that is left when seeds and rows are taken out, (runs,).
        truths: the true mean in each scope, (runs,): given these rows, given these seeds, and given neither.
        least_standard_error: as in `crossed_effects`.
    """

    seed_means: np.ndarray
    row_means: np.ndarray
    rest: np.ndarray
    truths: Mapping[str, np.ndarray]
    least_standard_error: float = 0.0


def summarize(differences: np.ndarray, truths: Mapping[str, np.ndarray], least_standard_error: float = 0.0) -> Tables:
    """Return what the judgement of tables, (runs, seeds, rows), rests on."""
    _, seeds, rows = differences.shape
    seed_means, row_means = (differences.mean(axis=axis, dtype=np.float64) for axis in (2, 1))
    squares = np.einsum("ijk,ijk->i", differences, differences) + seeds * rows * seed_means.mean(axis=1) ** 2
    rest = squares - rows * (seed_means**2).sum(axis=1) - seeds * (row_means**2).sum(axis=1)
    return Tables(seed_means, row_means, np.maximum(0.0, rest), truths, least_standard_error)


Draw = Callable[[np.random.Generator, Any], np.ndarray]
Sampler = Callable[[np.random.Generator, int, int, int], Tables]
"""Draws tables from the numbers of runs, seeds and rows."""


def additive(
    seeds: float,
    rows: float,
    *,
    of_seeds: Draw = np.random.Generator.standard_normal,
    of_rows: Draw = np.random.Generator.standard_normal,
) -> Sampler:
    """Return a sampler of sums of an effect of the seed, one of the row, and normal noise.

    The noise is drawn as its means of seeds and rows and the sum of squares that is left, which are independent.

    Args:
        seeds: share of the variance of the mean that is due to seeds.
        rows: share that is due to rows; what is left is due to each value alone.
        of_seeds: draws the effects of seeds, with mean 0 and variance 1.
        of_rows: draws the effects of rows, with mean 0 and variance 1.
    """

    def sample(generator: np.random.Generator, runs: int, seed_count: int, row_count: int) -> Tables:
        a = math.sqrt(seeds * seed_count) * of_seeds(generator, (runs, seed_count))
        b = math.sqrt(rows * row_count) * of_rows(generator, (runs, row_count))
        variance = max(0.0, 1 - seeds - rows) * seed_count * row_count
        noise_of_rows = math.sqrt(variance / seed_count) * generator.standard_normal((runs, row_count))
        noise_of_seeds = math.sqrt(variance / row_count) * generator.standard_normal((runs, seed_count))
        noise_of_seeds += (noise_of_rows.mean(axis=1) - noise_of_seeds.mean(axis=1))[:, None]
        rest = variance * generator.chisquare((seed_count - 1) * (row_count - 1), runs)
        truths = {"over_seeds": b.mean(axis=1), "over_rows": a.mean(axis=1), "over_both": np.zeros(runs)}
        seed_means = a + b.mean(axis=1, keepdims=True) + noise_of_seeds
        row_means = b + a.mean(axis=1, keepdims=True) + noise_of_rows
        return Tables(seed_means, row_means, rest, truths)

    return sample


def answers(base: float, *, seeds: float, rows: float, difficulty: float = 2.0) -> Sampler:
    """Return a sampler of right and wrong answers of two arms that are equally good on the whole.

    Args:
        base: log-odds of a right answer on a typical row.
        seeds: standard deviation of the log-odds between trainings of an arm.
        rows: standard deviation of the log-odds of a row between the arms.
        difficulty: standard deviation of the log-odds between rows, the same for both arms.
    """

    def sample(generator: np.random.Generator, runs: int, seed_count: int, row_count: int) -> Tables:
        hard = base + difficulty * generator.standard_normal((runs, 1, row_count))
        shape = (runs, seed_count, row_count)
        differences = np.zeros(shape, dtype=np.float32)
        truths = {scope: np.zeros(runs) for scope in SCOPES}
        for sign in (1, -1):
            row_effects = hard + rows * generator.standard_normal((runs, 1, row_count))
            seed_effects = seeds * generator.standard_normal((runs, seed_count if seeds else 1, 1))
            chances = expit((row_effects + seed_effects).astype(np.float32))
            differences += np.float32(sign) * (generator.random(shape, dtype=np.float32) < chances)
            truths["over_rows"] += sign * means_over_normal(base + seed_effects, math.hypot(difficulty, rows))
            truths["over_seeds"] += sign * means_over_normal(row_effects, seeds)
        return summarize(differences, truths, standard_error_of_few_rows(row_count))

    return sample


def means_over_normal(centres: np.ndarray, spread: float) -> np.ndarray:
    """Return each run's mean of the logistic function over centres, each with a normal spread around it; (runs,)."""
    if not spread:
        return np.asarray(expit(centres).mean(axis=(1, 2)))
    sums = sum(weight * expit(centres + spread * node) for node, weight in zip(NODES, WEIGHTS, strict=True))
    return np.asarray(sums).mean(axis=(1, 2)) / math.sqrt(2 * math.pi)


def few_differ(share: float) -> Sampler:
    """Return a sampler of arms that differ on a share of the rows only, always in favour of the treatment."""

    def sample(generator: np.random.Generator, runs: int, seed_count: int, row_count: int) -> Tables:
        row_means = (generator.random((runs, row_count)) < share).astype(float)
        means = row_means.mean(axis=1)
        truths = {"over_seeds": means, "over_rows": np.full(runs, share), "over_both": np.full(runs, share)}
        seed_means = np.repeat(means[:, None], seed_count, axis=1)
        return Tables(seed_means, row_means, np.zeros(runs), truths, standard_error_of_few_rows(row_count))

    return sample


def collapsing(generator: np.random.Generator, shape: Any) -> np.ndarray:
    """Draw seeds of which 5% fall far below the others."""
    share, drop = 0.05, 20.0
    effects = generator.standard_normal(shape) + share * drop - drop * (generator.random(shape) < share)
    scaled: np.ndarray = effects / math.sqrt(1 + share * (1 - share) * drop**2)
    return scaled


SAMPLERS: Mapping[str, Sampler] = {
    "normal, neither seeds nor rows": additive(0.0, 0.0),
    "normal, rows 90%, no seeds": additive(0.0, 0.9),
    "normal, seeds 90%, no rows": additive(0.9, 0.0),
    "normal, seeds 10%, rows 90%": additive(0.1, 0.9),
    "normal, seeds 25%, rows 75%": additive(0.25, 0.75),
    "normal, seeds 50%, rows 50%": additive(0.5, 0.5),
    "normal, seeds 75%, rows 25%": additive(0.75, 0.25),
    "normal, a third each": additive(1 / 3, 1 / 3),
    "answers, accuracy 70%, neither": answers(1.2, seeds=0.0, rows=0.0),
    "answers, accuracy 70%, rows": answers(1.2, seeds=0.0, rows=1.0),
    "answers, accuracy 70%, seeds and rows": answers(1.2, seeds=0.3, rows=1.0),
    "answers, accuracy 97%, seeds and rows": answers(5.0, seeds=0.3, rows=1.0),
    "answers, 0.5% of rows differ one way": few_differ(0.005),
    "answers, 5% of rows differ one way": few_differ(0.05),
    "rows of Student's t, 3 degrees of freedom": additive(0.1, 0.9, of_rows=heavy),
    "exponential rows": additive(0.1, 0.9, of_rows=lower_tail),
    "log-normal rows": additive(0.1, 0.9, of_rows=lower_lognormal),
    "exponential seeds, 50%": additive(0.5, 0.5, of_seeds=lower_tail),
    "collapse of 5% of seeds, 25%": additive(0.25, 0.75, of_seeds=collapsing),
}
"""How the table of each kind is drawn; a share is that of the variance of the mean."""


class Effects(NamedTuple):
    """Effects of many runs in one scope: as in `GuardedT`, each (runs,).

    Attributes:
        judged: whether there is an effect in this scope.
    """

    effect: np.ndarray
    standard_error: np.ndarray
    dof: np.ndarray
    share_greater: np.ndarray
    share_less: np.ndarray
    judged: np.ndarray


def judge(tables: Tables) -> dict[str, Effects]:
    """Return the effects of all runs in each scope, as `crossed_effects` does for one."""
    seed_means, row_means, least = tables.seed_means, tables.row_means, tables.least_standard_error
    (runs, seeds), rows = seed_means.shape, row_means.shape[1]
    effect = row_means.mean(axis=1)
    of_seeds = rows * seed_means.var(axis=1, ddof=1)
    of_rows = seeds * row_means.var(axis=1, ddof=1)
    of_both = tables.rest / ((seeds - 1) * (rows - 1))
    row_dof = dof_by_row(row_means)
    if least:
        row_dof = np.maximum(row_dof, LEAST_DOF_OF_ROWS)
    row_skewness = skewness_by_row(row_means) / math.sqrt(rows)
    row_error = np.sqrt(of_rows / (seeds * rows))
    scopes = {"over_rows": guarded(effect, row_error, row_dof, (-row_skewness, row_skewness), least)}
    if seeds < LEAST_SEEDS:
        return scopes
    total = np.maximum(np.maximum(of_seeds + of_rows - of_both, of_seeds), of_rows)
    varies = total > 0
    divisor = np.where(varies, total, 1.0)
    parts = of_seeds**2 / (seeds - 1) + of_rows**2 / row_dof + of_both**2 / ((seeds - 1) * row_dof)
    skewness, limit = skewness_by_row(seed_means), skewness_limit(seeds)
    tails = []
    for sign in (-1, 1):
        clear = np.where(sign * skewness > limit, sign * skewness, 0.0)
        of_mean = np.maximum(SKEWNESS_OF_SEEDS, clear) / math.sqrt(seeds) * of_seeds**1.5
        tails.append(np.where(varies, (sign * row_skewness * of_rows**1.5 + of_mean) / divisor**1.5, 0.0))
    dof = np.where(varies, np.maximum(seeds - 1.0, total**2 / np.where(varies, parts, 1.0)), row_dof)
    error = np.sqrt(total / (seeds * rows))
    scopes["over_both"] = guarded(effect, error, dof, (tails[0], tails[1]), least)
    skewed, usual = share_of_level(seeds, skewed=True), share_of_level(seeds, skewed=False)
    seed_error = seed_means.std(axis=1, ddof=1) / math.sqrt(seeds)
    scopes["over_seeds"] = Effects(
        effect,
        seed_error,
        np.full(runs, seeds - 1.0),
        np.where(-skewness > limit, skewed, usual),
        np.where(skewness > limit, skewed, usual),
        np.ptp(seed_means, axis=1) > 1e-12,
    )
    return scopes


def guarded(
    effect: np.ndarray, error: np.ndarray, dof: np.ndarray, tails: tuple[np.ndarray, np.ndarray], least: float
) -> Effects:
    """Return effects whose tests get shares by their degrees of freedom and by the lower and the upper tail."""
    believed = np.maximum(least, error)
    scale = np.divide(error, believed, out=np.zeros_like(error), where=believed > 0) ** 3
    most = np.array([share_of_level(each + 1.0, skewed=False) for each in dof])
    greater, less = (np.minimum(most, [share_of_skewed_mean(float(each)) for each in scale * tail]) for tail in tails)
    return Effects(effect, believed, dof, greater, less, np.ones(len(effect), dtype=bool))


def dof_by_row(values: np.ndarray) -> np.ndarray:
    """Return `dof_of_variance` of each row of a matrix."""
    size = values.shape[1]
    squares = (values - values.mean(axis=1, keepdims=True)) ** 2
    variance = squares.mean(axis=1)
    varies = variance > 0
    kurtosis = np.where(varies, (squares**2).mean(axis=1) / np.where(varies, variance, 1.0) ** 2, 1.0)
    heavy_tailed = kurtosis > 1 + 2 / (size - 1)
    return np.where(
        heavy_tailed, np.clip(2 * size / np.where(heavy_tailed, kurtosis - 1, 1.0), 1, size - 1), size - 1.0
    )


def count(effects: Effects, truths: np.ndarray) -> Rates:
    """Count the errors about the truth: calling the effect greater or less than it is, and 95% intervals without it.

    At the true effect, every false verdict on `beats`, `matches` and `reaches` is one of these errors or rarer. Where
    there is no effect in a scope, nothing is claimed.
    """
    statistic = (effects.effect - truths)[effects.judged] / effects.standard_error[effects.judged]
    dof = effects.dof[effects.judged]
    above = stdtr(dof, -statistic) / effects.share_greater[effects.judged]
    below = stdtr(dof, statistic) / effects.share_less[effects.judged]
    missed = (above < ALPHA / 2) | (below < ALPHA / 2)
    return Rates(int((above < ALPHA).sum()), int((below < ALPHA).sum()), int(missed.sum()), len(truths))


def simulate(simulations: int) -> Iterator[dict[str, Any]]:
    """Yield each kind, number of rows and number of seeds with its rates in each scope, as counts of runs."""
    for kind, sample in SAMPLERS.items():
        for rows in ROWS:
            for seeds in SEEDS:
                # Of normal noise only the means are drawn.
                values = rows * seeds if kind.startswith("answers, accuracy") else rows
                runs = simulations // SHARE_OF_MANY if values >= MANY_VALUES else simulations
                generator = np.random.default_rng(derive_seed("crossed", kind=kind, rows=rows, seeds=seeds))
                block = max(1, BLOCK_VALUES // (rows * seeds))
                counted: dict[str, Rates] = {}
                for start in range(0, runs, block):
                    tables = sample(generator, min(block, runs - start), seeds, rows)
                    for scope, effects in judge(tables).items():
                        rates = count(effects, tables.truths[scope])
                        before = counted.get(scope, Rates(0, 0, 0, 0))
                        counted[scope] = Rates(*map(sum, zip(before, rates, strict=True)))
                yield {"kind": kind, "seeds": seeds, "rows": rows} | {
                    scope: rates._asdict() for scope, rates in counted.items()
                }
