from __future__ import annotations

import pytest

from negres_core.report.page.scale import Scale, label


def test_values_lie_between_the_pixels_of_the_ends():
    scale = Scale(-1.0, 3.0, 100, 500)
    assert [scale.at(value) for value in (-1, 0, 3)] == [100, 200, 500]
    assert [scale.at(value) for value in (-9, 9)] == [100, 500]
    assert scale.holds(3.0)
    assert not scale.holds(3.1)


def test_equal_ratios_are_equal_distances_on_a_logarithmic_scale():
    scale = Scale(0.01, 1.0, 0, 100, logarithmic=True)
    assert scale.at(0.1) == pytest.approx(50)
    assert scale.ticks() == pytest.approx([0.01, 0.1, 1.0])
    assert scale.at(0) == 0  # no logarithm, and below the scale


@pytest.mark.parametrize("values", [[], [0.0], [5.0], [-2.0, -2.0], [1e-300, 2e-300], [1e300, -1e300]])
def test_there_is_a_scale_for_any_values(values):
    scale = Scale.over(values, 0, 10)
    assert scale.low < scale.high
    assert all(0 < scale.at(value) < 10 for value in values)


def test_ticks_are_round_and_on_the_scale():
    assert Scale(-0.34, 0.11, 0, 1).ticks() == pytest.approx([-0.3, -0.2, -0.1, 0.0, 0.1])


def test_ticks_of_counts_are_whole():
    assert Scale(1, 4, 0, 1, whole=True).ticks() == [1, 2, 3, 4]
    assert Scale(1, 2, 0, 1, whole=True).ticks() == [1, 2]


@pytest.mark.parametrize(
    ("ticks", "labels"),
    [
        ([-0.1, 0.0, 0.1], ["-0.1", "0", "+0.1"]),
        ([0.0, 0.025, 0.05], ["0", "+0.025", "+0.050"]),
        ([5.0, 10.0], ["+5", "+10"]),
        ([1e-6, 1e-4, 0.01, 1.0], ["+1e-06", "+0.0001", "+0.01", "+1"]),
        ([2e6], ["+2e+06"]),
    ],
)
def test_ticks_have_the_decimals_that_they_need(ticks, labels):
    assert [label(each, ticks, sign=True) for each in ticks] == labels
