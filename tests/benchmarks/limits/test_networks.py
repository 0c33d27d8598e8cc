"""The networks of the growth's limits: only what is varied differs from the article's network."""

import numpy as np
import pytest

from benchmarks.limits.networks import count_predicted, dropping, with_a_spare_output
from benchmarks.test_growth import grown


def layers_of(model):
    """Return the name and the configuration of each layer, without its random seeds."""
    return [(layer.name, {k: v for k, v in layer.get_config().items() if k != "seed"}) for layer in model.layers]


def test_dropping_a_half_is_the_articles_network():
    assert layers_of(dropping((54,), 7, rate=0.5)) == layers_of(grown((54,), 7))


@pytest.mark.parametrize("rate", [0, 0.1])
def test_another_rate_is_all_that_differs(rate):
    differing = [
        (name, {key for key in one if one[key] != other[key]}, one["rate"])
        for (name, one), (_, other) in zip(
            layers_of(dropping((54,), 7, rate=rate)), layers_of(grown((54,), 7)), strict=True
        )
        if one != other
    ]
    assert differing == [("dropout_1", {"rate"}, rate), ("dropout_2", {"rate"}, rate)]


@pytest.mark.parametrize("rate", [0, 0.5])
def test_the_spare_output_is_one_more_class(rate):
    spare = with_a_spare_output((54,), 7, rate=rate)
    assert spare.output_shape == (None, 8)
    assert layers_of(spare)[:-1] == layers_of(dropping((54,), 7, rate=rate))[:-1]


def test_predicted_classes_are_counted_once_whatever_the_targets():
    assert count_predicted(np.arange(5), np.array([0, 3, 3, 6, 0])) == 3
