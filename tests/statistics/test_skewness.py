"""Skewness, against SciPy and simulation, and the share of the level that cells are trusted with."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.stats

from negres_core.statistics.skewness import share_of_level, skewness_limit, skewness_of


@pytest.mark.parametrize("size", [3, 5, 25, 100])
@pytest.mark.parametrize("scale", [1e-200, 1.0, 1e200])
def test_is_the_coefficient_of_scipy(size, scale):
    values = np.random.default_rng(size).exponential(size=size)

    assert skewness_of(values * scale) == pytest.approx(scipy.stats.skew(values, bias=False))
    assert skewness_of(-values * scale) == pytest.approx(-skewness_of(values * scale))


@pytest.mark.parametrize("values", [[0.1, 0.4], [0.3, 0.3, 0.3], [1e-320, 1e-320, 1e-320]])
def test_two_values_and_equal_values_have_no_skewness(values):
    assert skewness_of(np.array(values)) == 0.0


def test_a_matrix_is_one_sample():
    cells = np.random.default_rng(0).exponential(size=(5, 5))

    assert skewness_of(cells) == skewness_of(cells.ravel())


@pytest.mark.parametrize("cells", [5, 25, 100])
def test_normal_cells_exceed_the_limit_about_as_often_as_it_says(cells):
    samples = np.random.default_rng(cells).normal(size=(20_000, cells))

    above = (scipy.stats.skew(samples, axis=1, bias=False) > skewness_limit(cells)).mean()

    assert 0.04 < above < 0.06


def test_two_cells_cannot_show_a_skewness():
    assert skewness_limit(2) == math.inf
    assert skewness_limit(3) < math.inf


def test_the_share_grows_with_the_cells_up_to_20():
    shares = [share_of_level(cells, skewed=False) for cells in (2, 5, 10, 15, 20, 25, 1000)]

    assert shares == pytest.approx([0.1, 0.1, (9 / 19) ** 2, (14 / 19) ** 2, 1.0, 1.0, 1.0])


@pytest.mark.parametrize("cells", [5, 25, 1000])
def test_skewed_cells_get_nearly_nothing(cells):
    assert share_of_level(cells, skewed=True) == 0.01
