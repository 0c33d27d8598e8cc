from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Recipe, Stage
from negres_core.design import Design
from negres_core.experiment.smoke import SMOKE_ROWS, shrink_data, shrink_design, shrink_recipe

TWO = Design(folds=2, repeats=2)


def make_data(y, **fields):
    x = np.arange(len(y), dtype=np.float32).reshape(-1, 1)
    return Dataset(x=x, y=y, name="mine", source="here", **fields)


def first():
    """Stand for a model."""


def second():
    """Stand for another."""


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (Design(folds=10, repeats=10, seeds=5), Design(folds=2, repeats=2, seeds=1, looks=False)),
        (Design(folds=5, repeats=1), Design(folds=2, repeats=1, looks=False)),
        (Design(folds=2, repeats=2, looks=False), Design(folds=2, repeats=2, looks=False)),
    ],
)
def test_a_design_shrinks_to_two_folds_and_at_most_two_repeats_without_looks(given, kept):
    assert shrink_design(given) == kept


def test_a_recipe_keeps_all_but_its_epochs():
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

    data = shrink_data(make_data(y), TWO)

    assert np.bincount(data.y).tolist() == [170, 170, 2]
    assert data.outputs == 3
    assert (data.name, data.source) == ("mine", "here")
    assert [y[int(row)] for row in data.x[:, 0]] == data.y.tolist()
    assert len(list(TWO.split(data))) == 4


def test_many_classes_keep_two_rows_a_fold():
    data = shrink_data(make_data(np.arange(3000) % 300), TWO)

    assert set(np.bincount(data.y)) == {4}
    assert len(data) == 1200


def test_values_keep_a_sample_of_all_rows():
    data = shrink_data(make_data(np.linspace(0, 1, 4000)), TWO)

    assert (len(data), data.task) == (SMOKE_ROWS, "regression")
    np.testing.assert_allclose(data.y, data.x[:, 0] / 3999, atol=1e-6)
    assert np.ptp(data.y) > 0.95


@pytest.mark.parametrize("y", [np.arange(4000) % 7, np.linspace(0, 1, 4000)])
def test_of_several_inputs_the_same_rows_are_kept(y):
    one = make_data(y)
    both = shrink_data(Dataset(x={"row": one.x, "image": one.x.reshape(-1, 1, 1) + 1}, y=y, name="both"), TWO)

    np.testing.assert_array_equal(both.x["row"], shrink_data(one, TWO).x)
    np.testing.assert_array_equal(both.x["image"][:, :, 0], both.x["row"] + 1)


@pytest.mark.parametrize("y", [np.arange(20) % 2, np.linspace(0, 1, 20)])
def test_a_small_data_set_stays_whole(y):
    data = make_data(y)

    assert shrink_data(data, TWO).digest == data.digest


@pytest.mark.parametrize("y", [np.arange(4000) % 7, np.linspace(0, 1, 4000)])
def test_the_same_rows_are_kept_each_time(y):
    assert shrink_data(make_data(y), TWO).digest == shrink_data(make_data(y), TWO).digest


@pytest.mark.parametrize("y", [np.arange(4000) % 2, np.linspace(0, 1, 4000)])
def test_rows_keep_their_groups(y):
    rows = np.arange(4000)
    data = shrink_data(make_data(y, groups=rows // 40), TWO)

    groups = (data.x[:, 0] // 40).astype(int)
    np.testing.assert_array_equal(data.groups, np.unique(groups, return_inverse=True)[1])
    for cell in TWO.split(data):
        assert not set(groups[cell.train]) & set(groups[cell.test])
