"""Cells have the validation rows that the claim or an arm needs: those of the design, or some of each training fold."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, beats, to_reach
from negres_core.design import FixedSplit, KFolds, cells_of
from negres_core.errors import InputError
from negres_core.metrics import METRICS, metric_of

DATA = Dataset(x=np.zeros((300, 1)), y=np.arange(300) % 2, name="rows")
TO_TARGET = metric_of(beats(to_reach("accuracy", 0.8)), task=DATA.task)


@pytest.mark.parametrize(
    "design", [FixedSplit(train=range(120), validation=range(120, 160), test=range(160, 200)), KFolds(4, repeats=1)]
)
def test_cells_have_validation_rows_only_if_a_target_is_measured_on_them(design):
    data = Dataset(x=np.zeros((200, 1)), y=np.arange(200) % 2, name="rows")
    to_target = metric_of(beats(to_reach("accuracy", 0.8)), task=data.task)

    assert all(cell.validation is None for cell in cells_of(design, data, METRICS["accuracy"]))
    assert all(len(cell.validation) >= 30 for cell in cells_of(design, data, to_target))


def test_the_validation_rows_of_the_design_are_those_of_validation_true():
    own = FixedSplit(train=range(150), validation=range(150, 200), test=range(200, 300), seeds=2)
    for cell in cells_of(own, DATA, METRICS["accuracy"], [True, None]):
        np.testing.assert_array_equal(cell.validation, np.arange(150, 200))
        np.testing.assert_array_equal(cell.train, np.arange(150))
    assert all(cell.validation is None for cell in cells_of(own, DATA, METRICS["accuracy"], [None]))
    with pytest.raises(InputError, match="The design has validation rows"):
        cells_of(own, DATA, METRICS["accuracy"], [0.1])


def test_a_target_is_measured_on_the_rows_that_both_arms_hold_out():
    design = KFolds(folds=3, repeats=1)
    assert {len(cell.validation) for cell in cells_of(design, DATA, TO_TARGET, [0.2, 0.2])} == {40}
    assert {len(cell.validation) for cell in cells_of(design, DATA, TO_TARGET, [True, None])} == {30}
    with pytest.raises(InputError, match="have to be the same for both arms"):
        cells_of(design, DATA, TO_TARGET, [0.2, None])
