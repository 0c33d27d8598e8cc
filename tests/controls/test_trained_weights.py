from __future__ import annotations

from negres_core.controls.trained_weights import check


def still(run, plant, positions, **fields):
    """Let the new kernel of the control arm end as it began, in these replicates."""
    for position in positions:
        kept, new = run.arms[1].replicates[position].weights
        run = plant(run, arm=1, position=position, weights=[kept, new.updated(end=new.start, **fields)])
    return run


def test_weights_that_moved_pass_and_frozen_weights_do_not_count(new_run):
    finding = check(new_run())

    assert finding.passed
    # 2 of the base, 1 of the grown stage, whose base is frozen, and 2 of the network from scratch.
    assert finding.found == "0 of 5 trainable weights ended as they began in every replicate"


def test_a_weight_that_moved_in_no_replicate_fails_by_name(new_run, plant):
    finding = check(still(new_run(), plant, range(8)))

    assert not finding.passed
    assert finding.control == "trained weights"
    assert finding.found == "1 of 5 trainable weights ended as they began in every replicate: new/kernel"


def test_one_replicate_in_which_a_weight_moved_is_enough(new_run, plant):
    assert check(still(new_run(), plant, range(7))).passed


def test_a_weight_of_size_0_need_not_move(new_run, plant):
    assert check(still(new_run(), plant, range(8), shape=(0, 3))).passed


def test_models_without_trainable_weights_have_no_finding(new_run, plant):
    run = new_run()
    for arm, stage in ((0, 0), (0, 1), (1, 0)):
        for position in range(8):
            run = plant(run, arm=arm, stage=stage, position=position, weights=[])

    assert check(run) is None


def test_a_redundant_weight_is_reported_but_not_a_fault(new_run, plant, with_models):
    """The bias of a layer whose outputs are subtracted from each other has a gradient of exactly zero."""
    finding = check(with_models(still(new_run(), plant, range(8)), redundant=["new/kernel"]))

    assert finding.passed
    assert finding.found == (
        "0 of 5 trainable weights ended as they began in every replicate; redundant, and therefore still: new/kernel"
    )
