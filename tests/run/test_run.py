"""Runs: their values, inspections, stages and networks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from negres_core import Dataset, Fit, Recipe, beats, to_reach
from negres_core.design import FixedSplit
from negres_core.metrics import METRICS, Metric, Predicted, metric_of
from negres_core.run.arm import Arm
from negres_core.run.run import Run
from tests.fakes import diverge


class FakeModels:
    """Inspects nothing, and returns its arguments."""

    def inspect(self, recipe, replicate):
        return recipe, replicate


def compute():
    """Stand for a fit."""


def test_values_are_ordered_by_repeat_fold_and_seed_with_nan_if_not_finite(new_run):
    run = new_run()
    arm = run.arms[0]
    values = iter([0.0, 1.0, 2.0, None, 4.0, 5.0, 6.0, 7.0])
    replicates = [replicate.updated(metrics={"accuracy": next(values)}) for replicate in arm.replicates]

    array = run.values(replace(arm, stages=[replicates]), "accuracy")

    np.testing.assert_array_equal(array, [[[0, 1], [2, np.nan]], [[4, 5], [6, 7]]])


def test_one_replicate_of_each_arm_is_inspected_the_first_that_stayed_finite(new_run):
    run = replace(diverge(new_run(), arm=1, positions=[0]), models=FakeModels())

    inspections = list(run.inspections())

    assert [(arm.role, replicate.key.seed) for arm, replicate, _ in inspections] == [("treatment", 0), ("control", 1)]
    assert all(inspection == (arm.recipe, replicate) for arm, replicate, inspection in inspections)


def test_an_arm_that_diverged_throughout_is_not_inspected(new_run):
    run = replace(diverge(new_run(), arm=0, positions=range(8)), models=FakeModels())

    assert [arm.role for arm, _, _ in run.inspections()] == ["control"]


def test_without_models_nothing_is_inspected(new_run):
    assert list(new_run().inspections()) == []


def test_stages_that_arms_share_are_named_once_and_fits_are_left_out(new_run):
    run = new_run()
    growth, scratch = run.arms
    fitted = replace(
        growth,
        recipe=Recipe(
            *growth.recipe.stages, Fit(len, inherits=growth.recipe.last.build), preprocess=growth.recipe.preprocess
        ),
    )

    stages = list(replace(run, arms=[growth, fitted, scratch]).stages)

    assert [(arm.role, recipe) for arm, recipe in stages] == [
        ("treatment", growth.recipe.parent),
        ("treatment", growth.recipe),
        ("control", scratch.recipe),
    ]


def test_networks_are_unchanged_without_a_fit(new_run):
    run = new_run()

    assert run.networks == run


def test_networks_leave_out_the_fit_of_an_arm_and_arms_that_are_only_a_fit(new_run):
    run = new_run()
    [growth, scratch] = run.arms
    fit = Fit(compute, inherits=growth.recipe.last.build)
    fitted = replace(growth, recipe=Recipe(*growth.recipe.stages, fit), stages=[*growth.stages, growth.replicates])
    alone = replace(scratch, recipe=Recipe(Fit(compute)))

    [network] = replace(run, arms=[fitted, alone]).networks.arms

    assert network.role == "treatment"
    assert network.recipe == Recipe(*growth.recipe.stages)
    assert network.stages == growth.stages


def test_networks_are_scored_by_the_loss_if_the_claim_is_about_a_metric_of_a_fit(new_run):
    run = new_run()

    assert replace(run, metric=METRICS["f1"]).networks.metric == METRICS["f1"]
    custom = Metric("purity", higher_is_better=True, unit="purity")
    assert replace(run, metric=custom).networks.metric == METRICS["loss"]


def test_the_cell_of_a_replicate_is_the_one_it_was_trained_on(new_run):
    run = new_run()

    for replicate in run.arms[0].replicates:
        cell = run.cell_of(replicate)
        assert (cell.repeat, cell.fold) == (replicate.key.repeat, replicate.key.fold)


def test_a_table_of_row_scores_is_computed_once():
    calls = []

    def share(targets, labels):
        calls.append(len(targets))
        return float(np.mean(targets == labels))

    metric = Metric("share", higher_is_better=True, unit="share", compute=share, takes="labels")
    data = Dataset(x=np.zeros((80, 1)), y=np.arange(80) % 2, name="labels")
    split = FixedSplit(train=range(40), test=range(40, 80), seeds=2)
    arm = Arm("treatment", Recipe(Fit(compute)))
    predicted = {"treatment": [Predicted(None, data.y[40:]), Predicted(None, 1 - data.y[40:])]}
    run = Run(data, split, list(split.split(data)), [arm], metric, predicted=predicted)

    table = run.row_table(arm, metric)
    count = len(calls)

    assert run.row_table(arm, metric) is table
    assert len(calls) == count
    assert (table.scores.shape, table.unit, table.scores.mean(axis=1).tolist()) == ((2, 40), "rows", [1.0, 0.0])


def test_what_judges_predictions_knows_nothing_of_a_cost_but_that_budgets_are_equal(new_run):
    run = new_run(metric="accuracy")
    assert run.scored is run
    claim = beats(to_reach("accuracy", 0.9, in_="steps"))
    cost = metric_of(claim, task="classification", own=[None, None])
    scored = replace(run, metric=cost, claim=claim).scored
    assert (scored.metric.name, scored.claim, scored.equal) == ("accuracy", None, "steps")
    assert replace(run, metric=cost, equal="flops").scored.equal == "flops"
