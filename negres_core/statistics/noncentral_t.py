"""The noncentral t: the distribution of Student's t statistic if the effect is not 0."""

from __future__ import annotations

import math

from scipy.special import chdtri, nctdtr, ndtri

LARGEST_STATISTIC = 1e4
"""Beyond about this statistic, SciPy's distribution loses digits and then returns NaN.

SciPy's own inverse, `nctdtrinc`, is less exact everywhere, and never returns there.
"""


def noncentrality(statistic: float, dof: float, *, probability: float) -> float:
    """Find the noncentrality at which a noncentral t falls below a statistic with a given probability.

    The t statistic of an effect has the noncentrality effect / standard error, computed from the true standard
    deviation. The effect that a test detects with a given power follows from its noncentrality.

    Args:
        statistic: Student's t. Beyond 10,000 the result is scaled up from there, since it grows in proportion.
        dof: degrees of freedom, at least 1.
        probability: the probability, between 0 and 1. The larger it is, the smaller the noncentrality.

    Returns:
        The noncentrality.

    References:
        Steiger & Fouladi (1997), Noncentrality interval estimation and the evaluation of statistical models, in: What
        if there were no significance tests?

    Examples:
        >>> [round(noncentrality(2.83, 126, probability=probability), 4) for probability in (0.975, 0.025)]
        [0.8338, 4.8154]
    """
    from scipy.optimize import brentq

    if statistic < 0:  # The brackets below need a positive statistic; swapping the arms changes only the sign.
        return -noncentrality(-statistic, dof, probability=1.0 - probability)
    scale = max(1.0, statistic / LARGEST_STATISTIC)
    statistic /= scale

    def spread(tail: float) -> float:
        return math.sqrt(float(chdtri(dof, tail)) / dof)

    # T < t if Z + noncentrality < t * S, with Z normal and S the spread, whose square is a chi-square over its degrees
    # of freedom. Half of the tail for Z and half for S bounds the tail of both together, so the root lies in between.
    below, above = probability / 2.0, (1.0 - probability) / 2.0
    low = statistic * spread(1.0 - above) + float(ndtri(above))
    high = statistic * spread(below) - float(ndtri(below))
    return scale * float(brentq(lambda shift: nctdtr(dof, shift, statistic) - probability, low, high))
