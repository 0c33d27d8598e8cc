"""Random effects: one effect across data sets, where the data set is the unit and never its cells."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import stdtrit

from negres_core.errors import InputError
from negres_core.statistics.estimate import Estimate
from negres_core.statistics.level import check_level

# Each step at least halves the distance to a tau^2 that is far larger than the variances: enough for any floats.
MOST_STEPS = 2000


@dataclass(frozen=True, kw_only=True)
class RandomEffects:
    """The mean of the effects that data sets have, with its uncertainty, in the metric's unit.

    Attributes:
        effect: the mean over all data sets like these; positive means that the treatment is better.
        standard_error: of the effect.
        dof: degrees of freedom of Student's t, one fewer than the data sets.
        tau_squared: variance of the true effects between data sets, in the metric's unit squared.
        i_squared: I^2, the part of the spread of the estimates that their own errors do not explain, from 0 to 1.
        data_sets: number of data sets.
    """

    effect: float
    standard_error: float
    dof: int
    tau_squared: float
    i_squared: float
    data_sets: int

    def interval(self, level: float) -> tuple[float, float]:
        """Compute the two-sided confidence interval of the mean effect.

        Args:
            level: the confidence level, between 0 and 1, for example .95.

        Returns:
            The lower and the upper end, in the metric's unit.

        Raises:
            InputError: the level is not between 0 and 1.
        """
        return self._around(self.standard_error, level)

    def prediction_interval(self, level: float) -> tuple[float, float]:
        """Compute the interval in which the true effect on one more data set lies.

        Exact where the errors of the data sets are small against what lies between them. Where both are alike, tau^2 is
        hardly known, and the 95% interval from 5 or 10 data sets holds 87 to 90% of new effects, simulated.

        Args:
            level: the probability, between 0 and 1, for example .95.

        Returns:
            The lower and the upper end, in the metric's unit.

        Raises:
            InputError: the level is not between 0 and 1.

        References:
            Higgins, Thompson & Spiegelhalter (2009), A re-evaluation of random-effects meta-analysis, JRSS A 172; with
            the degrees of freedom of the mean, as in IntHout et al. (2016), BMJ Open 6.
        """
        return self._around(math.sqrt(self.tau_squared + self.standard_error**2), level)

    def _around(self, spread: float, level: float) -> tuple[float, float]:
        check_level(level)
        half_width = float(stdtrit(self.dof, (1.0 + level) / 2.0)) * spread
        return self.effect - half_width, self.effect + half_width


def combine(estimates: Sequence[Estimate]) -> RandomEffects:
    """Combine the estimates of one claim on several data sets.

    Null hypothesis of its interval: the mean of the true effects is 0; they may differ between data sets.

    The variance between data sets is that of Paule and Mandel, which assumes no distribution and holds up better with
    few data sets than DerSimonian and Laird's. The interval is that of Hartung and Knapp, with Student's t. Its scale
    is 1 by definition of Paule and Mandel's tau^2; where tau^2 = 0 the scale would be smaller, and is left at 1, as
    Knapp and Hartung advise, lest data sets that agree by luck seem to know more than their standard errors.

    Two data sets are enough to compute an interval and hardly to learn from it: it is 12.7 standard errors wide on
    either side, at 95%. Five are a start.

    Args:
        estimates: one of each data set, all of the same metric, in the same unit; no two may share rows.

    Returns:
        The mean effect over data sets, and how much it differs between them.

    Raises:
        InputError: there are fewer than 2 estimates.

    References:
        Paule & Mandel (1982), Consensus values and weighting factors, J. Res. National Bureau of Standards 87.
        Knapp & Hartung (2003), Improved tests for a random effects meta-regression, Statistics in Medicine 22.
        Röver, Knapp & Friede (2015), Hartung-Knapp-Sidik-Jonkman approach and its modification for random-effects
        meta-analysis with few studies, BMC Medical Research Methodology 15.

    Examples:
        >>> fields = dict(dof=24, sd=0.02, cells=25, test_train_ratio=0.25, standard_error=0.01)
        >>> combined = combine([Estimate(effect=effect, **fields) for effect in (0.01, 0.05, 0.03)])
        >>> f"{combined.effect:.3f} +- {combined.standard_error:.4f}, tau^2 = {combined.tau_squared:.4f}"
        '0.030 +- 0.0115, tau^2 = 0.0003'
    """
    if len(estimates) < 2:
        raise InputError(
            "What differs between data sets takes at least 2 of them to see.",
            received=f"{len(estimates)} estimates",
            remedy="Run the claim on more data sets, 5 or more; on one, its own interval is the answer.",
        )
    from statsmodels.stats.meta_analysis import combine_effects

    effects = np.array([estimate.effect for estimate in estimates])
    variances = np.array([estimate.standard_error for estimate in estimates]) ** 2
    # Around 0, so that nothing cancels in the sums of squares. Equal effects divide by a spread of 0, in an I^2 of its
    # own that may be negative, and is not used.
    middle = float(np.median(effects))
    with np.errstate(divide="ignore"):
        fitted = combine_effects(effects - middle, variances, method_re="pm", maxiter=MOST_STEPS)
    dof = len(estimates) - 1
    return RandomEffects(
        effect=middle + float(fitted.mean_effect_re),
        standard_error=float(fitted.sd_eff_w_re),
        dof=dof,
        tau_squared=float(fitted.tau2),
        i_squared=1.0 - dof / float(fitted.q) if fitted.q > dof else 0.0,
        data_sets=len(estimates),
    )
