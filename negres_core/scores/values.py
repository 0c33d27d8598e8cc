"""The values of a table: labels, which only name something, and scores, which are numbers."""

from __future__ import annotations

import functools
import math
import numbers
import re

import numpy as np

from negres_core.errors import InputError

MISSING_TEXTS = frozenset({"", "na", "n/a", "#n/a", "null", "none", "-"})
"""Texts, in lower case, that stand for a value that is missing."""
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?|[+-]?(nan|inf|infinity)", re.IGNORECASE)
_PERCENT = re.compile(r"([+-]?\d+(?:\.\d*)?)\s*%")


def is_missing(value: object) -> bool:
    """Return whether a value is missing: an empty cell, None, or pandas' NA. NaN is a number: a run that diverged."""
    if isinstance(value, str):
        return value.strip().lower() in MISSING_TEXTS
    return value is None or type(value).__name__ in ("NAType", "NaTType")


def label_of(value: object) -> str | None:
    """Return the label of an arm, a repeat, a fold or a seed as text; None if it is missing.

    Whole numbers are the same label however they are written.

    Examples:
        >>> label_of(1.0), label_of(" 01"), label_of("fold 1")
        ('1', '1', 'fold 1')
    """
    if not isinstance(value, str) and (is_missing(value) or (isinstance(value, float) and math.isnan(value))):
        return None
    return _label_of_text(str(value))


@functools.lru_cache(maxsize=1 << 20)
def _label_of_text(text: str) -> str | None:
    text = text.strip()
    if text.lower() in MISSING_TEXTS:
        return None
    if re.fullmatch(r"[+-]?\d+(\.0*)?", text):
        return str(int(text.partition(".")[0]))
    return text


def score_of(value: object, *, from_text: bool) -> float | None:
    """Return a score as a number, which may be NaN or infinite; None if it is missing.

    Args:
        value: the value.
        from_text: whether the table is a text file, in which all values are text.

    Raises:
        InputError: it is not a plain number.
    """
    if type(value) is float or type(value) is int:
        return float(value)
    if is_missing(value):
        return None
    if isinstance(value, numbers.Real | np.number) and not isinstance(value, bool | complex | np.complexfloating):
        return float(value)
    remedy = 'Give plain numbers; in a data frame, convert the column: frame["score"].astype(float).'
    if isinstance(value, str):
        text = value.strip()
        if from_text and _NUMBER.fullmatch(text):
            return float(text)
        if percent := _PERCENT.fullmatch(text):
            remedy = (
                f"Write percent as a share, {float(percent[1]) / 100:g}; or leave the sign out everywhere, and declare "
                "a metric whose unit is percent."
            )
        elif re.fullmatch(r"[+-]?\d+,\d+", text):
            remedy = f"Write a decimal point: {text.replace(',', '.')}."
        elif from_text:
            remedy = "Write a plain number with a decimal point; nan for a run that diverged."
    raise InputError("A score is not a number.", received=repr(value), remedy=remedy)
