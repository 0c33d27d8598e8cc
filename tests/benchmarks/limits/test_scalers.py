"""The scalers of the scaling family: what they make of rows, and what the leaking one knows."""

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from benchmarks.limits.scalers import min_max_of_all, rescale, standard
from negres_core import Dataset

ROWS = np.random.default_rng(0).normal(loc=5, scale=3, size=(60, 4)).astype(np.float32)


def test_standard_scaling_gives_a_mean_of_0_and_a_deviation_of_1():
    scaled = standard().fit_transform(ROWS)
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-6)


def test_the_leaking_scaler_has_the_ranges_of_all_rows_whatever_it_is_fitted_on():
    preprocess = min_max_of_all(Dataset(x=ROWS, y=np.arange(60) % 2, name="rows"))
    whole = MinMaxScaler().fit_transform(ROWS)
    for fold in (slice(0, 20), slice(20, 60)):
        np.testing.assert_allclose(preprocess().fit(ROWS[fold]).transform(ROWS), whole, atol=1e-6)
    assert not np.allclose(MinMaxScaler().fit(ROWS[:20]).transform(ROWS), whole, atol=1e-3)


@pytest.mark.parametrize("value", [0.0, 7.0])
def test_a_constant_feature_becomes_0(value):
    x = np.full((3, 1), value)
    np.testing.assert_array_equal(rescale(x, low=x.min(axis=0), high=x.max(axis=0)), 0)
