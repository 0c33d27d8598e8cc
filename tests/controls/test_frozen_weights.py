from __future__ import annotations

from dataclasses import replace

from negres_core.controls.frozen_weights import check


def weights_of(run, *, position, **fields):
    """Return the weights of one replicate of the grown network, with changes to the inherited one."""
    first, *rest = run.arms[0].replicates[position].weights
    return [first.updated(**fields), *rest]


def test_weights_that_did_not_move_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found == "0 of 8 frozen weights moved; 0 of 8 replicates froze none"


def test_a_frozen_weight_that_moved_fails_by_name(new_run, plant):
    run = new_run()

    finding = check(plant(run, position=3, weights=weights_of(run, position=3, end="moved")))

    assert not finding.passed
    assert finding.control == "frozen weights"
    assert finding.found.startswith("1 of 8 frozen weights moved: base/kernel;")


def test_a_stage_that_should_freeze_layers_but_froze_none_fails(new_run, plant):
    run = new_run()

    finding = check(plant(run, weights=weights_of(run, position=0, frozen=False)))

    assert not finding.passed
    assert finding.found.endswith("; 1 of 8 replicates froze none")


def test_arms_that_freeze_nothing_have_no_finding(new_run):
    run = new_run()

    assert check(replace(run, arms=run.arms[1:])) is None
