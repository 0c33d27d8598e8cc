"""Prepared inputs serve everything that depends on the same transformer, data and rows, within bounds of memory."""

from __future__ import annotations

import functools

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler, StandardScaler, TargetEncoder

from negres_core.arms.preprocessing import prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.engine.contract import Job
from negres_core.engine.prepared_inputs import PreparedInputs
from negres_core.engine.program import load_backend
from negres_core.engine.shared_inputs import MOST_CELLS, SharedInputs, basis_of, key_of
from tests.engine import examples as ex

CELLS = ex.cells(ex.CLASSES)
ROWS = np.zeros((4, 2), np.float32)


def scaled():
    return MinMaxScaler()


def scaled_too():
    return MinMaxScaler(feature_range=(0, 2))


def recipe_of(preprocess, build=ex.plain):
    return Recipe(ex.stage(build), preprocess=preprocess)


def test_two_recipes_with_one_transformer_share_the_inputs_of_a_cell():
    shared = SharedInputs()

    def rows_of(recipe, cell):
        return PreparedInputs(recipe, ex.CLASSES, np.array, kept_cells=1, shared=shared).rows(Job(cell, 0))

    one, other = rows_of(recipe_of(scaled), CELLS[0]), rows_of(recipe_of(scaled, ex.dense), CELLS[0])
    assert one.x is other.x
    np.testing.assert_array_equal(one.x, prepare_inputs(recipe_of(scaled), ex.CLASSES, CELLS[0]))
    assert other.host.train is CELLS[0].train
    assert other.host.y is ex.CLASSES.y
    for different in (rows_of(recipe_of(scaled), CELLS[1]), rows_of(recipe_of(scaled_too), CELLS[0])):
        assert different.x is not one.x


def test_what_is_placed_on_a_device_is_shared_too():
    """Tensors have fewer attributes than arrays."""
    shared, recipe = SharedInputs(), recipe_of(scaled)
    one, other = (
        PreparedInputs(recipe, ex.CLASSES, load_backend().put, kept_cells=1, shared=shared).rows(Job(CELLS[0], 0))
        for _ in range(2)
    )
    assert one.x is other.x
    np.testing.assert_array_equal(one.host.x, prepare_inputs(recipe, ex.CLASSES, CELLS[0]))


def test_a_share_of_the_fold_is_drawn_for_each_stage_by_itself():
    shared = SharedInputs()
    half = Recipe(ex.stage(ex.plain, share=0.5), preprocess=scaled)
    whole, part = (
        PreparedInputs(recipe, ex.CLASSES, np.array, kept_cells=1, shared=shared).rows(Job(CELLS[0], 0))
        for recipe in (recipe_of(scaled), half)
    )
    assert whole.x is part.x
    assert len(part.host.train) < len(whole.host.train)


def test_what_is_fitted_to_targets_is_not_shared_with_other_targets():
    other = ex.CLASSES.with_targets(ex.CLASSES.y[::-1].copy())
    keys = {basis_of(recipe_of(TargetEncoder), data) for data in (ex.CLASSES, other)}
    assert len(keys) == 2


@pytest.mark.parametrize("other", [StandardScaler, functools.partial(MinMaxScaler, clip=True)])
def test_another_transformer_is_another_key(other):
    assert basis_of(recipe_of(MinMaxScaler), ex.CLASSES) != basis_of(recipe_of(other), ex.CLASSES)


def test_other_training_rows_are_another_key():
    assert len({key_of((), cell) for cell in CELLS}) == len(CELLS)


def test_what_was_used_last_is_kept_within_the_bytes():
    shared, made = SharedInputs(most_bytes=2 * ROWS.nbytes), []

    def get(key):
        return shared.get((key,), lambda: made.append(key) or {"x": ROWS.copy()})

    for key in ("a", "b", "a", "c", "a", "b"):
        get(key)
    assert made == ["a", "b", "c", "b"]


def test_what_is_larger_than_all_that_is_kept_is_made_each_time():
    shared, made = SharedInputs(most_bytes=ROWS.nbytes - 1), []
    for _ in range(2):
        assert shared.get(("a",), lambda: made.append(0) or ROWS) is ROWS
    assert len(made) == 2


def test_no_more_cells_are_kept_than_a_hypothesis_has():
    shared, made = SharedInputs(), []
    for key in [*range(MOST_CELLS + 1), 0]:
        shared.get((key,), lambda key=key: made.append(key) or ROWS)
    assert made == [*range(MOST_CELLS + 1), 0]
