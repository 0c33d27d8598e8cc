"""The relatives of a stage's models are built once, and each job has the parent that its file says."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine import relatives as module
from negres_core.engine.contract import Job
from negres_core.engine.relatives import Relatives
from negres_core.engine.replicate import start_replicate
from tests.engine import examples as ex

CELLS = ex.cells(ex.CLASSES)
GROWN = Recipe(ex.stage(ex.dense), ex.stage(ex.grown, inherits=ex.dense, freezes=ex.dense))


@pytest.fixture(scope="module")
def jobs(tmp_path_factory):
    """Jobs of one cell whose parents have different weights."""
    folder, jobs = tmp_path_factory.mktemp("parents"), []
    for seed in range(2):
        keras.utils.set_random_seed(seed)
        path = folder / f"{seed}.weights.h5"
        model = ex.dense()
        model.save_weights(path)
        jobs.append((Job(CELLS[0], seed, path), model.get_weights()))
    return jobs


@pytest.fixture
def built(monkeypatch):
    """Record what is built for parents and for what is frozen."""
    names = []

    def recorded(name):
        function = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *arguments: names.append(name) or function(*arguments))

    recorded("load_parent")
    recorded("build_model")
    return names


def of(recipe):
    return Relatives(recipe, ex.CLASSES)


def test_every_job_has_the_weights_of_its_own_parent_in_one_model(jobs, built):
    relatives = of(GROWN)
    for job, weights in (*jobs, *jobs):
        for mine, its in zip(relatives.parent(job).get_weights(), weights, strict=True):
            np.testing.assert_array_equal(mine, its)
    assert built == ["load_parent"]


def test_what_is_frozen_is_built_once(built):
    relatives = of(GROWN)
    assert relatives.frozen() is relatives.frozen()
    assert built == ["build_model"]


def test_replicates_start_as_if_each_had_relatives_of_its_own(jobs):
    relatives = of(GROWN)
    for job, _ in jobs:
        shared, own = start_replicate(GROWN, ex.CLASSES, job, relatives), start_replicate(GROWN, ex.CLASSES, job)
        assert (shared.digests, shared.inherited, shared.frozen) == (own.digests, own.inherited, own.frozen)


def test_how_weights_are_drawn_is_found_once_for_all_replicates(monkeypatch):
    asked, seed_use = [], module.seed_use
    monkeypatch.setattr(module, "seed_use", lambda *arguments: asked.append(arguments) or seed_use(*arguments))
    relatives = Relatives(Recipe(ex.stage(ex.dense)), ex.CLASSES, one_model=True)
    first = relatives.model(0)
    asked.clear()
    assert all(relatives.model(seed) is first for seed in range(1, 4))
    assert asked == []


def test_a_job_without_a_parent_has_none(built):
    assert of(GROWN).parent(Job(CELLS[0], 0)) is None
    assert of(Recipe(ex.stage(ex.dense))).parent(Job(CELLS[0], 0)) is None


def projected():
    """Return a model whose projection is drawn anew, and is no weight."""
    constant = keras.ops.convert_to_tensor(keras.random.uniform((6, 6)))
    inputs = keras.Input((6,))
    return keras.Model(inputs, keras.layers.Dense(8, "softmax", name="classes")(inputs @ constant))


def adapting():
    return keras.Sequential(
        [keras.Input((6,)), keras.layers.Normalization(), keras.layers.Dense(8, "softmax", name="classes")]
    )


def by_rule(model, parent):
    model.set_weights([2 * weight for weight in parent.get_weights()])


@pytest.mark.parametrize(
    ("build", "options"),
    [(projected, {}), (adapting, {}), (ex.dense, {"start": by_rule})],
    ids=["draws a constant", "adapts to the fold", "a rule gets it"],
)
def test_a_parent_that_differs_in_more_than_weights_is_built_for_each_job(build, options, tmp_path, built):
    keras.utils.set_random_seed(0)
    path = tmp_path / "parent.weights.h5"
    build().save_weights(path)
    relatives = of(Recipe(ex.stage(build), ex.stage(build, inherits=build, **options)))
    for seed in range(2):
        relatives.parent(Job(CELLS[0], seed, path))
    assert built == ["load_parent", "load_parent"]
