"""Replicates trained as one program give the numbers of each trained alone, whatever their chunks and devices."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.preprocessing import MinMaxScaler

from negres_core.arms.recipe import Recipe
from negres_core.engine import batched, compiled, tensorflow
from negres_core.engine.contract import Job, NotBatchableError
from negres_core.metrics import recorded_names
from tests.engine import examples as ex

DENSE = Recipe(ex.stage(ex.dense), preprocess=MinMaxScaler)


class OutOfMemoryError(Exception):
    pass


@pytest.fixture(scope="module")
def jobs():
    # Training folds of 40 and 41 rows, two seeds each: two groups that need separate programs.
    return [Job(cell, seed) for cell in ex.cells(ex.CLASSES) for seed in (0, 1)]


def by_job(results):
    return {(job.cell.repeat, job.cell.fold, job.seed): result for job, result in results}


@pytest.fixture(scope="module")
def alone(jobs):
    return by_job(compiled.train(DENSE, ex.CLASSES, jobs, device=ex.device(1)))


def assert_same(first, second):
    assert first.keys() == second.keys()
    for key, one in first.items():
        other = second[key]
        for a, b in zip(ex.model_of(one).get_weights(), ex.model_of(other).get_weights(), strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-5)
        assert one.curve == pytest.approx(other.curve, rel=1e-4)
        assert one.metrics == pytest.approx(other.metrics, rel=1e-4)
        assert one.inputs_digest == other.inputs_digest
        assert one.budget == other.budget


@pytest.mark.parametrize("max_chunk", [None, 2])
def test_the_numbers_do_not_depend_on_the_chunks(jobs, alone, max_chunk):
    assert_same(alone, by_job(batched.train(DENSE, ex.CLASSES, jobs, device=ex.device(), max_chunk=max_chunk)))


@pytest.mark.parametrize("name", ["batch normalization", "objective", "two players", "two inputs", "same"])
def test_vectorized_models_give_the_numbers_of_the_reference(name):
    recipe, data = ex.RECIPES[name]
    jobs = [Job(cell, 0) for cell in ex.cells(data)[:2]]
    slow = {(0, fold, 0): ex.result_of("reference", recipe, data, fold=fold) for fold in (0, 1)}
    assert_same(slow, by_job(batched.train(recipe, data, jobs, device=ex.device())))


def test_several_labels_a_row_have_the_numbers_of_the_reference():
    recipe = Recipe(ex.stage(ex.sigmoids, loss="binary_crossentropy"))
    jobs = [Job(cell, 0) for cell in ex.cells(ex.SEVERAL)[:2]]
    slow = {(0, fold, 0): ex.result_of("reference", recipe, ex.SEVERAL, fold=fold) for fold in (0, 1)}
    fast = by_job(batched.train(recipe, ex.SEVERAL, jobs, device=ex.device()))
    assert_same(slow, fast)
    assert set(recorded_names("multilabel")) | {"loss"} == fast[0, 0, 0].metrics.keys()


def test_steps_that_do_not_count_have_the_numbers_of_the_reference():
    recipe = Recipe(ex.stage(ex.of_single_steps, loss=ex.counted_logits))
    jobs = [Job(cell, 0) for cell in ex.cells(ex.PADDED)[:2]]
    slow = {(0, fold, 0): ex.result_of("reference", recipe, ex.PADDED, fold=fold) for fold in (0, 1)}
    fast = by_job(batched.train(recipe, ex.PADDED, jobs, device=ex.device()))
    assert_same(slow, fast)
    assert set(recorded_names("segmentation")) | {"loss"} == fast[0, 0, 0].metrics.keys()
    test = ex.cells(ex.PADDED)[0].test
    assert sum(fast[0, 0, 0].predictions["counts"]) == ex.PADDED.count_targets(test) < 5 * len(test)


def test_several_inputs_that_are_prepared_for_each_cell_are_concatenated():
    recipe = Recipe(ex.stage(ex.joined, optimizer=ex.momentum), preprocess=MinMaxScaler)
    jobs = [Job(cell, 0) for cell in ex.cells(ex.PORTRAITS)]
    slow, fast = (
        by_job(ex.ENGINES[engine](recipe, ex.PORTRAITS, jobs, device=ex.device()))
        for engine in ("reference", "batched")
    )
    assert len({result.inputs_digest for result in fast.values()}) == 3
    assert_same(slow, fast)


def test_a_replicate_that_is_not_finite_stops_as_early_as_alone():
    recipe = Recipe(ex.stage(ex.plain, loss=lambda: ex.not_a_number))
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    (result,) = by_job(batched.train(recipe, ex.CLASSES, jobs, device=ex.device())).values()
    assert not result.finite
    assert len(result.curve) == 1


def test_a_chunk_that_runs_out_of_memory_is_halved_and_no_replicate_is_lost(jobs, alone, monkeypatch):
    sizes = []
    train = batched._Chunk.train

    def train_up_to_two(chunk):
        sizes.append(len(chunk._jobs))
        if len(chunk._jobs) > 2:
            raise OutOfMemoryError
        return train(chunk)

    monkeypatch.setattr(batched._Chunk, "train", train_up_to_two)
    monkeypatch.setattr(tensorflow, "is_out_of_memory", lambda error: isinstance(error, OutOfMemoryError))
    assert_same(alone, by_job(batched.train(DENSE, ex.CLASSES, jobs, device=ex.device())))
    assert sorted(sizes) == [2, 2, 2, 4]


def test_a_single_replicate_that_runs_out_of_memory_is_an_error(jobs, monkeypatch):
    def run_out_of_memory(chunk):
        raise OutOfMemoryError("one is too many")

    monkeypatch.setattr(batched._Chunk, "train", run_out_of_memory)
    monkeypatch.setattr(tensorflow, "is_out_of_memory", lambda error: isinstance(error, OutOfMemoryError))
    with pytest.raises(OutOfMemoryError, match="one is too many"):
        list(batched.train(DENSE, ex.CLASSES, jobs[:4], device=ex.device()))


def test_other_errors_are_not_retried(jobs, monkeypatch):
    chunks = []

    def fail(chunk):
        chunks.append(chunk)
        raise RuntimeError("broken")

    monkeypatch.setattr(batched._Chunk, "train", fail)
    with pytest.raises(RuntimeError, match="broken"):
        list(batched.train(DENSE, ex.CLASSES, jobs[:4], device=ex.device()))
    assert len(chunks) == 1


def test_the_size_of_chunks_follows_the_memory_of_the_device(jobs, monkeypatch):
    sizes = []
    train = batched._Chunk.train
    monkeypatch.setattr(tensorflow, "free_memory_bytes", lambda device: 3_000)
    monkeypatch.setattr(batched, "replicate_bytes", lambda model, recipe, data: 1_000)
    monkeypatch.setattr(batched._Chunk, "train", lambda chunk: sizes.append(len(chunk._jobs)) or train(chunk))
    assert len(list(batched.train(DENSE, ex.CLASSES, jobs, device=ex.device()))) == len(jobs)
    assert max(sizes) == 2  # two fit into 80% of the free memory


def test_chunks_are_spread_over_devices(jobs, alone, monkeypatch):
    sizes = []
    train = batched._Chunk.train
    (only,) = tensorflow.devices("cpu")
    monkeypatch.setattr(tensorflow, "devices", lambda kind: [only, only])
    monkeypatch.setattr(batched._Chunk, "train", lambda chunk: sizes.append(len(chunk._jobs)) or train(chunk))
    assert_same(alone, by_job(batched.train(DENSE, ex.CLASSES, jobs, device=ex.device(), max_chunk=2)))
    assert sorted(sizes) == [2, 2, 2]


def test_a_model_that_tensorflow_cannot_vectorize_is_refused_before_anything_is_trained():
    recipe, data = ex.RECIPES["convolution"]
    with pytest.raises(NotBatchableError):
        next(batched.train(recipe, data, [Job(cell, 0) for cell in ex.cells(data)], device=ex.device()))


def test_no_jobs_give_no_results():
    assert list(batched.train(DENSE, ex.CLASSES, [], device=ex.device())) == []
