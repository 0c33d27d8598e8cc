"""Two spirals: the data of Fahlman and Lebiere, and that units are added until all points are told right."""

import numpy as np

from benchmarks.growth.two_spirals import count_units, main, two_spirals


def test_two_spirals_wind_three_times_around_each_other():
    data = two_spirals()
    x, y = data.x, data.y

    assert x.shape == (194, 2)
    np.testing.assert_array_equal(x[:97], -x[97:])
    radii, turns = np.hypot(*x[:97].T), np.unwrap(np.arctan2(x[:97, 0], x[:97, 1])) / (2 * np.pi)
    assert turns[-1] - turns[0] == 3
    assert (radii[0], radii[-1]) == (6.5, 0.5)
    assert y.tolist() == [0] * 97 + [1] * 97
