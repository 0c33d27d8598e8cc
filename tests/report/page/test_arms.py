from __future__ import annotations

import pytest

from negres_core.report.page.arms import compare_arms
from tests.report.page.suites import write_hypothesis


@pytest.fixture
def evidence(store):
    return write_hypothesis(store, effect=0.05)


def facts_of(evidence, store):
    ids = [id for arm in evidence.arms for id in arm.own_replicates]
    return {fact.name: fact.values for fact in compare_arms(evidence, {id: store.read_replicate(id) for id in ids})}


def test_budget_and_cost_stand_side_by_side(evidence, store):
    facts = facts_of(evidence, store)
    assert facts["epochs"] == ["2", "2"]
    assert facts["replicates"] == ["10", "10"]
    assert facts["training, all replicates"] == ["40 s", "40 s"]
    assert facts["training, median replicate"] == ["4 s", "4 s"]
    assert facts["peak memory"] == ["1,024 MiB"] * 2
    assert facts["reached rate"] == ["2 GFLOP/s"] * 2


def test_metrics_have_the_interval_of_the_corrected_t_test(evidence, store):
    """By hand: 2.262157 * 0.02 * sqrt(1/10 + 1/4) = 0.0267664, with 9 degrees of freedom."""
    names = list(facts := facts_of(evidence, store))
    assert names[-2:] == ["accuracy (claimed)", "loss"]
    assert facts["accuracy (claimed)"] == ["0.7500 [0.7232, 0.7768]", "0.7000 [0.6732, 0.7268]"]


def test_a_metric_without_an_estimate_has_its_range(evidence, store):
    facts = facts_of(evidence.updated(estimate=None), store)
    assert facts["loss"] == ["0.7500 (cells from 0.7000 to 0.8000)", "0.7000 (cells from 0.6500 to 0.7500)"]


def test_a_metric_that_is_not_finite_says_so(evidence, store):
    spread = {"mean": None, "sd": None, "min": None, "max": None}
    arms = [arm.updated(metrics={"accuracy": spread}) for arm in evidence.arms]
    assert facts_of(evidence.updated(arms=arms), store)["accuracy (claimed)"] == ["not finite"] * 2


def test_replicates_that_are_missing_or_diverged_are_counted(evidence, store):
    known = {id: store.read_replicate(id) for arm in evidence.arms for id in arm.own_replicates}
    first, second, third = list(known)[:3]
    known |= {first: None, second: known[second].updated(status="not finite")}
    del known[third]
    [fact] = [each for each in compare_arms(evidence, known) if each.name == "replicates"]
    assert fact.values == ["10 (2 missing, 1 not finite)", "10"]


def test_what_no_arm_has_is_left_out(evidence):
    arms = [arm.updated(budget=evidence.arms[0].budget.updated(step_flops=0)) for arm in evidence.arms]
    names = [fact.name for fact in compare_arms(evidence.updated(arms=arms), {})]
    assert "operations a step" not in names
    assert "peak memory" not in names
    assert "epochs" in names
