"""Crossed random effects: the mean difference over seeds and test rows, each a sample of its own.

Every seed is scored on every test row, so the differences are a two-way table with one value per cell. What a mean over
it says depends on what would be drawn again: the seeds, the rows, or both.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from negres_core.errors import InputError
from negres_core.statistics.skewness import (
    dof_of_variance,
    share_of_level,
    share_of_skewed_mean,
    skewness_limit,
    skewness_of,
)
from negres_core.statistics.student_t import GuardedT

LEAST_SEEDS = 4
"""With fewer seeds nothing is said about other seeds.

Three seeds leave two degrees of freedom for their variance. If it dominates, the 95% interval over both misses 7.3%.
"""

LEAST_ROWS = 20
"""With fewer rows (or groups of rows) nothing is said: a t-test of so few gets only a share of its level."""

SKEWNESS_OF_SEEDS = 1.0
"""Skewness of seeds that is assumed in either direction: few seeds do not show it, and a training may collapse."""

LEAST_DOF_OF_ROWS = 6.0
"""Degrees of freedom of rows of which three differ, as many as the rule of three supposes where fewer do."""

ROUNDING = 1e-12
"""Differences whose spread is no more than this share of the largest are equal up to rounding."""


@dataclass(frozen=True, kw_only=True)
class VarianceComponents:
    """Variances of a difference, in the metric's unit squared; 0 where the estimate is negative.

    Attributes:
        seeds: variance between seeds, the same on all rows.
        rows: variance between rows, the same for all seeds; also of groups or blocks of rows, if these are the columns.
        interaction: what is left: seeds that differ on some rows only, and noise.
    """

    seeds: float
    rows: float
    interaction: float


@dataclass(frozen=True, kw_only=True)
class CrossedEffects:
    """The mean difference over seeds and rows, judged in three scopes.

    Attributes:
        seeds: number of seeds, S.
        rows: number of rows (or groups, or blocks of rows), N.
        components: the variance components; None with one seed, which cannot tell them apart.
        over_rows: for these trainings, on rows like these: rows are drawn again, seeds are not.
        over_seeds: for any seeds, on this test set: seeds are drawn again, rows are not. None with fewer than
            `LEAST_SEEDS` seeds, or if the mean is the same for all.
        over_both: for any seeds, on rows like these. None with fewer than `LEAST_SEEDS` seeds.
    """

    seeds: int
    rows: int
    components: VarianceComponents | None
    over_rows: GuardedT
    over_seeds: GuardedT | None
    over_both: GuardedT | None


def crossed_effects(differences: np.ndarray, *, least_standard_error: float = 0.0) -> CrossedEffects:
    """Estimate the mean difference of two arms that were trained with the same seeds and scored on the same rows.

    Null hypothesis in each scope: the expected difference is 0 (two-sided), or at most 0 (one-sided).

    The variance of the mean over both is v_s/S + v_i/N + v_si/(SN). From the mean squares of the table it is estimated
    by (MS_seeds + MS_rows - MS_interaction) / (SN), with Satterthwaite's degrees of freedom. The sum is never taken to
    be less than MS_seeds or MS_rows alone, whose expectations it cannot fall below, and has no fewer degrees of freedom
    than the seeds. If the rows have heavy tails, MS_rows varies more than a chi-square, and gets fewer degrees of
    freedom by the kurtosis of the rows.

    Few degrees of freedom get a share of the level only, as few cells of a cross-validation do, and so does a mean
    that is skewed towards the null hypothesis. Few seeds show no skewness, so `SKEWNESS_OF_SEEDS` is assumed.

    Args:
        differences: (seeds, rows), treatment arm minus control arm, signed so that positive is better, in the metric's
            unit. For rows in groups, give `group_scores`; for metrics that are not means over rows, `pseudo_values`.
        least_standard_error: the smallest standard error to believe where rows are drawn again, in the metric's unit;
            give `standard_error_of_few_rows` for a metric that counts rows.

    Returns:
        The effect in each scope, and the variance components.

    Raises:
        InputError: the differences are not a numeric matrix of at least 1 seed and 20 rows, one is not finite, or all
            are equal up to rounding and `least_standard_error` is 0.

    References:
        Searle, Casella & McCulloch (1992), Variance components: the two-way table.
        Satterthwaite (1946), An approximate distribution of estimates of variance components, Biometrics Bulletin 2.
        Owen (2007), The pigeonhole bootstrap, Annals of Applied Statistics 1: the same variance by resampling.

    Examples:
        >>> import numpy as np
        >>> rng = np.random.default_rng(0)
        >>> rows, seeds = rng.normal(0, 0.3, 500), rng.normal(0.05, 0.01, (5, 1))
        >>> result = crossed_effects(seeds + rows + rng.normal(0, 0.2, (5, 500)))
        >>> for scope in (result.over_seeds, result.over_rows, result.over_both):
        ...     print(f"{scope.effect:.3f} +- {scope.standard_error:.4f}, {scope.dof:.1f} degrees of freedom")
        0.036 +- 0.0076, 4.0 degrees of freedom
        0.036 +- 0.0144, 421.3 degrees of freedom
        0.036 +- 0.0158, 66.3 degrees of freedom
    """
    _check(differences)
    table = np.asarray(differences, dtype=np.float64)
    seeds, rows = table.shape
    effect = float(table.mean())
    seed_means, row_means = table.mean(axis=1), table.mean(axis=0)
    if not least_standard_error and _equal(row_means, table):
        raise InputError(
            "The differences have no variance between rows: all are equal up to rounding.",
            received=f"{rows} rows whose mean difference is {effect:g}",
            remedy="Check whether the two arms or their metrics are identical, or do not depend on the data.",
        )
    row_dof = dof_of_variance(row_means)
    if least_standard_error:
        row_dof = max(row_dof, LEAST_DOF_OF_ROWS)
    skewness = skewness_of(row_means) / math.sqrt(rows)
    over_rows = _guarded(
        effect,
        float(row_means.std(ddof=1)) / math.sqrt(rows),
        row_dof,
        least=least_standard_error,
        lower_tail=-skewness,
        upper_tail=skewness,
    )
    if seeds == 1:
        return CrossedEffects(seeds=1, rows=rows, components=None, over_rows=over_rows, over_seeds=None, over_both=None)
    between_seeds, between_rows, residual = mean_squares(table)
    over_seeds = over_both = None
    if seeds >= LEAST_SEEDS:
        total = max(between_seeds + between_rows - residual, between_seeds, between_rows)
        parts = between_seeds**2 / (seeds - 1) + between_rows**2 / row_dof + residual**2 / ((seeds - 1) * row_dof)
        over_both = _guarded(
            effect,
            math.sqrt(total / table.size),
            max(seeds - 1.0, total**2 / parts) if parts > 0 else row_dof,
            least=least_standard_error,
            lower_tail=_skewness_of_sum(-row_means, -seed_means, between_rows, between_seeds, total),
            upper_tail=_skewness_of_sum(row_means, seed_means, between_rows, between_seeds, total),
        )
        if not _equal(seed_means, table):
            over_seeds = _over_seeds(effect, seed_means)
    return CrossedEffects(
        seeds=seeds,
        rows=rows,
        components=variance_components(table),
        over_rows=over_rows,
        over_seeds=over_seeds,
        over_both=over_both,
    )


def mean_squares(table: np.ndarray) -> tuple[float, float, float]:
    """Return the mean squares of seeds, rows and interaction of a two-way table, (seeds, rows), of 2 or more each."""
    seeds, rows = table.shape
    centred = table - table.mean()
    of_seeds = rows * float(np.square(centred.mean(axis=1)).sum())
    of_rows = seeds * float(np.square(centred.mean(axis=0)).sum())
    rest = max(0.0, float(np.square(centred).sum()) - of_seeds - of_rows)
    return of_seeds / (seeds - 1), of_rows / (rows - 1), rest / ((seeds - 1) * (rows - 1))


def variance_components(table: np.ndarray) -> VarianceComponents:
    """Return the variance components of a two-way table, (seeds, rows), of 2 or more each, from its mean squares."""
    seeds, rows = table.shape
    of_seeds, of_rows, of_both = mean_squares(table)
    return VarianceComponents(
        seeds=max(0.0, (of_seeds - of_both) / rows), rows=max(0.0, (of_rows - of_both) / seeds), interaction=of_both
    )


def standard_error_of_few_rows(rows: int) -> float:
    """Return the standard error with which 0 differing rows exclude a difference of 3 / N at the 5% level.

    If two arms agree on all N rows, their true difference can still be up to 3 / N at 95% confidence: a larger one
    would have shown on some row with a probability of more than 95% (the rule of three).

    Args:
        rows: number of rows, N; of groups, if rows come in groups.

    References:
        Hanley & Lippman-Hand (1983), If nothing goes wrong, is everything all right? JAMA 249.

    Examples:
        >>> round(standard_error_of_few_rows(1000), 6)
        0.001824
    """
    return 3.0 / (rows * -float(ndtri(0.05)))


def _over_seeds(effect: float, seed_means: np.ndarray) -> GuardedT:
    seeds, skewness = seed_means.size, skewness_of(seed_means)
    return GuardedT(
        effect=effect,
        standard_error=float(seed_means.std(ddof=1)) / math.sqrt(seeds),
        dof=seeds - 1.0,
        share_greater=share_of_level(seeds, skewed=-skewness > skewness_limit(seeds)),
        share_less=share_of_level(seeds, skewed=skewness > skewness_limit(seeds)),
    )


def _guarded(
    effect: float, standard_error: float, dof: float, *, least: float, lower_tail: float, upper_tail: float
) -> GuardedT:
    """Return an effect whose tests get shares by their degrees of freedom and by the tail towards the null."""
    believed = max(least, standard_error)
    # The rows that are believed to differ, and have not, make the mean less skewed.
    scale = (standard_error / believed) ** 3 if believed else 0.0
    most = share_of_level(dof + 1.0, skewed=False)
    return GuardedT(
        effect=effect,
        standard_error=believed,
        dof=dof,
        share_greater=min(most, share_of_skewed_mean(scale * lower_tail)),
        share_less=min(most, share_of_skewed_mean(scale * upper_tail)),
    )


def _skewness_of_sum(
    row_means: np.ndarray, seed_means: np.ndarray, between_rows: float, between_seeds: float, total: float
) -> float:
    """Return the skewness of the mean: the third moments of rows and seeds add up as their variances do."""
    if total == 0:
        return 0.0
    seeds, of_seeds = seed_means.size, skewness_of(seed_means)
    of_seeds = max(SKEWNESS_OF_SEEDS, of_seeds if of_seeds > skewness_limit(seeds) else 0.0) / math.sqrt(seeds)
    of_rows = skewness_of(row_means) / math.sqrt(row_means.size)
    return float((of_rows * between_rows**1.5 + of_seeds * between_seeds**1.5) / total**1.5)


def _equal(means: np.ndarray, table: np.ndarray) -> bool:
    return float(np.ptp(means)) <= ROUNDING * float(np.abs(table).max())


def _check(differences: np.ndarray) -> None:
    if differences.ndim != 2 or differences.dtype.kind not in "biuf":
        raise InputError(
            "The differences have to be a numeric matrix, (seeds, rows).",
            received=f"shape {differences.shape}, dtype {differences.dtype}",
            remedy="Give one number per seed and test row: the score of the treatment minus that of the control arm.",
        )
    seeds, rows = differences.shape
    if seeds < 1 or rows < LEAST_ROWS:
        raise InputError(
            "There are too few rows to estimate how much rows differ.",
            received=f"{seeds} seeds, {rows} rows",
            remedy=f"Give at least 1 seed and {LEAST_ROWS} rows (or groups of rows).",
        )
    not_finite = np.argwhere(~np.isfinite(differences))
    if len(not_finite):
        seed, row = not_finite[0]
        raise InputError(
            "Every difference has to be finite; leaving one out would bias the mean.",
            received=f"{differences[seed, row]} for seed {seed}, row {row} ({len(not_finite)} such values)",
            remedy="Find out why the score of an arm is not finite there.",
        )
