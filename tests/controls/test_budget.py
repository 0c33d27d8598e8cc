from __future__ import annotations

import pytest

from negres_core.controls.budget import check


def test_replicates_trained_as_asked_pass_and_the_arms_stand_beside_each_other(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found == (
        "0 of 24 replicates were trained longer or shorter than their recipe says; "
        "treatment 4 epochs, 12 steps, 8 trainable weights; control 2 epochs, 6 steps, 8 trainable weights"
    )


@pytest.mark.parametrize(
    "fields",
    [
        {"curve": [0.7]},
        {"curve": [0.7, 0.6, 0.5]},
        {"budget": {"epochs": 2, "steps": 5}},
        {"budget": {"epochs": 3, "steps": 6}},
        {"budget": {}},
    ],
    ids=str,
)
def test_a_replicate_trained_otherwise_fails(new_run, plant, fields):
    finding = check(plant(new_run(), stage=0, position=2, **fields))

    assert not finding.passed
    assert finding.control == "budget"
    assert finding.found.startswith("1 of 24 replicates")


def test_one_that_diverged_stopped_there(new_run, plant):
    assert check(plant(new_run(), position=2, status="not finite", curve=[None])).passed
