"""The noncentral t: what Student's t follows where the effect is not 0."""

from __future__ import annotations

import math

from scipy.special import chdtri, nctdtr, ndtri

# SciPy's distribution loses its digits, and then gives no number at all, beyond about here. Its own inverse,
# `nctdtrinc`, is less exact everywhere, and never ends there.
LARGEST_STATISTIC = 1e4


def noncentrality(statistic: float, dof: int, *, probability: float) -> float:
    """Find the noncentrality at which a noncentral t falls below a statistic with this probability.

    The statistic of an effect has the noncentrality effect / its standard error, with the true standard deviation in
    it. The ends of an interval, and the effect that a test detects with some power, are noncentralities to be found.

    Args:
        statistic: Student's t. Beyond 10,000 the answer is scaled from there, as it grows in proportion.
        dof: degrees of freedom, at least 1.
        probability: between 0 and 1. The larger it is, the smaller the noncentrality.

    References:
        Steiger & Fouladi (1997), Noncentrality interval estimation and the evaluation of statistical models, in: What
        if there were no significance tests?

    Examples:
        >>> [round(noncentrality(2.83, 126, probability=probability), 4) for probability in (0.975, 0.025)]
        [0.8338, 4.8154]
    """
    from scipy.optimize import brentq

    if statistic < 0:  # The brackets below need a positive one; and swapping the arms is to change the sign alone.
        return -noncentrality(-statistic, dof, probability=1.0 - probability)
    scale = max(1.0, statistic / LARGEST_STATISTIC)
    statistic /= scale

    def spread(tail: float) -> float:
        return math.sqrt(float(chdtri(dof, tail)) / dof)

    # T < t where Z + noncentrality < t * S, with Z normal and S the spread, its square a chi-square over its degrees of
    # freedom. Half of the tail given to Z and half to S bounds the tail of both, so that the root lies in between.
    below, above = probability / 2.0, (1.0 - probability) / 2.0
    low = statistic * spread(1.0 - above) + float(ndtri(above))
    high = statistic * spread(below) - float(ndtri(below))
    return scale * float(brentq(lambda shift: nctdtr(dof, shift, statistic) - probability, low, high))
