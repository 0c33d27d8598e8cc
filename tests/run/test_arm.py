"""Arms: their replicates, and which of them stayed finite."""

from __future__ import annotations

import pytest

from tests.fakes import diverge


def test_the_replicates_of_an_arm_are_those_of_its_last_stage(new_run):
    [base, grown] = new_run().arms[0].stages

    assert new_run().arms[0].replicates == grown != base


@pytest.mark.parametrize(("diverged", "position"), [((), 0), ((0,), 1), ((0, 1, 4), 2), (range(8), None)], ids=str)
def test_the_first_finished_replicate_is_the_first_that_stayed_finite(new_run, diverged, position):
    assert diverge(new_run(), arm=1, positions=diverged).arms[1].first_finished == position
