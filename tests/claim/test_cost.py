"""Costs as metrics of a claim: their names, units and targets."""

from __future__ import annotations

import pytest
from sklearn.metrics import fbeta_score, make_scorer

from negres_core import Metric, beats, matches, to_reach
from negres_core.claim.cost import COST_UNITS, COSTS, CostMetric, shared_budget
from negres_core.errors import InputError


@pytest.mark.parametrize(
    ("in_", "name", "unit"),
    [
        ("epochs", "epochs to accuracy 0.9", "epochs"),
        ("steps", "steps to accuracy 0.9", "steps"),
        ("flops", "FLOPs to accuracy 0.9", "FLOPs"),
        ("seconds", "seconds to accuracy 0.9", "s"),
    ],
)
def test_the_way_to_a_target_is_a_metric_of_which_less_is_better(in_, name, unit):
    metric = to_reach("accuracy", 0.9, in_=in_)
    assert (metric.name, metric.unit, metric.higher_is_better) == (name, unit, False)
    assert (metric.watched, metric.target, metric.aim) == ("accuracy", 0.9, "accuracy 0.9")
    assert str(beats(metric, by=2)) == f"beats('{name}', by=2)"


def test_a_claim_keeps_the_metric_that_it_was_given():
    metric = to_reach("accuracy", 0.9)
    assert matches(metric, within=3).own is metric


def test_a_metric_of_the_users_own_and_a_scorer_can_be_watched():
    own = Metric("cost", higher_is_better=False, unit="EUR", compute=lambda targets, outputs: 0.0)
    assert to_reach(own, 5).watched is own
    assert to_reach(make_scorer(fbeta_score, beta=2), 0.8, in_="steps").name == "steps to fbeta_score(beta=2) 0.8"
    assert to_reach("roc_auc_ovr", 0.9).watched == "roc_auc"


def test_the_whole_training_has_a_cost_in_each_unit():
    assert {name: (cost.counted_in, cost.unit, cost.watched) for name, cost in COSTS.items()} == {
        name: (name, unit, None) for name, unit in COST_UNITS.items()
    }


@pytest.mark.parametrize("target", [True, "0.9", None, float("nan"), float("inf")])
def test_a_target_that_is_not_a_finite_number_is_refused(target):
    with pytest.raises(InputError, match="target of to_reach has to be a finite number"):
        to_reach("accuracy", target)


def test_a_cost_that_does_not_exist_is_refused_with_those_that_do():
    with pytest.raises(InputError, match="epochs, steps, flops, seconds"):
        to_reach("accuracy", 0.9, in_="hours")


@pytest.mark.parametrize("metric", ["", None, 3, to_reach("accuracy", 0.9)])
def test_what_is_no_metric_of_predictions_cannot_be_watched(metric):
    with pytest.raises(InputError, match="needs a metric of predictions"):
        to_reach(metric, 0.9)


def test_costs_are_equal_if_their_parts_are():
    assert to_reach("accuracy", 0.9) == to_reach("accuracy", 0.9)
    assert to_reach("accuracy", 0.9) != to_reach("accuracy", 0.8)
    assert isinstance(to_reach("accuracy", 0.9), CostMetric)


def test_runs_that_do_not_reach_a_target_count_at_a_budget_that_both_arms_share():
    for unit in ("epochs", "steps", "flops"):
        assert shared_budget(to_reach("accuracy", 0.9, in_=unit)) == unit
    # Seconds are known when they are spent, and the cost of a whole training needs no budget.
    assert shared_budget(to_reach("accuracy", 0.9, in_="seconds")) is None
    assert shared_budget(COSTS["epochs"]) is None
