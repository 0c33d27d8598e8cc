"""An objective is given the weights of rows if it asks for them, and only in training."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from negres_core.arms.recipe import Recipe
from negres_core.engine.model import build_model
from negres_core.engine.objective import asks_for_weights, call_objective, mean_loss
from negres_core.engine.program import Program
from tests.engine import examples as ex


def asking(model, x, y, *, training, sample_weight):
    return training, sample_weight


def with_default(model, x, y, *, training, sample_weight=None):
    return training, sample_weight


def silent(model, x, y, *, training):
    return training


@pytest.mark.parametrize(
    ("objective", "asks"),
    [(asking, True), (with_default, True), (functools.partial(asking), True), (silent, False)],
)
def test_an_objective_asks_by_the_name_of_a_parameter(objective, asks):
    assert asks_for_weights(objective) == asks


def test_weights_go_to_an_objective_that_asks():
    weights = np.ones(2)
    assert call_objective(asking, None, None, None, training=True, sample_weight=weights) == (True, weights)
    assert call_objective(asking, None, None, None, training=False) == (False, None)
    assert call_objective(silent, None, None, None, training=True, sample_weight=weights) is True


def test_rows_are_tested_without_weights():
    """The objective would fail on weights that are not numbers."""
    given = []

    def objective(model, x, y, *, training, sample_weight):
        given.append((training, sample_weight is None))
        return ex.absolute(model, x, y, training=training)

    stage = ex.stage(ex.linear, objective=objective)
    model = build_model(ex.linear, ex.VALUES)
    x, y = ex.VALUES.x[:4], ex.VALUES.y[:4]
    loss = mean_loss(model, stage, x, y, training=False)
    program = Program(Recipe(stage), ex.VALUES, model)
    state = program.state_of(model)
    assert float(program.evaluate(state[0], state[1], np.arange(4), ex.VALUES.x, ex.VALUES.y)[1]) == pytest.approx(
        float(loss)
    )
    assert set(given) == {(False, True)}
