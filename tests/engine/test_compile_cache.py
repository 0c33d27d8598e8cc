"""A stage is compiled once for all calls, and what is kept changes no number."""

from __future__ import annotations

from dataclasses import replace

import pytest

from negres_core.engine import compile_cache as kept
from negres_core.engine import tensorflow
from negres_core.engine.contract import Job
from negres_core.recipe import Recipe
from tests.engine import examples as ex

RECIPE = Recipe(ex.stage(ex.dense))


@pytest.fixture(autouse=True)
def kept_before(monkeypatch):
    """Begin with nothing kept."""
    monkeypatch.setattr(kept, "_kept", type(kept._kept)())


@pytest.fixture
def compiled(monkeypatch):
    """What was compiled, by the name of the function."""
    seen = []

    def counting(compiles):
        def count(function, **given):
            # Vectorizing compiles what it makes of a function, which is not counted twice.
            seen.extend({"epoch", "evaluate"} & {function.__name__})
            return compiles(function, **given)

        return count

    for name in ("compile_program", "vectorize"):
        monkeypatch.setattr(tensorflow, name, counting(getattr(tensorflow, name)))
    return seen


@pytest.mark.parametrize("engine", ["compiled", "batched"])
def test_a_second_call_compiles_nothing_and_gives_the_numbers_of_a_first_one(engine, compiled):
    first, second = ([Job(cell, 0)] for cell in ex.cells(ex.CLASSES)[:2])
    ex.train(engine, RECIPE, ex.CLASSES, first)
    assert compiled == ["epoch", "evaluate"]
    ((_, after),) = ex.train(engine, RECIPE, ex.CLASSES, second).items()
    assert compiled == ["epoch", "evaluate"]

    kept._kept.clear()
    ((_, alone),) = ex.train(engine, RECIPE, ex.CLASSES, second).items()

    assert compiled == ["epoch", "evaluate"] * 2
    assert [weight.end for weight in after.weights] == [weight.end for weight in alone.weights]
    assert (after.metrics, after.curve) == (alone.metrics, alone.curve)


def test_other_values_of_one_shape_compile_nothing_anew(compiled):
    """As in a trial on permuted targets."""
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    permuted = replace(ex.CLASSES, y=ex.CLASSES.y[::-1])
    ex.train("compiled", RECIPE, ex.CLASSES, jobs)
    ((_, after),) = ex.train("compiled", RECIPE, permuted, jobs).items()
    assert len(compiled) == 2

    kept._kept.clear()
    ((_, alone),) = ex.train("compiled", RECIPE, permuted, jobs).items()

    assert [weight.end for weight in after.weights] == [weight.end for weight in alone.weights]
    assert (after.metrics, after.curve) == (alone.metrics, alone.curve)


def test_another_recipe_engine_or_shape_of_data_is_compiled_anew(compiled):
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    ex.train("compiled", RECIPE, ex.CLASSES, jobs)
    ex.train("batched", RECIPE, ex.CLASSES, jobs)
    ex.train("compiled", Recipe(ex.stage(ex.dense, batch_size=20)), ex.CLASSES, jobs)
    ex.train("compiled", RECIPE, ex.BINARY, jobs)

    assert len(compiled) == 8


def test_the_latest_are_kept(compiled, monkeypatch):
    monkeypatch.setattr(kept, "MOST", 2)
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    recipes = [Recipe(ex.stage(ex.plain, batch_size=size)) for size in (16, 20, 24)]

    for recipe in (*recipes[:2], recipes[0], recipes[2], recipes[0]):
        ex.train("compiled", recipe, ex.CLASSES, jobs)
    assert len(compiled) == 6

    ex.train("compiled", recipes[1], ex.CLASSES, jobs)
    assert len(compiled) == 8


def test_masks_by_hash_are_compiled_with_xla(monkeypatch):
    given = []

    def compiles(function, *, jit, compiles=tensorflow.compile_program):
        given.append(jit)
        return compiles(function, jit=jit)

    monkeypatch.setattr(tensorflow, "compile_program", compiles)
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]

    ex.train("compiled", RECIPE, ex.CLASSES, jobs)
    ex.train("compiled", Recipe(ex.stage(ex.noisy)), ex.CLASSES, jobs)

    assert given == [True, True, False, False]
