"""Equal predictive accuracy in time: the mean of loss differences that depend on those before them.

The rows of a time series are not independent, and neither are the folds of forward chaining. The test of Diebold and
Mariano estimates the long-run variance of the loss differences, row by row in time.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import ndtri

from negres_core.errors import InputError
from negres_core.statistics.skewness import dof_of_variance, share_of_level, share_of_skewed_mean, skewness_of
from negres_core.statistics.student_t import GuardedT, StudentT

LEAST_ROWS = 100
"""With fewer rows, seasons and long tails are not seen well enough to keep the level: of 60 rows it errs up to 8%."""

LEAST_SPANS = 4
"""The rows have to be at least this many times as many as those that one forecast spans, gap + 1."""

BIAS = 0.04
"""Relative bias of the long-run variance that is accepted; more cosines would vary less and be more biased."""

ROUNDING = 1e-12
"""Differences whose spread is no more than this share of the largest are equal up to rounding."""

Kernel = Literal["rectangular", "Bartlett"]
"""Weights of the autocovariances: all 1, or falling linearly."""


@dataclass(frozen=True, kw_only=True)
class DieboldMariano:
    """The mean loss difference over the rows of a time series.

    Attributes:
        rows: number of rows in time, n.
        judged: the effect to judge, whose long-run variance allows for dependence of any length.
        published: the test as Harvey, Leybourne and Newbold published it, for comparison. It assumes that rows further
            apart than the gap are independent, and errs far too often where they are not.
        kernel: weights of the autocovariances in `published`.
        cosines: number of cosines in the long-run variance of `judged`; n - 1 is the ordinary t-test.
        autocorrelation: correlation of rows that are gap + 1 apart.
    """

    rows: int
    judged: GuardedT
    published: StudentT
    kernel: Kernel
    cosines: int
    autocorrelation: float


def diebold_mariano(differences: np.ndarray, *, gap: int = 0) -> DieboldMariano:
    """Test whether two arms forecast a time series equally well.

    Null hypothesis: the expected loss difference is 0 (two-sided), or at most 0 (one-sided).

    The original test sums the autocovariances up to lag `gap`. If the differences depend on each other for longer, its
    error is no longer 5%: with an autocorrelation of 0.5, 17% whatever the number of rows. So the effect is judged by
    another long-run variance, the mean of the squared coefficients of the first B cosines, with which the statistic
    follows Student's t with B degrees of freedom. B is as large as a bias of `BIAS` allows, given the curvature of the
    spectrum at 0, which is estimated from the autocorrelation of rows that are gap + 1 apart, one standard error above
    its estimate. If those further apart have a clear autocorrelation, as seasons have, it counts too. Without any, B is
    n - 1, and the test is the ordinary t-test.

    Few degrees of freedom get a share of the level only, and so does a mean that is skewed towards the null hypothesis.
    Strongly dependent rows are few in effect, and then decide nothing.

    Args:
        differences: (rows,), in the order of time, equally spaced; loss of the control arm minus that of the treatment
            arm, so that positive is better, in the metric's unit; seeds already averaged.
        gap: rows between the last row that a forecast knows and the row that it forecasts, 0 or more; forecasts
            h steps ahead have a gap of h - 1.

    Returns:
        The effect, judged with a long-run variance that allows for dependence, and by the original test.

    Raises:
        InputError: the differences are not numbers in one dimension, one is not finite, all are equal up to rounding,
            they are fewer than 100 or than 4 (gap + 1), or the gap is negative.

    References:
        Diebold & Mariano (1995), Comparing predictive accuracy, JBES 13.
        Harvey, Leybourne & Newbold (1997), Testing the equality of prediction mean squared errors, IJF 13.
        Lazarus, Lewis, Stock & Watson (2018), HAR inference: recommendations for practice, JBES 36: the cosines.
        Coroneo & Iacone (2020), Comparing predictive accuracy in small samples using fixed-smoothing asymptotics,
        Journal of Applied Econometrics 35.

    Examples:
        >>> import numpy as np
        >>> noise = np.random.default_rng(0).normal(size=401)
        >>> result = diebold_mariano(0.2 + noise[1:] + noise[:-1], gap=1)
        >>> [round(each.statistic, 2) for each in (result.published, result.judged)]
        [1.27, 1.26]
    """
    _check(differences, gap)
    values = np.asarray(differences, dtype=np.float64)
    rows, span = values.size, gap + 1
    effect = float(values.mean())
    deviations = values - effect
    # All autocovariances at once, over n, by the spectrum of the series padded with zeros.
    spectrum = np.abs(np.fft.rfft(deviations, 2 * rows)) ** 2
    correlations = np.fft.irfft(spectrum)[: max(span, rows // 4) + 1]
    correlations /= correlations[0]
    cosines = _cosines(correlations, rows, span)
    variance = long_run_variance(values, cosines=cosines)
    dof = min(float(cosines), dof_of_variance(values))
    # Dependent rows are as skewed on the whole as fewer independent ones.
    inflation = max(1.0, variance / float(np.mean(deviations**2)))
    skewness = skewness_of(values) * math.sqrt(inflation / rows)
    most = share_of_level(dof + 1.0, skewed=False)
    judged = GuardedT(
        effect=effect,
        standard_error=math.sqrt(variance / rows),
        dof=dof,
        share_greater=min(most, share_of_skewed_mean(-skewness)),
        share_less=min(most, share_of_skewed_mean(skewness)),
    )
    published, kernel = harvey_leybourne_newbold(values, horizon=span)
    return DieboldMariano(
        rows=rows,
        judged=judged,
        published=published,
        kernel=kernel,
        cosines=cosines,
        autocorrelation=float(correlations[span]),
    )


def harvey_leybourne_newbold(differences: np.ndarray, *, horizon: int) -> tuple[StudentT, Kernel]:
    """Return the original test with the correction for small samples, and the weights of its autocovariances.

    The autocovariances up to horizon - 1 have the same weight. If their sum is not positive, it is not a variance, and
    they have Bartlett's weights instead.

    Args:
        differences: (rows,), in the order of time.
        horizon: steps ahead, h, at least 1 and at most half the rows.

    References:
        Diebold & Mariano (1995) and Harvey, Leybourne & Newbold (1997), as above.
    """
    rows, effect = differences.size, float(differences.mean())
    deviations = differences - effect
    covariances = [float(deviations[lag:] @ deviations[: rows - lag]) / rows for lag in range(horizon)]
    kernel: Kernel = "rectangular"
    variance = covariances[0] + 2 * sum(covariances[1:])
    if variance <= 0:
        kernel = "Bartlett"
        variance = covariances[0] + 2 * sum((1 - lag / horizon) * covariances[lag] for lag in range(1, horizon))
    correction = (rows + 1 - 2 * horizon + horizon * (horizon - 1) / rows) / rows
    return StudentT(effect=effect, standard_error=math.sqrt(variance / rows / correction), dof=rows - 1.0), kernel


def long_run_variance(values: np.ndarray, *, cosines: int) -> float:
    """Return the mean of the squared coefficients of the first cosines; with n - 1 of them, the sample variance.

    Args:
        values: (n,), in the order of time.
        cosines: B, from 1 to n - 1.

    References:
        Müller (2007), A theory of robust long-run variance estimation, Journal of Econometrics 141.
    """
    from scipy.fft import dct

    coefficients = dct(values - values.mean(), type=2, norm="ortho")[1 : cosines + 1]
    return float(np.mean(coefficients**2))


def _cosines(correlations: np.ndarray, rows: int, span: int) -> int:
    """Return the most cosines whose long-run variance has a relative bias of `BIAS` at most.

    The bias of B cosines is pi^2 / 6 (B / n)^2 times the curvature of the spectrum at 0, the sum of k^2 gamma_k over
    that of gamma_k. It is (span^2 - 1) / 6 for sums of `span` independent values, as the errors of overlapping
    forecasts are, and 2 k^2 r / (1 - r)^2 if values k apart have the correlation r and it decays geometrically.
    """
    # Bartlett's formula: the standard error of a correlation, given those of shorter lags.
    errors = np.sqrt((1 + 2 * (np.cumsum(correlations[:-1] ** 2) - 1)) / rows)
    lags = np.arange(span + 1, correlations.size)
    upper = correlations[span] + (1 + 3 * correlations[span]) / rows + errors[span - 1]
    # The largest of that many correlations of independent values is below this with a probability of 95%.
    clear = correlations[lags] + float(ndtri(0.05 / max(1, lags.size))) * errors[lags - 1]
    lags, clear = np.concatenate([[span], lags]), np.concatenate([[upper], clear])
    correlation = np.clip(clear, 0.0, 0.99)
    curvature = (span**2 - 1) / 6 + float(np.max(2 * lags**2 * correlation / (1 - correlation) ** 2))
    if curvature == 0:
        return rows - 1
    return int(np.clip(math.floor(rows * math.sqrt(6 * BIAS / curvature) / math.pi), 1, rows - 1))


def _check(differences: np.ndarray, gap: int) -> None:
    if differences.ndim != 1 or differences.dtype.kind not in "biuf":
        raise InputError(
            "The loss differences have to be numbers in one dimension, in the order of time.",
            received=f"shape {differences.shape}, dtype {differences.dtype}",
            remedy="Average the seeds, and give one number per row.",
        )
    if gap < 0:
        raise InputError("A gap is 0 rows or more.", received=f"gap={gap!r}", remedy="Give 0 if there is no gap.")
    least = max(LEAST_ROWS, LEAST_SPANS * (gap + 1))
    if differences.size < least:
        raise InputError(
            "There are too few rows in time to estimate how much they depend on each other.",
            received=f"{differences.size} rows, gap={gap}",
            remedy=f"Test on at least {least} rows: {LEAST_ROWS}, and {LEAST_SPANS} times gap + 1.",
        )
    not_finite = np.flatnonzero(~np.isfinite(differences))
    if not_finite.size:
        raise InputError(
            "Every loss difference has to be finite; leaving one out would break the order of time.",
            received=f"{differences[not_finite[0]]} in row {not_finite[0]} ({not_finite.size} such rows)",
            remedy="Find out why the loss of an arm is not finite there.",
        )
    if float(np.ptp(differences)) <= ROUNDING * float(np.abs(differences).max()):
        raise InputError(
            "The loss differences have no variance: all are equal up to rounding.",
            received=f"{differences.size} differences of {differences[0]:g}",
            remedy="Check whether the two arms are identical, or their losses do not depend on the data.",
        )
