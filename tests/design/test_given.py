from __future__ import annotations

import numpy as np
import pytest
from sklearn.model_selection import (
    GroupKFold,
    KFold,
    LeaveOneGroupOut,
    LeavePOut,
    PredefinedSplit,
    RepeatedKFold,
    RepeatedStratifiedKFold,
    ShuffleSplit,
    StratifiedKFold,
    TimeSeriesSplit,
)

from negres_core import Dataset
from negres_core.design import KFolds, as_design
from negres_core.errors import InputError

GROUPS = np.arange(100) % 10


def make_data(**fields):
    return Dataset(**{"x": np.zeros((100, 1)), "y": np.arange(100) % 2, "name": "mine"} | fields)


@pytest.mark.parametrize(
    ("splitter", "fields", "kind", "folds", "repeats"),
    [
        (KFold(5), {}, "k folds", 5, 1),
        (StratifiedKFold(4, shuffle=True, random_state=0), {}, "k folds", 4, 1),
        (RepeatedStratifiedKFold(n_splits=5, n_repeats=3, random_state=0), {}, "k folds", 5, 3),
        (RepeatedKFold(n_splits=3, n_repeats=2, random_state=1), {}, "k folds", 3, 2),
        (GroupKFold(5), {"groups": GROUPS}, "k folds", 5, 1),
        (LeaveOneGroupOut(), {"groups": GROUPS}, "leave one group out", 10, 1),
        (ShuffleSplit(10, test_size=0.2, random_state=0), {}, "random splits", 5, 2),
        (TimeSeriesSplit(4, gap=2), {}, "time series", 4, 1),
        (PredefinedSplit(np.repeat([0, -1], 50)), {}, "fixed split", 1, 3),
    ],
)
def test_a_splitter_is_the_design_that_its_splits_have_the_structure_of(splitter, fields, kind, folds, repeats):
    data = make_data(**fields)
    seeds = 3 if kind == "fixed split" else 1

    design = as_design(splitter, seeds=seeds).on(data)

    assert (design.kind, design.folds, design.repeats) == (kind, folds, repeats)
    splits = list(splitter.split(data.x, data.y, data.groups))
    for cell, (train, test) in zip(design.split(data), splits * (seeds if len(splits) == 1 else 1), strict=True):
        np.testing.assert_array_equal(cell.train, np.sort(train))
        np.testing.assert_array_equal(cell.test, np.sort(test))
    assert type(splitter).__name__ in design.layout()
    assert design.first(design.repeats) == design


class Shifted:
    def split(self, x, y=None, groups=None):
        for begin in range(0, 60, 20):
            test = np.arange(begin, begin + 40)
            yield np.setdiff1d(np.arange(len(x)), test), test


class Leaking:
    def split(self, x, y=None, groups=None):
        yield np.arange(len(x)), np.arange(50)


class Empty:
    def split(self, x, y=None, groups=None):
        return iter(())


@pytest.mark.parametrize(
    ("splitter", "fields", "wrong"),
    [
        (KFold(5, shuffle=True), {}, "different splits in each call"),
        (ShuffleSplit(5), {}, "different splits in each call"),
        (Shifted(), {}, "No valid test is known"),
        (LeavePOut(99), {}, "No valid test is known"),
        (Leaking(), {}, "both trained and tested on"),
        (Empty(), {}, "no split"),
        (KFold(5), {"groups": GROUPS}, "divides groups"),
        (LeaveOneGroupOut(), {}, "cannot split 'mine'"),
        (StratifiedKFold(60), {}, "cannot split 'mine'"),
    ],
)
def test_refuses_splits_without_a_valid_test(splitter, fields, wrong):
    with pytest.raises(InputError, match=wrong):
        as_design(splitter).on(make_data(**fields))


@pytest.mark.parametrize("given", [5, "5 folds", None, KFold, KFolds])
def test_refuses_what_is_no_design(given):
    with pytest.raises(InputError, match="has to be a design or a splitter of scikit-learn"):
        as_design(given)


def test_a_design_has_its_own_seeds_and_looks():
    assert as_design(KFolds(3)) == KFolds(3)
    with pytest.raises(InputError, match="`seeds` is given twice"):
        as_design(KFolds(3), seeds=2)
    with pytest.raises(InputError, match="`looks` is given twice"):
        as_design(KFolds(3), looks=False)
