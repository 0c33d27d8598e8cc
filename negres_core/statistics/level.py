"""The two levels a question is asked at: alpha of a test, and the confidence level of an interval."""

from __future__ import annotations

from negres_core.errors import InputError


def check_alpha(alpha: float) -> None:
    """Refuse a level of a test that is not between 0 and .5.

    Raises:
        InputError: alpha is not between 0 and .5.
    """
    if not 0.0 < alpha < 0.5:
        raise InputError(
            "The level of a test lies between 0 and .5; from there on, it would rather reject a true null than not.",
            received=f"alpha={alpha!r}",
            remedy="The usual level is .05.",
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
            remedy="Give a fraction, not per cent: .95 for the 95% interval.",
        )
