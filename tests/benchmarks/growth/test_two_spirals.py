"""Two spirals: the data of Fahlman and Lebiere, and that units are added until all points are told right."""

import numpy as np

from benchmarks.growth import two_spirals as command


def test_two_spirals_wind_three_times_around_each_other():
    data = command.two_spirals()
    x, y = data.x, data.y

    assert x.shape == (194, 2)
    np.testing.assert_array_equal(x[:97], -x[97:])
    radii, turns = np.hypot(*x[:97].T), np.unwrap(np.arctan2(x[:97, 0], x[:97, 1])) / (2 * np.pi)
    assert turns[-1] - turns[0] == 3
    assert (radii[0], radii[-1]) == (6.5, 0.5)
    assert y.tolist() == [0] * 97 + [1] * 97


def test_a_cascade_grows_until_its_units_are_as_many_as_allowed():
    [accuracy] = command.count_units(seeds=1, most=1, epochs=30).values()

    assert len(accuracy) == 2  # without a unit, and with one
    assert 0.4 < accuracy[0] < 0.6  # no straight line tells the spirals
    assert accuracy[1] < 1


def test_the_command_prints_the_units_that_were_needed(monkeypatch, capsys):
    monkeypatch.setattr(command, "count_units", lambda *, seeds, most: {0: [0.5, 0.75, 1.0], 1: [0.5, 0.9]})
    command.main(["--seeds", "2", "--most", "2"])

    assert capsys.readouterr().out.splitlines() == [
        "seed 0: 2 units; accuracy 0.50 0.75 1.00",
        "seed 1: not solved with 2 units; accuracy 0.50 0.90",
    ]
