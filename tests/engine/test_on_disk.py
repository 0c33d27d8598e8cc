"""Inputs that stay on disk are trained on in chunks, with the numbers of inputs in memory, or refused."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.arrays import is_mapped
from negres_core.dataset import Dataset
from negres_core.engine import on_disk
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job, NotBatchableError
from negres_core.engine.on_disk import bytes_of, chunks, refuse_copies, stays_on_disk
from negres_core.errors import InputError
from tests.engine import examples as ex
from tests.engine.test_compiled import assert_same_numbers


@pytest.fixture
def mapped(tmp_path):
    """Return a data set with its inputs in files; targets that are the inputs stay these."""

    def make(data):
        def write(array, name):
            np.save(tmp_path / f"{name}.npy", array)
            return np.load(tmp_path / f"{name}.npy", mmap_mode="r")

        if isinstance(data.x, dict):
            x = {name: write(array, name) for name, array in data.x.items()}
        else:
            x = write(data.x, "x")
        return Dataset(x=x, y=x if data.y.ndim == 4 else data.y, sample_weight=data.sample_weight, name=data.name)

    return make


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch):
    """Chunks of a batch or two."""
    monkeypatch.setattr(on_disk, "CHUNK_BYTES", 800)


def test_a_mapped_array_is_not_copied_and_digests_as_in_memory(mapped):
    data = mapped(ex.CLASSES)
    assert is_mapped(data.x)
    assert is_mapped(data.flatten())
    assert data.digest == ex.CLASSES.digest
    assert not is_mapped(data.take(np.arange(5)).x)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
@pytest.mark.parametrize(
    ("recipe", "data"),
    [
        (Recipe(ex.stage(ex.dense)), ex.CLASSES),
        (Recipe(ex.stage(ex.plain, optimizer=ex.falling, batch_size=7)), ex.CLASSES),
        (Recipe(ex.stage(ex.joined, objective=ex.weighted_by_age)), ex.PORTRAITS),
        (Recipe(ex.stage(ex.convolutional, batch_size=10)), ex.IMAGES),
        (Recipe(ex.stage(ex.plain, class_weight={0: 3.0})), ex.CLASSES),
        (Recipe(ex.stage(ex.plain)), ex.CLASSES.with_weights(np.linspace(0.5, 2, 61, dtype=np.float32))),
    ],
    ids=["dropout", "a schedule", "two inputs and an objective", "images", "weights of classes", "weights of rows"],
)
def test_chunks_give_the_numbers_of_the_whole(engine, recipe, data, mapped):
    whole, parts = (ex.result_of(engine, recipe, each) for each in (data, mapped(data)))
    assert_same_numbers(whole, parts)


def test_chunks_are_whole_batches_of_the_rows_in_order():
    order = np.random.default_rng(0).permutation(61).astype(np.int32)
    placed = list(chunks(ex.CLASSES.x, ex.CLASSES.y, order, batch=16, put=lambda array: array))
    assert [len(rows) for _, rows, _, _ in placed] == [32, 29]
    np.testing.assert_array_equal(np.concatenate([x for _, _, x, _ in placed]), ex.CLASSES.x[order])
    np.testing.assert_array_equal(np.concatenate([y for _, _, _, y in placed]), ex.CLASSES.y[order])
    assert np.concatenate([rows for rows, _, _, _ in placed]).tolist() == order.tolist()
    assert all(rows.tolist() == list(range(len(rows))) for _, rows, _, _ in placed)
    assert bytes_of(ex.PORTRAITS.x) == sum(array.nbytes for array in ex.PORTRAITS.x.values())


def test_the_batched_engine_leaves_files_to_the_compiled_one(mapped):
    data = mapped(ex.CLASSES)
    with pytest.raises(NotBatchableError, match="stay on disk"):
        next(ex.ENGINES["batched"](Recipe(ex.stage(ex.plain)), data, [Job(ex.cells(data)[0], 0)], device=ex.device()))


@pytest.mark.parametrize(
    ("recipe", "wrong", "remedy"),
    [
        (Recipe(ex.stage(ex.plain), preprocess=StandardScaler), "`preprocess` needs all rows", "Rescaling"),
        (Recipe(Fit(lambda train, test: test.y)), "receives its folds of 'classes' as arrays", "data.take"),
    ],
)
def test_refuses_what_would_copy_a_file_that_is_larger_than_memory(recipe, wrong, remedy, mapped, monkeypatch):
    data = mapped(ex.CLASSES)
    refuse_copies(recipe, data)
    monkeypatch.setattr(on_disk, "memory_bytes", lambda: 1000)
    refuse_copies(recipe, ex.CLASSES)
    refuse_copies(Recipe(ex.stage(ex.plain)), data)
    with pytest.raises(InputError, match=wrong) as caught:
        check_recipe(recipe, data)
    assert remedy in caught.value.remedy


def test_inputs_stay_on_disk_unless_something_prepares_them(mapped):
    network, data = Recipe(ex.stage(ex.plain)), mapped(ex.CLASSES)
    assert stays_on_disk(network, data)
    assert not stays_on_disk(network, ex.CLASSES)
    assert not stays_on_disk(Recipe(ex.stage(ex.plain), preprocess=StandardScaler), data)
