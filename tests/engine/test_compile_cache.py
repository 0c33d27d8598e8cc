"""A stage is compiled once for all calls, and the cache changes no number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core.engine import compile_cache, tensorflow
from negres_core.engine.contract import Job
from negres_core.recipe import Recipe
from tests.engine import examples as ex

PLAIN, DROPOUT = (Recipe(ex.stage(build)) for build in (ex.plain, ex.dense))


@pytest.fixture(autouse=True)
def _empty_cache(monkeypatch):
    """Begin with an empty cache."""
    monkeypatch.setattr(compile_cache, "_kept", type(compile_cache._kept)())


@pytest.fixture
def compiled(monkeypatch):
    """Record the names of the functions that are compiled."""
    names = []

    def recording(compile_function):
        def record(function, **options):
            # `vectorize` calls `compile_program` on another function, which is not recorded twice.
            names.extend({"epoch", "evaluate"} & {function.__name__})
            return compile_function(function, **options)

        return record

    for name in ("compile_program", "vectorize"):
        monkeypatch.setattr(tensorflow, name, recording(getattr(tensorflow, name)))
    return names


@pytest.mark.parametrize("engine", ["compiled", "batched"])
def test_a_second_call_compiles_nothing_and_gives_the_numbers_of_a_first_one(engine, compiled):
    first, second = ([Job(cell, 0)] for cell in ex.cells(ex.CLASSES)[:2])
    ex.train(engine, DROPOUT, ex.CLASSES, first)
    assert compiled == ["epoch", "evaluate"]
    ((_, after),) = ex.train(engine, DROPOUT, ex.CLASSES, second).items()
    assert compiled == ["epoch", "evaluate"]

    compile_cache._kept.clear()
    ((_, alone),) = ex.train(engine, DROPOUT, ex.CLASSES, second).items()

    assert compiled == ["epoch", "evaluate"] * 2
    assert [weight.end for weight in after.weights] == [weight.end for weight in alone.weights]
    assert (after.metrics, after.curve) == (alone.metrics, alone.curve)


def test_other_values_of_the_same_shape_are_not_compiled_again(compiled):
    """As in the run on permuted targets."""
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    permuted = replace(ex.CLASSES, y=ex.CLASSES.y[::-1])
    ex.train("compiled", PLAIN, ex.CLASSES, jobs)
    ((_, after),) = ex.train("compiled", PLAIN, permuted, jobs).items()
    assert len(compiled) == 2

    compile_cache._kept.clear()
    ((_, alone),) = ex.train("compiled", PLAIN, permuted, jobs).items()

    assert [weight.end for weight in after.weights] == [weight.end for weight in alone.weights]
    assert (after.metrics, after.curve) == (alone.metrics, alone.curve)


def test_another_recipe_engine_or_shape_of_data_is_compiled_again(compiled):
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    ex.train("compiled", PLAIN, ex.CLASSES, jobs)
    ex.train("batched", PLAIN, ex.CLASSES, jobs)
    ex.train("compiled", Recipe(ex.stage(ex.plain, batch_size=20)), ex.CLASSES, jobs)
    ex.train("compiled", PLAIN, ex.BINARY, jobs)

    assert len(compiled) == 8


def test_the_most_recently_used_stages_are_kept(compiled, monkeypatch):
    monkeypatch.setattr(compile_cache, "COMPILED_STAGES_KEPT", 2)
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    recipes = [Recipe(ex.stage(ex.plain, batch_size=size)) for size in (16, 20, 24)]

    for recipe in (*recipes[:2], recipes[0], recipes[2], recipes[0]):
        ex.train("compiled", recipe, ex.CLASSES, jobs)
    assert len(compiled) == 6

    ex.train("compiled", recipes[1], ex.CLASSES, jobs)
    assert len(compiled) == 8


def test_masks_by_hash_are_compiled_with_xla(monkeypatch):
    options = []

    def record(function, *, jit, compile_program=tensorflow.compile_program):
        options.append(jit)
        return compile_program(function, jit=jit)

    monkeypatch.setattr(tensorflow, "compile_program", record)
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]

    ex.train("compiled", DROPOUT, ex.CLASSES, jobs)
    ex.train("compiled", Recipe(ex.stage(ex.noisy)), ex.CLASSES, jobs)

    assert options == [True, True, False, False]
