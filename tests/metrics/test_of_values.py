"""Metrics of values against scikit-learn's own, on 50 random cases each."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
from sklearn import metrics as sk

from negres_core.metrics import METRICS, find_metric
from tests.metrics.cases import regressions

SKLEARN = {
    "mse": sk.mean_squared_error,
    "mae": sk.mean_absolute_error,
    "r2": sk.r2_score,
    "pinball_0.1": partial(sk.mean_pinball_loss, alpha=0.1),
    "pinball_0.9": partial(sk.mean_pinball_loss, alpha=0.9),
}


def test_every_metric_of_values_is_compared():
    of_values = {
        name for name, metric in METRICS.items() if metric.compute is not None and "regression" in metric.tasks
    }
    assert {name for name in SKLEARN if "pinball" not in name} == of_values


@pytest.mark.parametrize("name", SKLEARN)
def test_it_is_that_of_scikit_learn(name):
    for y, predicted in regressions():
        assert find_metric(name).compute(y, predicted) == pytest.approx(SKLEARN[name](y, predicted), rel=1e-12)


def test_images_are_scored_by_all_their_pixels():
    y = np.random.default_rng(0).uniform(size=(4, 5, 5, 3))
    assert find_metric("pinball_0.5").compute(y, y + 0.2) == pytest.approx(0.1)


def test_the_pinball_loss_charges_the_side_of_its_quantile():
    y = np.zeros(2)
    high, low = find_metric("pinball_0.9").compute(y, y + 1), find_metric("pinball_0.9").compute(y, y - 1)
    assert (high, low) == pytest.approx((0.1, 0.9))
