"""Metrics as users declare them."""

from __future__ import annotations

import dataclasses
import functools

import numpy as np
import pytest

from negres_core import Metric
from negres_core.errors import InputError
from negres_core.evidence.description import MetricDescription

RANK = Metric("rank", higher_is_better=True, unit="rank")


def cost(targets, outputs, weight=1):
    return weight * float(np.mean(targets != outputs))


def test_all_but_the_name_of_a_metric_is_given_by_keyword():
    with pytest.raises(InputError, match="takes only `name` without a name") as caught:
        Metric("rank", True, "rank")
    assert "Metric(name, higher_is_better=..., unit=...)" in caught.value.remedy


def test_the_fields_of_a_metric_are_those_of_stored_evidence():
    """Replicates of a fit are stored under a digest of them: a change here retrains every fit with metrics."""
    assert list(MetricDescription.of(RANK).model_dump().items()) == [
        ("name", "rank"),
        ("higher_is_better", True),
        ("unit", "rank"),
        ("tasks", []),
    ]


def test_a_metric_is_recorded_under_its_name_until_its_code_is_known():
    metric = Metric("cost", higher_is_better=False, unit="EUR", compute=cost)
    assert metric.key == "cost"
    assert metric.with_code("ab" * 32).key == "cost@abababababab"
    assert metric.with_code("ab" * 32) == metric
    assert metric.with_code("ab" * 32).compute is cost


class NotHashable:
    """A function object that cannot be hashed."""

    __hash__ = None

    def __call__(self, targets, outputs):
        return 0.0


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"name": ""}, "A metric needs a name"),
        ({"name": 3}, "A metric needs a name"),
        ({"compute": 3}, "`compute` of the metric 'cost' has to be a function"),
        ({"compute": lambda targets: 0}, "has to be a function of the targets and of what an arm predicts"),
        ({"compute": lambda a, b, c: 0}, "has to be a function of the targets and of what an arm predicts"),
        ({"compute": NotHashable()}, "has to be a function of the targets and of what an arm predicts"),
        ({"takes": "scores"}, "`takes` of the metric 'cost'"),
    ],
)
def test_refuses_what_is_no_metric(fields, wrong):
    with pytest.raises(InputError, match=wrong):
        Metric(**{"name": "cost", "higher_is_better": False, "unit": "EUR", "compute": cost} | fields)


def test_arguments_can_be_set_beforehand():
    metric = Metric("cost", higher_is_better=False, unit="EUR", compute=functools.partial(cost, weight=3))
    assert metric.compute(np.array([0, 1]), np.array([1, 1])) == 1.5
    assert dataclasses.replace(metric, unit="USD").compute is metric.compute
