from __future__ import annotations

import pytest

from negres_core.controls.initial_weights import check


def resized(run, plant, **changed):
    """Make the new kernel of the control arm large; `at_3=...` sets its initial digest at position 3."""
    for position, replicate in enumerate(run.arms[1].replicates):
        kept, new = replicate.weights
        fields = {"shape": (4, 4)} | ({"start": changed[f"at_{position}"]} if f"at_{position}" in changed else {})
        run = plant(run, arm=1, position=position, weights=[kept, new.updated(**fields)])
    return run


def test_weights_drawn_under_each_seed_pass(new_run, with_models, plant):
    finding = check(with_models(resized(new_run(), plant)))

    assert finding.passed
    # First and last replicate of three stages: 2 weights of the base, 1 of the grown stage that is not inherited, 2 of
    # the network from scratch.
    assert finding.found == (
        "0 of 10 weights differ from those redrawn under the replicate's seed; "
        "0 start from another replicate's final weights; 0 random ones start from another's initial weights"
    )


def test_weights_that_the_seed_does_not_give_fail(new_run, with_models):
    finding = check(with_models(new_run(), redrawn=["made otherwise", "drawn 0 0 0"]))

    assert not finding.passed
    assert finding.control == "initial weights"
    # The base's first weight and the scratch arm's, twice; and the second weight of every last replicate.
    assert finding.found.startswith("7 of 10 weights differ")


@pytest.mark.parametrize("position", [1, 4, 7])
def test_a_replicate_that_continues_from_another_fails_by_the_records_alone(new_run, plant, position):
    run = new_run()
    before = run.arms[1].replicates[position - 1]
    pairs = zip(run.arms[1].replicates[position].weights, before.weights, strict=True)
    weights = [weight.updated(start=left.end) for weight, left in pairs]

    finding = check(plant(run, arm=1, position=position, weights=weights))

    assert not finding.passed
    assert "; 2 start from another replicate's final weights;" in finding.found


def test_two_replicates_with_the_same_initial_weights_fail(new_run, plant, with_models):
    finding = check(with_models(resized(new_run(), plant, at_3="drawn 0 0 0")))

    assert not finding.passed
    assert finding.found.endswith("; 1 random ones start from another's initial weights")


def test_weights_that_begin_at_a_constant_pass(new_run, plant, with_models):
    run = resized(new_run(), plant, **{f"at_{position}": "zeros" for position in range(8)})

    assert check(with_models(run)).passed


def test_a_constant_that_one_replicate_never_left_was_not_carried_over(new_run, plant, with_models):
    run = resized(new_run(), plant, **{f"at_{position}": "zeros" for position in range(8)})
    kept, new = run.arms[1].replicates[2].weights

    assert check(with_models(plant(run, arm=1, position=2, weights=[kept, new.updated(end="zeros")]))).passed


def test_models_without_weights_have_no_finding(new_run, plant):
    run = new_run()
    for arm, stage in ((0, 0), (0, 1), (1, 0)):
        for position in range(8):
            run = plant(run, arm=arm, stage=stage, position=position, weights=[])

    assert check(run) is None


def test_the_rule_of_a_stage_is_applied_again_to_the_parent_of_each_replicate(new_run, with_models):
    run = with_models(new_run())
    given = []

    def redraw(recipe, replicate, parent=None):
        given.append((replicate.key.fold, None if parent is None else parent.key.fold, len(recipe.stages)))
        return [weight.start for weight in replicate.weights]

    run.models.redraw_weights = redraw
    assert check(run).passed
    assert all(parent == fold for fold, parent, stages in given if stages == 2)
    assert all(parent is None for _, parent, stages in given if stages == 1)
    assert {stages for *_, stages in given} == {1, 2}
