from __future__ import annotations

from negres_core.controls.trained_weights import check


def still(run, plant, positions, **fields):
    """Let the new kernel of the control arm end as it began, in some replicates."""
    for position in positions:
        kept, new = run.arms[1].replicates[position].weights
        run = plant(run, arm=1, position=position, weights=[kept, new.updated(end=new.start, **fields)])
    return run


def test_weights_that_moved_pass_and_frozen_ones_do_not_count(new_run):
    finding = check(new_run())

    assert finding.passed
    # Two of the base, one of the grown stage whose base is frozen, two alone.
    assert finding.found == "0 of 5 trainable weights ended in every replicate as they began"


def test_a_weight_that_moved_in_no_replicate_fails_by_name(new_run, plant):
    finding = check(still(new_run(), plant, range(8)))

    assert not finding.passed
    assert finding.control == "trained weights"
    assert finding.found == "1 of 5 trainable weights ended in every replicate as they began: new/kernel"


def test_one_replicate_in_which_it_moved_is_enough(new_run, plant):
    assert check(still(new_run(), plant, range(7))).passed


def test_a_weight_without_numbers_cannot_move(new_run, plant):
    assert check(still(new_run(), plant, range(8), shape=(0, 3))).passed


def test_nothing_trainable_is_nothing_to_look_at(new_run, plant):
    run = new_run()
    for arm, stage in ((0, 0), (0, 1), (1, 0)):
        for position in range(8):
            run = plant(run, arm=arm, stage=stage, position=position, weights=[])

    assert check(run) is None
