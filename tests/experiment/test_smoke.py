"""Smoke runs keep everything about an experiment but its size."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.design import FixedSplit, KFolds, TimeSeries
from negres_core.experiment.smoke import SMOKE_ROWS, shrink_data, shrink_recipe, shrink_split

TWO_FOLDS = KFolds(folds=2, repeats=2)


def new_data(y, **fields):
    x = np.arange(len(y), dtype=np.float32).reshape(-1, 1)
    return Dataset(x=x, y=y, name="mine", source="here", **fields)


def first():
    """Stand for the build function of a model."""


def second():
    """Stand for the build function of another model."""


@pytest.mark.parametrize(
    ("design", "smoke_design"),
    [
        (KFolds(folds=10, repeats=10, seeds=5), KFolds(folds=2, repeats=1, seeds=1, looks=False)),
        (KFolds(folds=5, repeats=1), KFolds(folds=2, repeats=1, looks=False)),
        (KFolds(folds=2, repeats=2, looks=False), KFolds(folds=2, repeats=1, looks=False)),
    ],
)
def test_a_design_shrinks_to_two_folds_of_one_repeat_without_looks(design, smoke_design):
    data = new_data(np.arange(20) % 2)

    shrunk, kept = shrink_split(design, data)

    assert (shrunk, kept.digest) == (smoke_design, data.digest)


@pytest.mark.parametrize("y", [np.arange(5000) % 3, np.linspace(0, 1, 5000)])
def test_a_fixed_split_keeps_its_parts(y):
    parts = {"train": range(1000, 5000), "test": range(40, 900), "validation": range(20)}

    shrunk, data = shrink_split(FixedSplit(**parts, seeds=7), new_data(y))

    (one, _) = shrunk.split(data)
    for name, rows in parts.items():
        kept = data.x[getattr(one, name), 0]
        assert len(kept) == min(len(rows), 510 if data.task == "classification" else SMOKE_ROWS)
        assert set(kept) <= set(rows)


def test_a_time_series_keeps_its_last_rows():
    shrunk, data = shrink_split(TimeSeries(5), new_data(np.linspace(0, 1, 5000)))

    assert shrunk == KFolds(2, repeats=1, looks=False)
    assert data.x[:, 0].tolist() == list(range(5000 - SMOKE_ROWS, 5000))


def test_a_recipe_keeps_everything_but_its_epochs():
    stage = Stage(first, epochs=9, batch_size=7, optimizer="sgd", saved_as="h5")
    recipe = Recipe(stage, Stage(second, inherits=first, freezes=first), preprocess=dict)

    shrunk = shrink_recipe(recipe)

    assert shrunk == Recipe(
        Stage(first, epochs=1, batch_size=7, optimizer="sgd", saved_as="h5"),
        Stage(second, inherits=first, freezes=first, epochs=1),
        preprocess=dict,
    )
    assert recipe.stages[0].epochs == 9


def test_every_class_is_kept_however_rare():
    y = np.repeat([0, 1, 2], [5000, 1000, 2])

    data = shrink_data(new_data(y), TWO_FOLDS)

    assert np.bincount(data.y).tolist() == [170, 170, 2]
    assert data.outputs == 3
    assert (data.name, data.source) == ("mine", "here")
    assert [y[int(row)] for row in data.x[:, 0]] == data.y.tolist()
    assert len(list(TWO_FOLDS.split(data))) == 4


def test_each_of_many_classes_keeps_two_rows_per_fold():
    data = shrink_data(new_data(np.arange(3000) % 300), TWO_FOLDS)

    assert set(np.bincount(data.y)) == {4}
    assert len(data) == 1200


def test_a_regression_keeps_a_sample_of_all_rows():
    data = shrink_data(new_data(np.linspace(0, 1, 4000)), TWO_FOLDS)

    assert (len(data), data.task) == (SMOKE_ROWS, "regression")
    np.testing.assert_allclose(data.y, data.x[:, 0] / 3999, atol=1e-6)
    assert np.ptp(data.y) > 0.95


@pytest.mark.parametrize("y", [np.arange(4000) % 7, np.linspace(0, 1, 4000)])
def test_several_inputs_keep_the_same_rows(y):
    one = new_data(y)
    both = shrink_data(Dataset(x={"row": one.x, "image": one.x.reshape(-1, 1, 1) + 1}, y=y, name="both"), TWO_FOLDS)

    np.testing.assert_array_equal(both.x["row"], shrink_data(one, TWO_FOLDS).x)
    np.testing.assert_array_equal(both.x["image"][:, :, 0], both.x["row"] + 1)


@pytest.mark.parametrize("y", [np.arange(20) % 2, np.linspace(0, 1, 20)])
def test_a_small_data_set_is_not_changed(y):
    data = new_data(y)

    assert shrink_data(data, TWO_FOLDS).digest == data.digest


@pytest.mark.parametrize("y", [np.arange(4000) % 7, np.linspace(0, 1, 4000)])
def test_the_same_rows_are_kept_each_time(y):
    assert shrink_data(new_data(y), TWO_FOLDS).digest == shrink_data(new_data(y), TWO_FOLDS).digest


@pytest.mark.parametrize("y", [np.arange(4000) % 2, np.linspace(0, 1, 4000)])
def test_rows_keep_their_groups(y):
    rows = np.arange(4000)
    data = shrink_data(new_data(y, groups=rows // 40), TWO_FOLDS)

    groups = (data.x[:, 0] // 40).astype(int)
    np.testing.assert_array_equal(data.groups, np.unique(groups, return_inverse=True)[1])
    for cell in TWO_FOLDS.split(data):
        assert not set(groups[cell.train]) & set(groups[cell.test])
