from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.design import Holdout
from negres_core.errors import InputError


def make_data(*, task="classification", groups=None, rows=60):
    y = np.repeat([0, 1, 1], rows // 3) if task == "classification" else np.linspace(0, 1, rows)
    return Dataset(x=np.arange(rows, dtype=np.float32)[:, None], y=y, name="mine", groups=groups)


PAIRS = np.arange(60) // 2


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("groups", [None, PAIRS])
def test_each_split_tests_its_share_of_the_rows_by_a_model_of_the_others(task, groups):
    data = make_data(task=task, groups=groups)
    cells = list(Holdout(0.2, splits=10).split(data))

    assert [(cell.repeat, cell.fold) for cell in cells] == [(r, f) for r in range(2) for f in range(5)]
    for cell in cells:
        assert sorted([*cell.train, *cell.test]) == list(range(60))
        assert len(cell.test) == 12
        if groups is not None:
            assert not set(groups[cell.train]) & set(groups[cell.test])
        if task == "classification":
            assert abs(np.bincount(data.y[cell.test])[1] - 8) <= 2
    assert len({cell.test.tobytes() for cell in cells}) == 10


def test_more_splits_leave_earlier_ones_as_they_are():
    few, many = (list(Holdout(0.2, splits=splits).split(make_data())) for splits in (10, 20))

    assert all(np.array_equal(one.test, other.test) for one, other in zip(few, many, strict=False))


@pytest.mark.parametrize(
    ("test", "splits", "folds", "repeats"), [(0.2, 25, 5, 5), (0.1, 30, 10, 3), (0.2, 7, 7, 1), (0.5, 4, 2, 2)]
)
def test_there_is_a_look_whenever_as_many_rows_were_tested_as_there_are(test, splits, folds, repeats):
    design = Holdout(test, splits=splits)

    assert (design.folds, design.repeats, design.cell_count) == (folds, repeats, splits)
    assert design.first(1).cell_count == folds
    assert design.test_train_ratio == pytest.approx(test / (1 - test))


@pytest.mark.parametrize("test", [0, 0.6, 1, True, "0.2", None, -0.1])
def test_refuses_an_impossible_share(test):
    with pytest.raises(InputError, match="has to be a share of the rows, above 0") as caught:
        Holdout(test)
    assert f"test={test!r}" in str(caught.value)


@pytest.mark.parametrize(("fields", "wrong"), [({"splits": 1}, "`splits` has to be"), ({"seeds": 0}, "`seeds`")])
def test_refuses_impossible_counts(fields, wrong):
    with pytest.raises(InputError, match=wrong):
        Holdout(0.2, **fields)


def test_refuses_data_of_too_few_rows_or_classes():
    with pytest.raises(InputError, match="too few rows in 'mine' for this share"):
        Holdout(0.1).check(Dataset(x=np.zeros((6, 1)), y=np.ones(6), name="mine"))
    with pytest.raises(InputError, match="smallest class"):
        Holdout(0.1).check(Dataset(x=np.zeros((30, 1)), y=[0] * 25 + [1] * 5, name="mine"))
