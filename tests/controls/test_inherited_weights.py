from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core.controls.inherited_weights import check


def test_weights_equal_to_the_parents_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found == (
        "0 of 8 inherited weights differ from the parent's; 1 of 2 of the parent's layers inherited; "
        "0 of 8 replicates inherited none"
    )


def test_the_share_of_the_parents_layers_is_reported(new_run, plant):
    run = new_run()
    first, *rest = run.arms[0].stages[0][0].weights

    finding = check(plant(run, stage=0, weights=[first, *rest, first.updated(path="dropped/kernel")]))

    assert "; 1 of 3 and 1 of 2 of the parent's layers inherited; " in finding.found


@pytest.mark.parametrize("start", ["random", "trained 0 0 0"], ids=["random", "of another cell"])
def test_a_weight_that_is_not_the_parents_fails_by_name(new_run, plant, start):
    run = new_run()
    first, *rest = run.arms[0].replicates[5].weights

    finding = check(plant(run, position=5, weights=[first.updated(start=start), *rest]))

    assert not finding.passed
    assert finding.control == "inherited weights"
    assert finding.found.startswith("1 of 8 inherited weights differ from the parent's: base/kernel;")


def test_a_parent_that_continued_training_after_it_was_saved_fails(new_run, plant):
    run = new_run()
    first, *rest = run.arms[0].stages[0][2].weights

    assert not check(plant(run, stage=0, position=2, weights=[first.updated(end="later"), *rest])).passed


def test_a_stage_that_inherited_nothing_fails(new_run, plant):
    run = new_run()
    weights = [weight.updated(inherited_from=None) for weight in run.arms[0].replicates[0].weights]

    finding = check(plant(run, weights=weights))

    assert not finding.passed
    assert finding.found.endswith("; 1 of 8 replicates inherited none")


def test_an_arm_of_one_stage_has_no_finding(new_run):
    run = new_run()

    assert check(replace(run, arms=run.arms[1:])) is None


def test_a_stage_whose_rule_changes_every_weight_passes(new_run, plant):
    """The control of initial weights applies the rule again."""

    def fade(model, parent):
        pass

    run = new_run()
    (treatment, control) = run.arms
    first, last = treatment.recipe.stages
    recipe = treatment.recipe.with_parts(first, replace(last, start=fade))
    run = replace(run, arms=[replace(treatment, recipe=recipe), control])
    for position in range(8):
        weights = [w.updated(inherited_from=None) for w in run.arms[0].replicates[position].weights]
        run = plant(run, position=position, weights=weights)

    assert check(run).passed
