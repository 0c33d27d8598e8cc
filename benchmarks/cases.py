"""The cases of a hypothesis: on which data sets it is decided, with which parameters, and what is expected."""

from __future__ import annotations

import pytest

FIVE_REPEATS = {"folds": 5, "repeats": 5}


def on(*cases, by=()):
    """Parametrize a hypothesis by data set, by other parameters, and by expected verdict."""
    return pytest.mark.parametrize(("data", *by, "expected"), cases, indirect=["data"])
