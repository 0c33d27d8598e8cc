"""A replicate's start and its order of rows depend only on its cell and seed."""

from __future__ import annotations

import random

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine import compiled, reference, replicate
from negres_core.engine.contract import Job
from negres_core.engine.replicate import epoch_orders, start_replicate
from tests.engine import examples as ex

RECIPE = Recipe(ex.stage(ex.dense, epochs=3))
CELLS = ex.cells(ex.CLASSES, repeats=2)


def orders(job, recipe=RECIPE):
    return list(epoch_orders(recipe, job))


def initial(job, recipe=RECIPE):
    return start_replicate(recipe, ex.CLASSES, job).model.get_weights()


def test_each_epoch_sees_every_row_of_the_training_fold_once():
    for cell in CELLS:
        epochs = orders(Job(cell, 0))
        assert len(epochs) == 3
        for order in epochs:
            assert order.dtype == np.int32
            np.testing.assert_array_equal(np.sort(order), cell.train)


def test_every_epoch_and_seed_has_its_own_order():
    distinct = {tuple(order) for seed in range(3) for order in orders(Job(CELLS[0], seed))}
    assert len(distinct) == 9


def test_every_repeat_fold_and_stage_has_its_own_order():
    """The rows are the same; only the position in the design differs."""
    rows = CELLS[0]
    moved = [type(rows)(repeat, fold, rows.train, rows.test) for repeat in range(2) for fold in range(3)]
    distinct = {tuple(orders(Job(cell, 0))[0]) for cell in moved}
    later = Recipe(ex.stage(ex.dense), ex.stage(ex.grown, inherits=ex.dense))
    distinct.add(tuple(orders(Job(rows, 0), later)[0]))
    assert len(distinct) == 7


def test_the_order_does_not_depend_on_what_was_sampled_before():
    first = orders(Job(CELLS[0], 1))
    disturb()
    again = orders(Job(CELLS[0], 1))
    assert all((one == two).all() for one, two in zip(first, again, strict=True))


def test_the_reference_and_the_compiled_engine_share_starts_and_orders():
    assert reference.epoch_orders is compiled.epoch_orders is replicate.epoch_orders
    assert reference.start_replicate is compiled.start_replicate is replicate.start_replicate


def disturb():
    random.seed(5)
    np.random.seed(5)  # noqa: NPY002 # disturbs the global generator on purpose
    keras.utils.set_random_seed(5)
    ex.dense()


def test_initial_weights_depend_only_on_the_cell_and_the_seed():
    first = initial(Job(CELLS[0], 0))
    disturb()
    for one, two in zip(first, initial(Job(CELLS[0], 0)), strict=True):
        np.testing.assert_array_equal(one, two)
    kernels = {initial(Job(cell, seed))[0].tobytes() for cell in CELLS for seed in range(2)}
    assert len(kernels) == 12


@pytest.fixture(scope="module")
def parent(tmp_path_factory):
    model = ex.dense()
    path = tmp_path_factory.mktemp("parent") / "parent.keras"
    model.save(path)
    return model, path


def test_a_replicate_starts_from_its_parents_weights_with_the_shared_layers_frozen(parent):
    model, path = parent
    recipe = Recipe(ex.stage(ex.dense), ex.stage(ex.grown, inherits=ex.dense, freezes=ex.dense))
    start = start_replicate(recipe, ex.CLASSES, Job(CELLS[0], 0, path))
    assert start.inherited == {index + 2: index for index in range(6)}
    assert start.frozen == set(range(2, 8))
    for one, two in zip(start.model.get_weights()[2:], model.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert len(start.model.trainable_weights) == 2


def test_a_stage_can_freeze_layers_that_it_does_not_inherit(parent):
    """The control arm of frozen growth: a base that is random and frozen."""
    _, path = parent
    recipe = Recipe(ex.stage(ex.dense), ex.stage(ex.grown, inherits=ex.dense, freezes=ex.dense))
    untrained = start_replicate(recipe, ex.CLASSES, Job(CELLS[0], 0))
    trained = start_replicate(recipe, ex.CLASSES, Job(CELLS[0], 0, path))
    assert untrained.inherited == {}
    assert untrained.frozen == trained.frozen
    assert untrained.digests[:2] == trained.digests[:2]
    assert untrained.digests[2] != trained.digests[2]


@pytest.mark.parametrize(("loss", "threshold"), [("binary_crossentropy", 0.5), (None, 0.0)])
def test_the_threshold_is_half_for_a_probability_and_zero_for_a_logit(loss, threshold):
    stage_loss = loss or (lambda: keras.losses.BinaryCrossentropy(from_logits=True))
    job = Job(ex.cells(ex.BINARY)[0], 0)
    build = ex.sigmoid if loss else logit
    (result,) = ex.train("reference", Recipe(ex.stage(build, loss=stage_loss, epochs=1)), ex.BINARY, [job]).values()
    outputs = ex.model_of(result).predict(ex.BINARY.x[job.cell.test], verbose=0)[:, 0]
    predicted = (outputs > threshold).astype(int)
    assert result.predictions == {"counts": np.bincount(predicted, minlength=2).tolist()}
    assert result.metrics["accuracy"] == (predicted == ex.BINARY.y[job.cell.test]).mean()


def logit():
    return keras.Sequential([keras.Input((6,)), keras.layers.Dense(1)])
