from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.design import LeaveOneGroupOut
from negres_core.errors import InputError

PATIENTS = np.array(["ann", "bob", "eve"])[np.array([0, 0, 0, 1, 1, 2, 2, 2, 2])]


def make_data(groups=PATIENTS, y=None):
    return Dataset(x=np.zeros((9, 1)), y=np.ones(9) if y is None else y, name="mine", groups=groups)


def test_each_group_is_tested_once_by_a_model_of_the_others():
    data = make_data()
    design = LeaveOneGroupOut(seeds=2).on(data)

    cells = list(design.split(data))

    assert (design.folds, design.repeats, design.seeds, design.looks) == (3, 1, 2, False)
    assert [cell.test.tolist() for cell in cells] == [[0, 1, 2], [3, 4], [5, 6, 7, 8]]
    assert all(sorted([*cell.train, *cell.test]) == list(range(9)) for cell in cells)
    assert design.test_train_ratio == 0.5


@pytest.mark.parametrize(
    ("groups", "y", "wrong"),
    [
        (None, None, "'mine' has no groups"),
        (np.arange(9) // 5, None, "needs 3 groups or more"),
        (PATIENTS, [0, 1, 0, 1, 0, 1, 2, 2, 2], "occurs in one group only"),
    ],
)
def test_refuses_data_without_groups_enough(groups, y, wrong):
    with pytest.raises(InputError, match=wrong):
        LeaveOneGroupOut().on(make_data(groups, y))


def test_refuses_an_impossible_number_of_seeds():
    with pytest.raises(InputError, match="`seeds` has to be an integer of 1 or more"):
        LeaveOneGroupOut(seeds=0)
