"""A stage is compiled once for all calls, and the cache changes no number."""

from __future__ import annotations

import functools
from dataclasses import replace

import keras
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine import compile_cache, tensorflow
from negres_core.engine import compiled as compiled_engine
from negres_core.engine.contract import Job
from tests.engine import examples as ex

PLAIN, DROPOUT = (Recipe(ex.stage(build)) for build in (ex.plain, ex.dense))


PROGRAMS = {"compiled": ["epochs", "evaluate"], "batched": ["epoch", "evaluate"]}
"""What an engine compiles of a program, by the engine's name."""


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
            names.extend({"epoch", "epochs", "evaluate"} & {function.__name__})
            return compile_function(function, **options)

        return record

    for name in ("compile_program", "vectorize"):
        monkeypatch.setattr(tensorflow, name, recording(getattr(tensorflow, name)))
    return names


RATE, POWER, WIDTH = 0.01, 2, 8


def optimizer_of_a_global():
    return keras.optimizers.SGD(RATE)


def loss_of_a_global():
    return lambda y, outputs: keras.ops.mean(keras.ops.power(outputs[:, 0] - keras.ops.cast(y, "float32"), POWER), -1)


def build_of_a_global():
    return ex.plain(WIDTH)


STAGE_OF_GLOBALS = Recipe(ex.stage(build_of_a_global, optimizer=optimizer_of_a_global, loss=loss_of_a_global))


def rebuilt(width):
    """Return a new function each time, as a fixture or a factory does."""
    return lambda: ex.plain(width)


@pytest.mark.parametrize(("name", "value", "programs"), [("RATE", 0.5, 2), ("POWER", 4, 4), ("WIDTH", 9, 4)])
def test_a_changed_global_is_compiled_again_and_trains_as_if_alone(name, value, programs, compiled, monkeypatch):
    """A rate is an argument of the program."""
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    ((_, before),) = ex.train("compiled", STAGE_OF_GLOBALS, ex.CLASSES, jobs).items()
    monkeypatch.setitem(globals(), name, value)
    ((_, after),) = ex.train("compiled", STAGE_OF_GLOBALS, ex.CLASSES, jobs).items()
    assert len(compiled) == programs

    compile_cache._kept.clear()
    ((_, alone),) = ex.train("compiled", STAGE_OF_GLOBALS, ex.CLASSES, jobs).items()

    ends = [[weight.end for weight in result.weights] for result in (before, after, alone)]
    assert ends[0] != ends[1] == ends[2]


def adam(rate, **options):
    return keras.optimizers.Adam(rate, **options)


def with_adam(rate, *, epochs=2, **options):
    optimizer = functools.partial(adam, rate, **options)
    return Recipe(ex.stage(ex.plain, optimizer=optimizer, epochs=epochs))


@pytest.mark.parametrize("engine", ["compiled", "batched"])
def test_rates_and_epochs_share_a_program_and_give_the_numbers_of_the_reference(engine, compiled):
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    recipes = [with_adam(0.001), with_adam(0.03), with_adam(0.001, epochs=3), with_adam(0.03)]

    curves = []
    for recipe in recipes:
        ((_, result),) = ex.train(engine, recipe, ex.CLASSES, jobs).items()
        ((_, expected),) = ex.train("reference", recipe, ex.CLASSES, jobs).items()
        assert result.curve == pytest.approx(expected.curve, abs=1e-5)
        assert result.metrics["loss"] == pytest.approx(expected.metrics["loss"], abs=1e-5)
        curves.append(result.curve)

    assert compiled == PROGRAMS[engine]
    assert [len(curve) for curve in curves] == [2, 2, 3, 2]
    assert curves[0] == curves[2][:2] != curves[1] == curves[3]


def cosine():
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 20))


def longer_cosine():
    return keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(0.01, 30))


def without_decay_of(name):
    optimizer = keras.optimizers.AdamW(0.01)
    optimizer.exclude_from_weight_decay(var_names=[name])
    return optimizer


class Halved(keras.optimizers.SGD):
    def __init__(self, rate):
        super().__init__(rate)
        self.half = rate / 2

    def update_step(self, gradient, variable, learning_rate):
        super().update_step(gradient, variable, self.half)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (functools.partial(adam, 0.01), functools.partial(adam, 0.01, beta_1=0.5)),
        (functools.partial(adam, 0.01), functools.partial(adam, 0.01, weight_decay=0.1)),
        (functools.partial(adam, 0.01), functools.partial(keras.optimizers.SGD, 0.01)),
        (functools.partial(adam, 0.01), cosine),
        (cosine, longer_cosine),
        (functools.partial(without_decay_of, "kernel"), functools.partial(without_decay_of, "bias")),
        (functools.partial(Halved, 0.1), functools.partial(Halved, 0.2)),
    ],
    ids=["momentum", "decay", "class", "schedule", "schedules", "what does not decay", "a class of one's own"],
)
def test_other_optimizers_are_compiled_again(one, other):
    keys = [compile_cache.stage_key(Recipe(ex.stage(ex.plain, optimizer=each)), ex.CLASSES) for each in (one, other)]

    assert keys[0] != keys[1]


@pytest.mark.parametrize(("setting", "value"), ex.CHANGED_SETTINGS)
def test_a_changed_setting_of_keras_is_compiled_again(setting, value, compiled, request):
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    ex.train("compiled", PLAIN, ex.CLASSES, jobs)
    request.addfinalizer(functools.partial(getattr(keras.config, f"set_{setting}"), getattr(keras.config, setting)()))
    getattr(keras.config, f"set_{setting}")(value)

    # No engine is called, because it may refuse to train under this setting.
    other = compile_cache.compile_stage(
        PLAIN, ex.CLASSES, jobs[0], engine=compiled_engine.__name__, compile_program=lambda *_: (print, print)
    )
    assert other.train is print


def test_equal_functions_share_a_program(compiled):
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    for width in (8, 8, 9):
        ex.train("compiled", Recipe(ex.stage(rebuilt(width))), ex.CLASSES, jobs)

    assert len(compiled) == 4


@pytest.mark.parametrize("engine", ["compiled", "batched"])
def test_a_second_call_compiles_nothing_and_gives_the_numbers_of_a_first_one(engine, compiled):
    first, second = ([Job(cell, 0)] for cell in ex.cells(ex.CLASSES)[:2])
    ex.train(engine, DROPOUT, ex.CLASSES, first)
    assert compiled == PROGRAMS[engine]
    ((_, after),) = ex.train(engine, DROPOUT, ex.CLASSES, second).items()
    assert compiled == PROGRAMS[engine]

    compile_cache._kept.clear()
    ((_, alone),) = ex.train(engine, DROPOUT, ex.CLASSES, second).items()

    assert compiled == PROGRAMS[engine] * 2
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


@pytest.mark.parametrize("engine", ["compiled", "batched"])
def test_what_is_evicted_is_freed_and_trains_the_same_afterwards(engine, monkeypatch):
    monkeypatch.setattr(compile_cache, "COMPILED_STAGES_KEPT", 2)
    jobs = [Job(ex.cells(ex.CLASSES)[0], 0)]
    recipes = [Recipe(ex.stage(ex.plain, batch_size=size)) for size in (16, 20, 24)]
    released, release = [], compile_cache.CompiledStage.release
    monkeypatch.setattr(compile_cache.CompiledStage, "release", lambda self: released.append(self) or release(self))

    ((_, before),) = ex.train(engine, recipes[0], ex.CLASSES, jobs).items()
    first = next(iter(compile_cache._kept.values()))
    for recipe in recipes[1:]:
        ex.train(engine, recipe, ex.CLASSES, jobs)
    assert released == [first]

    ((_, after),) = ex.train(engine, recipes[0], ex.CLASSES, jobs).items()
    assert len(released) == 2
    assert [weight.end for weight in after.weights] == [weight.end for weight in before.weights]


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
