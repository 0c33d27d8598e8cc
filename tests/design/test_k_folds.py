from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.design import KFolds
from negres_core.errors import DesignWarning, InputError


def make_data(*, task="classification", groups=None, rows=40):
    x = np.arange(rows * 2, dtype=np.float32).reshape(rows, 2)
    y = np.repeat([0, 1, 1, 3], rows // 4) if task == "classification" else np.linspace(0, 1, rows)
    return Dataset(x=x, y=y, name="mine", groups=groups)


PAIRS = np.arange(40) // 2
KINDS = [("classification", None), ("classification", PAIRS), ("regression", None), ("regression", PAIRS)]


@pytest.mark.parametrize(("task", "groups"), KINDS)
def test_every_row_is_tested_once_per_repeat_by_a_model_that_was_not_trained_on_it(task, groups):
    design = KFolds(folds=4, repeats=3)

    cells = list(design.split(make_data(task=task, groups=groups)))

    assert [(cell.repeat, cell.fold) for cell in cells] == [(r, f) for r in range(3) for f in range(4)]
    assert len(cells) == design.cell_count == 12
    for cell in cells:
        assert sorted([*cell.train, *cell.test]) == list(range(40))
        assert cell.train.dtype == cell.test.dtype == np.int32
        assert (np.diff(cell.train) > 0).all()
        assert (np.diff(cell.test) > 0).all()
    for repeat in range(3):
        tested = np.concatenate([cell.test for cell in cells if cell.repeat == repeat])
        assert sorted(tested) == list(range(40))


@pytest.mark.parametrize("groups", [None, PAIRS])
def test_classes_are_stratified(groups):
    data = make_data(groups=groups)

    for cell in KFolds(folds=5, repeats=2).split(data):
        np.testing.assert_array_equal(np.bincount(data.y[cell.test]), [2, 4, 0, 2])


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_groups_stay_whole(task):
    data = make_data(task=task, groups=PAIRS)

    for cell in KFolds(folds=4, repeats=2).split(data):
        assert not set(data.groups[cell.train]) & set(data.groups[cell.test])


@pytest.mark.parametrize(("task", "groups"), KINDS)
def test_more_repeats_and_seeds_leave_earlier_cells_as_they_are(task, groups):
    data = make_data(task=task, groups=groups)
    few, many = (list(KFolds(folds=4, repeats=r, seeds=r).split(data)) for r in (2, 4))

    for one, other in zip(few, many, strict=False):
        np.testing.assert_array_equal(one.test, other.test)
        np.testing.assert_array_equal(one.train, other.train)


@pytest.mark.parametrize(("task", "groups"), KINDS)
def test_each_repeat_has_folds_of_its_own_and_they_are_reproducible(task, groups):
    data = make_data(task=task, groups=groups)
    once, again = (np.array([cell.test for cell in KFolds(folds=4, repeats=3).split(data)]) for _ in range(2))

    np.testing.assert_array_equal(once, again)
    assert len({tuple(map(tuple, repeat)) for repeat in once.reshape(3, 4, 10).tolist()}) == 3


@pytest.mark.parametrize(("folds", "ratio"), [(2, 1.0), (5, 0.25), (10, 1 / 9)])
def test_the_ratio_of_test_to_training_rows(folds, ratio):
    design = KFolds(folds=folds, repeats=1)
    cell = next(design.split(make_data(rows=40)))

    assert design.test_train_ratio == pytest.approx(ratio)
    assert len(cell.test) / len(cell.train) == pytest.approx(ratio)


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"folds": 1}, "`folds` has to be an integer of 2 or more: with one fold there is nothing to train on"),
        ({"folds": 0}, "`folds` has to be"),
        ({"folds": 5.0}, "`folds` has to be an integer"),
        ({"folds": True}, "`folds` has to be"),
        ({"folds": "5"}, "`folds` has to be"),
        ({"repeats": 0}, "`repeats` has to be an integer of 1 or more"),
        ({"seeds": -1}, "`seeds` has to be an integer of 1 or more"),
        ({"seeds": None}, "`seeds` has to be"),
    ],
)
def test_refuses_a_number_that_is_out_of_range(fields, wrong):
    with pytest.raises(InputError, match=wrong) as caught:
        KFolds(**fields)
    ((name, value),) = fields.items()
    assert f"Received: {name}={value!r}" in str(caught.value)
    assert "The usual design is folds=5, repeats=5." in str(caught.value)


@pytest.mark.parametrize("looks", [1, 0, None, "no", 5])
def test_refuses_looks_that_are_not_a_boolean(looks):
    with pytest.raises(InputError, match="`looks` has to be True or False") as caught:
        KFolds(looks=looks)
    assert f"Received: looks={looks!r}" in str(caught.value)
    assert "give False to train every repeat" in str(caught.value)


@pytest.mark.parametrize(
    ("design", "stopping"),
    [
        (KFolds(), "a look after each of 5 repeats, Hwang-Shih-DeCani spending; stops where one decides"),
        (KFolds(looks=False), "one look, after the last repeat"),
        (KFolds(repeats=1), "one look, after the last repeat"),
    ],
)
def test_the_stopping_rule_in_words(design, stopping):
    assert design.stopping == stopping


@pytest.mark.parametrize("start", ["check", "split"])
def test_refuses_more_folds_than_rows_of_the_smallest_class(start):
    data = Dataset(x=np.zeros((30, 2)), y=[0] * 20 + [2] * 7 + [4] * 3, name="mine")
    run = {"check": KFolds(folds=4).check, "split": lambda data: next(KFolds(folds=4).split(data))}[start]

    with pytest.raises(InputError, match="more folds than rows in the smallest class of 'mine'") as caught:
        run(data)

    assert "Received: folds=4 for 3 rows of class 4" in str(caught.value)
    assert "Use at most 3 folds, or merge or drop class 4." in str(caught.value)
    KFolds(folds=3).check(data)


def test_refuses_more_folds_than_rows():
    with pytest.raises(InputError, match="more folds than rows in 'mine'") as caught:
        KFolds(folds=9).check(make_data(task="regression", rows=8))
    assert "Received: folds=9 for 8 rows" in str(caught.value)
    assert "Use at most 8 folds." in str(caught.value)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_refuses_more_folds_than_groups(task):
    with pytest.raises(InputError, match="more folds than groups in 'mine'") as caught:
        KFolds(folds=5).check(make_data(task=task, groups=np.arange(40) % 4))
    assert "Received: folds=5 for 4 groups" in str(caught.value)
    assert "Use at most 4 folds." in str(caught.value)


@pytest.mark.parametrize("groups", [np.repeat(np.arange(5), 8), None])
def test_repeats_of_folds_that_can_be_made_in_one_way_are_not_run(groups):
    data = make_data(task="regression", groups=groups)
    folds, unit = (40, "rows") if groups is None else (5, "groups")

    with pytest.warns(DesignWarning, match=f"as many {unit} as there are folds, {folds}, so every repeat would test"):
        design = KFolds(folds=folds, repeats=3, seeds=2).on(data)

    assert design == KFolds(folds=folds, repeats=1, seeds=2)
    assert KFolds(folds=folds, repeats=1).on(data) == KFolds(folds=folds, repeats=1)
    assert KFolds(folds=4, repeats=3).on(data) == KFolds(folds=4, repeats=3)
