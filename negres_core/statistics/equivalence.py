"""Two one-sided tests (TOST): is the effect shown to be smaller than a margin, in both directions?"""

from __future__ import annotations

import math

from scipy.special import stdtr

from negres_core.errors import InputError
from negres_core.statistics.student_t import StudentT


def equivalence_p(estimate: StudentT, *, margin: float) -> float:
    """Compute the p-value of the two one-sided tests for equivalence.

    Null hypothesis: the effect lies outside the margin, effect <= -margin or effect >= margin. A small p-value shows
    equivalence: p < alpha exactly if the 1 - 2 alpha interval of the effect lies inside (-margin, margin).

    Args:
        estimate: the effect and its uncertainty.
        margin: the largest difference that does not matter, in the metric's unit, more than 0.

    Returns:
        The larger of the two one-sided p-values.

    Raises:
        InputError: the margin is not finite and positive.

    References:
        Schuirmann (1987), A comparison of the two one-sided tests procedure and the power approach for assessing the
        equivalence of average bioavailability, Journal of Pharmacokinetics and Biopharmaceutics 15.

    Examples:
        >>> estimate = StudentT(effect=0.001, standard_error=0.002, dof=24)
        >>> round(equivalence_p(estimate, margin=0.005), 4)
        0.0285
    """
    if not (math.isfinite(margin) and margin > 0):
        raise InputError(
            "Equivalence needs a finite, positive margin.",
            received=f"margin={margin!r}",
            remedy="Give the largest difference that would not matter to you, in the unit of the metric.",
        )
    above_lower = stdtr(estimate.dof, -(estimate.effect + margin) / estimate.standard_error)
    below_upper = stdtr(estimate.dof, (estimate.effect - margin) / estimate.standard_error)
    return float(max(above_lower, below_upper))
