from __future__ import annotations

import pytest

from negres_core.controls.finite import check


def test_finished_replicates_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    # 4 cells x 2 seeds, for two stages in one arm and one in the other.
    assert finding.found == "0 of 24 replicates turned NaN or infinite"


@pytest.mark.parametrize(("arm", "stage"), [(0, 0), (0, 1), (1, 0)])
def test_one_replicate_that_is_not_finite_fails_in_any_arm_and_stage(new_run, plant, arm, stage):
    finding = check(plant(new_run(), arm=arm, stage=stage, position=5, status="not finite"))

    assert not finding.passed
    assert finding.control == "finite"
    assert finding.found == "1 of 24 replicates turned NaN or infinite: repeat 1 fold 0 seed 1"
