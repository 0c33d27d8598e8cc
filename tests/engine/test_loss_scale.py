"""The scale of a loss: a variable of the optimizer, which falls at a step that it skips and grows in time."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import ops
from keras.optimizers import SGD, Adam, LossScaleOptimizer

from negres_core.arms.recipe import Recipe
from negres_core.engine.hooks import slow_hook
from negres_core.engine.loss_scale import chain_of, innermost, scaled_as_by_compile
from negres_core.engine.model import build_model
from negres_core.engine.program import Program, load_backend
from tests.engine import examples as ex


def half(input_shape, outputs):
    """A model in 16-bit floats, as Keras makes it if the policy is mixed_float16."""
    model = keras.Sequential(
        [keras.Input(input_shape), keras.layers.Dense(outputs, dtype="mixed_float16", name="values")]
    )
    model.dtype_policy = keras.DTypePolicy("mixed_float16")
    return model


def start(*, objective=None, **options):
    """Return a program, its state at the start, and the scale in a state."""
    recipe = Recipe(ex.stage(half, loss="mse", objective=objective, optimizer=lambda: scaled(**options)))
    model = build_model(half, ex.VALUES, seed=1)
    program = Program(recipe, ex.VALUES, model)
    put = load_backend().put
    state = tuple([put(value) for value in part] for part in program.state_of(model))
    names = [variable.path.rpartition("/")[2] for variable in program._optimizer.variables]
    return program, state, lambda state: float(np.array(state[2][names.index("dynamic_scale")]))


def scaled(rate=0.1, **options):
    return LossScaleOptimizer(SGD(rate), **options)


def same(one, other):
    return all((np.array(a) == np.array(b)).all() for a, b in zip(one, other, strict=True))


def absolute(model, x, y, *, training):
    return ex.absolute(lambda x, training: ops.cast(model(x, training=training), "float32"), x, y, training=training)


@pytest.mark.parametrize("objective", [None, absolute])
def test_a_step_with_an_overflow_is_skipped_and_halves_the_scale(objective):
    program, state, scale_of = start(initial_scale=2.0**60, objective=objective)
    loss, after = program.step(state, np.arange(16), ex.VALUES.x, ex.VALUES.y)

    assert np.isfinite(float(loss))
    assert same(state[0], after[0])
    assert (scale_of(state), scale_of(after)) == (2.0**60, 2.0**59)


def test_the_scale_doubles_after_so_many_finite_steps_and_the_weights_do_not_depend_on_it():
    scales, weights = [], []
    for initial in (2.0, 64.0):
        program, state, scale_of = start(initial_scale=initial, dynamic_growth_steps=2)
        for step in range(3):
            _, state = program.step(state, np.arange(16) + step, ex.VALUES.x, ex.VALUES.y)
            scales.append(scale_of(state))
        weights.append(state[0])

    assert scales == [2.0, 4.0, 4.0, 64.0, 128.0, 128.0]
    for one, other in zip(*weights, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-3)  # what float16 rounds
    assert not same(weights[0], start()[1][0])


def test_a_learning_rate_that_falls_is_the_one_of_the_inner_optimizer():
    program, state, _ = start(rate=0.1)
    slower = program.with_rate(state, np.float32(0.0))
    _, after = program.step(slower, np.arange(16), ex.VALUES.x, ex.VALUES.y)
    assert same(state[0], after[0])


@pytest.mark.parametrize(
    ("policy", "optimizer", "expected"),
    [
        ("mixed_float16", Adam, [LossScaleOptimizer, Adam]),
        ("mixed_float16", lambda: LossScaleOptimizer(Adam()), [LossScaleOptimizer, Adam]),
        ("mixed_bfloat16", Adam, [Adam]),
        ("float32", Adam, [Adam]),
        ("float32", lambda: LossScaleOptimizer(Adam()), [LossScaleOptimizer, Adam]),
    ],
)
def test_the_optimizer_is_the_one_that_compile_makes(policy, optimizer, expected):
    model = half((6,), 2)
    model.dtype_policy = keras.DTypePolicy(policy)
    model.compile(optimizer())

    made = scaled_as_by_compile(optimizer(), model)

    assert [type(each) for each in chain_of(made)] == [type(each) for each in chain_of(model.optimizer)] == expected
    assert type(innermost(made)) is Adam


class Gradients(SGD):
    """An optimizer that only keras.Model.fit calls."""

    def apply_gradients(self, grads_and_vars):
        return super().apply_gradients(grads_and_vars)


def test_hooks_of_the_inner_optimizer_are_found():
    model = half((6,), 2)
    stage = ex.stage(half, optimizer=lambda: LossScaleOptimizer(Gradients(0.1)))
    assert "Gradients has its own apply_gradients" in slow_hook(stage, model)
