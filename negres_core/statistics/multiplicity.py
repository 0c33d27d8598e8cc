"""Multiplicity: p-values of a family of hypotheses, corrected for multiple testing."""

from __future__ import annotations

from collections.abc import Mapping

from negres_core.errors import InputError


def holm(p_values: Mapping[str, float | None]) -> dict[str, float]:
    """Adjust the p-values of a family by Holm's step-down method.

    Null hypothesis: that of each member. If each member whose adjusted p-value is at most alpha is rejected, the
    probability of rejecting any true null hypothesis is at most alpha, however the p-values depend on one another.

    A hypothesis that is registered but has not run counts as p = 1. This can only be too strict: a smaller p-value of
    one member never raises the adjusted p-value of another.

    Args:
        p_values: the p-value of each member of the family by its name; None if it has not run.

    Returns:
        The adjusted p-value of every member, in the same order; 1 if it has not run.

    Raises:
        InputError: a p-value is not between 0 and 1.

    References:
        Holm (1979), A simple sequentially rejective multiple test procedure, Scandinavian Journal of Statistics 6.

    Examples:
        >>> holm({"wider": 0.01, "deeper": 0.04, "longer": None})
        {'wider': 0.03, 'deeper': 0.08, 'longer': 1.0}
    """
    family = {name: 1.0 if p is None else float(p) for name, p in p_values.items()}
    outside = {name: p for name, p in family.items() if not 0.0 <= p <= 1.0}
    if outside:
        raise InputError(
            "A p-value lies between 0 and 1.",
            received=", ".join(f"{p!r} for {name!r}" for name, p in outside.items()),
            remedy="Give None for a hypothesis that has no p-value yet.",
        )
    if not family:
        return {}
    from statsmodels.stats.multitest import multipletests

    adjusted = multipletests(list(family.values()), method="holm")[1]
    return dict(zip(family, adjusted.tolist(), strict=True))
