from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from negres_core.controls.disjoint_folds import check
from negres_core.design import Cell


def with_cell(run, **rows):
    """Replace rows of the second cell."""
    cells = list(run.cells)
    cells[1] = Cell(0, 1, rows.get("train", cells[1].train), rows.get("test", cells[1].test))
    return replace(run, cells=cells)


def test_the_folds_of_a_design_pass(new_run):
    finding = check(new_run())

    assert finding.passed
    assert finding.found == "0 rows and 0 groups in both folds of a cell; 0 rows not tested once per repeat"


def test_whole_groups_pass(new_run):
    assert check(new_run(groups=np.arange(40) // 2)).passed


def test_a_row_in_both_folds_fails(new_run):
    run = new_run()
    cell = run.cells[1]

    finding = check(with_cell(run, train=np.append(cell.train, cell.test[:3])))

    assert not finding.passed
    assert finding.control == "disjoint folds"
    assert finding.found.startswith("3 rows and 0 groups in both")


@pytest.mark.parametrize("rows", [slice(1, None), slice(None, -2)])
def test_a_row_that_is_never_tested_fails(new_run, rows):
    run = new_run()
    kept = run.cells[1].test[rows]

    finding = check(with_cell(run, test=kept))

    assert not finding.passed
    assert finding.found.endswith(f"; {len(run.cells[1].test) - len(kept)} rows not tested once per repeat")


def test_a_row_that_is_tested_twice_fails(new_run):
    run = new_run()

    finding = check(with_cell(run, test=run.cells[1].test.repeat([2] + [1] * 19)))

    assert not finding.passed
    assert finding.found.endswith("; 1 rows not tested once per repeat")


def test_a_group_cut_in_two_fails(new_run):
    run = new_run()
    first, second = int(run.cells[0].train[0]), int(run.cells[0].test[0])
    groups = np.arange(40)
    groups[second] = first

    finding = check(replace(run, data=new_run(groups=groups).data))

    assert not finding.passed
    assert finding.found.startswith("0 rows and ")
    assert "and 0 groups" not in finding.found
