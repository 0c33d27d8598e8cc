"""The program's functions are pure: they use the structure of the model and do not change its values."""

from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine.model import build_model
from negres_core.engine.program import Program, load_backend
from tests.engine import examples as ex


def program_of(name):
    recipe, data = ex.RECIPES[name]
    model = build_model(recipe.last.build, data, seed=1)
    program = Program(recipe, data, model)
    put = load_backend().put
    state = tuple([put(value) for value in part] for part in program.state_of(model))
    return program, model, state, data


@pytest.mark.parametrize("name", ["batch normalization", "added loss", "two players", "two inputs"])
def test_a_step_changes_the_state_it_returns_and_nothing_else(name):
    program, model, state, data = program_of(name)
    before = [np.array(variable) for variable in model.variables]

    _, (trainable, other, optimizer) = program.step(state, np.arange(8), data.x, data.y)

    for variable, value in zip(model.variables, before, strict=True):
        np.testing.assert_array_equal(variable, value)
    assert all((np.array(a) != np.array(b)).any() for a, b in zip(state[0], trainable, strict=True))
    assert len(other) == len(state[1])
    assert int(optimizer[0]) == 1, "the optimizer did not count one step"


def test_each_player_follows_its_own_loss():
    """The weights of each player change by the gradient of its own loss only."""
    recipe = Recipe(ex.stage(ex.two_players, objective=ex.rivals, optimizer=lambda: keras.optimizers.SGD(0.1)))
    data = ex.VALUES
    model = build_model(ex.two_players, data, seed=1)
    program = Program(recipe, data, model)
    put = load_backend().put
    state = tuple([put(value) for value in part] for part in program.state_of(model))
    _, (trainable, _, _) = program.step(state, np.arange(16), data.x, data.y)

    import tensorflow as tf

    with tf.GradientTape(persistent=True) as tape:
        losses = ex.rivals(model, data.x[:16], data.y[:16], training=True)
    changed = set()
    for variable, after in zip(model.trainable_variables, trainable, strict=True):
        player = "generator" if "generat" in variable.path else "critic"
        expected = variable.value - 0.1 * tape.gradient(losses[player], variable.value)
        np.testing.assert_allclose(after, expected, atol=1e-6)
        changed.add(player)
    assert changed == {"generator", "critic"}


def test_evaluation_is_deterministic_and_adds_no_penalty():
    program, _, state, data = program_of("added loss")
    rows = np.arange(10)
    outputs, loss = program.evaluate(state[0], state[1], rows, data.x, data.y)
    again, _ = program.evaluate(state[0], state[1], rows, data.x, data.y)
    np.testing.assert_array_equal(outputs, again)
    assert float(loss) == pytest.approx(float(np.mean((np.array(outputs) - data.y[rows]) ** 2)), rel=1e-5)


def test_restoring_sets_every_variable():
    program, model, state, data = program_of("batch normalization")
    _, after = program.step(state, np.arange(8), data.x, data.y)
    program.restore(model, after)
    for variables, values in ((model.trainable_variables, after[0]), (model.non_trainable_variables, after[1])):
        for variable, value in zip(variables, values, strict=True):
            np.testing.assert_array_equal(variable, value)
