"""Two spirals: the data of Fahlman and Lebiere, and that units are added until all points are told right."""

import numpy as np
import pytest

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


@pytest.mark.slow
def test_cascades_solve_two_spirals_with_12_to_19_units():
    """As those of Fahlman and Lebiere do: 15.2 on average. Rounding decides over the units of any one of them."""
    runs = list(command.count_units(seeds=5, most=25).values())

    assert [accuracy[-1] for accuracy in runs] == [1] * 5
    assert 12 <= np.mean([len(accuracy) - 1 for accuracy in runs]) <= 19


def test_the_command_prints_the_units_that_were_needed(monkeypatch, capsys):
    found = {0: [0.5, 0.75, 1.0], 1: [0.5, 0.75, 0.8, 1.0], 2: [0.5, 0.9]}
    monkeypatch.setattr(command, "count_units", lambda *, seeds, most, epochs: found)
    command.main(["--seeds", "3", "--most", "3"])

    assert capsys.readouterr().out.splitlines() == [
        "seed 0: 2 units; accuracy 0.50 0.75 1.00",
        "seed 1: 3 units; accuracy 0.50 0.75 0.80 1.00",
        "seed 2: not solved with 3 units; accuracy 0.50 0.90",
        "2 of 3 solved, with 2 to 3 units, mean 2.5; Fahlman and Lebiere: 100 of 100, 12 to 19, mean 15.2",
    ]


def test_the_command_says_that_none_was_solved(monkeypatch, capsys):
    monkeypatch.setattr(command, "count_units", lambda *, seeds, most, epochs: {0: [0.5]})
    command.main(["--seeds", "1"])

    assert "0 of 1 solved; Fahlman" in capsys.readouterr().out
