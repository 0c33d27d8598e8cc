from __future__ import annotations

import pytest

from negres_core.controls.paired_cells import check


def test_arms_on_the_same_cells_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found == "0 of 24 replicates do not match the cell and seed of their position; 1 data set"


@pytest.mark.parametrize("field", ["rows", "fold", "repeat", "seed"])
@pytest.mark.parametrize(("arm", "stage"), [(0, 0), (0, 1), (1, 0)])
def test_a_replicate_of_another_cell_fails(new_run, plant, field, arm, stage):
    run = new_run()
    key = run.arms[arm].stages[stage][3].key
    other = "0" * 32 if field == "rows" else 1 - getattr(key, field)

    finding = check(plant(run, arm=arm, stage=stage, position=3, key=key.updated(**{field: other})))

    assert not finding.passed
    assert finding.control == "paired cells"
    assert finding.found.startswith("1 of 24 replicates")


def test_arms_on_two_data_sets_fail(new_run, plant):
    run = new_run()
    key = run.arms[1].replicates[0].key

    finding = check(plant(run, arm=1, key=key.updated(data="e" * 64)))

    assert not finding.passed
    assert finding.found.endswith("; 2 data sets")
