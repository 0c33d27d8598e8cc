from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.design import FixedSplit
from negres_core.errors import InputError


def make_data(*, y=None, groups=None, rows=100):
    return Dataset(x=np.zeros((rows, 1)), y=np.linspace(0, 1, rows) if y is None else y, name="mine", groups=groups)


def test_each_seed_is_a_repeat_of_the_same_cell():
    design = FixedSplit(train=range(50), validation=range(50, 60), test=range(60, 100), seeds=3)

    cells = list(design.split(make_data()))

    assert (design.repeats, design.folds, design.seeds_per_cell, design.looks) == (3, 1, 1, False)
    assert [(cell.repeat, cell.fold) for cell in cells] == [(0, 0), (1, 0), (2, 0)]
    assert {(len(c.train), len(c.validation), len(c.test)) for c in cells} == {(50, 10, 40)}
    assert design.test_train_ratio == 0.8
    assert design.layout() == "3 seeds on one split, 50 training rows, 10 validation rows and 40 test rows"
    assert design.layout(2).startswith("2 of 3 seeds on one split")
    assert design.stopping == "one look, after the last seed"


@pytest.mark.parametrize("pair", [("train", "test"), ("validation", "test"), ("train", "validation")])
def test_refuses_rows_of_two_parts(pair):
    rows = {"train": range(40), "validation": range(40, 50), "test": range(50, 100)}
    rows[pair[1]] = [*rows[pair[1]], rows[pair[0]][0]]
    with pytest.raises(InputError, match=f"`{pair[0]}` and `{pair[1]}` share rows"):
        FixedSplit(**rows)


@pytest.mark.parametrize(
    ("data", "wrong"),
    [
        (make_data(rows=90), "a row that the data set does not have"),
        (make_data(groups=np.arange(100) % 50), "A group has rows in `train` and in `test`"),
        (make_data(groups=np.arange(100) // 4), "fewer than 30 groups"),
        (make_data(y=np.repeat([0, 1], 50)), "A class occurs in `test` and not in `train`"),
    ],
)
def test_refuses_data_that_the_split_cannot_decide_on(data, wrong):
    with pytest.raises(InputError, match=wrong):
        FixedSplit(train=range(50), test=range(50, 100)).check(data)


def test_refuses_few_test_rows_and_impossible_seeds():
    with pytest.raises(InputError, match="fewer than 30 rows"):
        FixedSplit(train=range(50), test=range(50, 79)).check(make_data())
    with pytest.raises(InputError, match="`seeds` has to be"):
        FixedSplit(train=range(50), test=range(50, 90), seeds=0)
