"""Levels that are refused. Valid levels are tested by every function that takes one."""

from __future__ import annotations

import math

import pytest

from negres_core.errors import InputError
from negres_core.statistics.level import check_alpha, check_level


@pytest.mark.parametrize("alpha", [0.0, 0.5, 1.0, 5, -0.05, math.nan])
def test_an_alpha_lies_between_0_and_one_half(alpha):
    with pytest.raises(InputError, match=r"level of a test lies between 0 and 0\.5") as caught:
        check_alpha(alpha)
    assert f"alpha={alpha!r}" in str(caught.value)
    assert "The usual level is 0.05." in str(caught.value)


@pytest.mark.parametrize("level", [0.0, 1.0, 95, -0.1, math.nan])
def test_a_confidence_level_is_a_fraction(level):
    with pytest.raises(InputError, match="between 0 and 1") as caught:
        check_level(level)
    assert f"level={level!r}" in str(caught.value)
    assert "not a percentage" in str(caught.value)


def test_a_level_in_between_passes():
    check_alpha(0.499)
    check_level(0.999)
