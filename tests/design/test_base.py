from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.design import Cell, Holdout, KFolds, LeaveOneGroupOut, TimeSeries, count_units


def test_a_cell_is_identified_by_its_test_rows_if_it_is_trained_on_all_others():
    every = np.arange(6, dtype=np.int32)
    whole, other = Cell(0, 0, every[:4], every[4:]), Cell(0, 0, every[1:4], every[4:])

    assert whole.digest(6) == Cell(1, 2, every[:4], every[4:]).digest(6)
    assert len({whole.digest(6), other.digest(6), Cell(0, 0, every[:3], every[4:]).digest(6)}) == 3


def test_units_are_groups_if_there_are_any():
    assert count_units(Dataset(x=np.zeros((4, 1)), y=np.ones(4), name="rows")) == 4
    assert count_units(Dataset(x=np.zeros((4, 1)), y=np.ones(4), name="pairs", groups=[0, 0, 1, 1])) == 2


@pytest.mark.parametrize(
    ("design", "parts"), [(KFolds(5), 5), (Holdout(0.1), 10), (Holdout(0.3), 3), (LeaveOneGroupOut(groups=7), 7)]
)
def test_the_parts_are_the_k_of_the_k_folds_with_this_ratio(design, parts):
    assert design.parts == parts


@pytest.mark.parametrize(
    ("design", "words"),
    [
        (KFolds(5, repeats=1), "5 folds x 1 repeat"),
        (Holdout(0.2, splits=10), "10 random splits, 0.2 of the rows tested in each"),
        (LeaveOneGroupOut(groups=7), "each of 7 groups left out once"),
        (TimeSeries(4), "4 folds forward in time"),
        (TimeSeries(1, gap=3), "1 fold forward in time, gap 3"),
    ],
)
def test_the_cells_in_words(design, words):
    assert design.layout() == words
    assert design.does_not_show.endswith(".")
