"""The two kinds of level: alpha of a test, and the confidence level of an interval."""

from __future__ import annotations

from negres_core.errors import InputError


def check_alpha(alpha: float) -> None:
    """Refuse a level of a test that is not between 0 and 0.5.

    Raises:
        InputError: alpha is not between 0 and 0.5.
    """
    if not 0.0 < alpha < 0.5:
        raise InputError(
            "The level of a test lies between 0 and 0.5: at 0.5, it rejects a true null hypothesis half of the time.",
            received=f"alpha={alpha!r}",
            remedy="The usual level is 0.05.",
        )


def check_level(level: float) -> None:
    """Refuse a confidence level that is not between 0 and 1.

    Raises:
        InputError: the level is not between 0 and 1.
    """
    if not 0.0 < level < 1.0:
        raise InputError(
            "A confidence level lies between 0 and 1.",
            received=f"level={level!r}",
            remedy="Give a fraction, not a percentage: 0.95 for the 95% interval.",
        )
