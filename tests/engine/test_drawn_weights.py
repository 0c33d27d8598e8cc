"""Drawn weights show what outputs can be and which targets a loss looks at, and leave the model as it was."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from negres_core import Dataset
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.engine.drawn_weights import draw_outputs, draw_weights, pair_losses
from negres_core.engine.model import build_model
from tests.engine import examples as ex

VALUES = Dataset(x=ex.CLASSES.x, y=ex.CLASSES.x[:, 0] + 0.5, name="values")


def ends_in(activation, units=1, **options):
    def build(input_shape):
        hidden = layers.Dense(8, "relu")
        return keras.Sequential([keras.Input(input_shape), hidden, layers.Dense(units, activation, **options)])

    return build


@pytest.mark.parametrize(
    ("activation", "low", "high"),
    [("linear", -1, 2), ("relu", 0, 2), ("sigmoid", 0.01, 0.99), ("tanh", -0.99, 0.99)],
)
def test_outputs_reach_most_of_their_range(activation, low, high):
    outputs = draw_outputs(Recipe(Stage(ends_in(activation))), VALUES)

    assert outputs.min() <= low
    assert outputs.max() >= high


def test_outputs_of_a_layer_that_begins_at_zero_are_drawn_too():
    assert np.ptp(draw_outputs(Recipe(Stage(ends_in("linear", kernel_initializer="zeros"))), VALUES)) > 1


@pytest.mark.filterwarnings("ignore:.*softmax over axis")
def test_a_softmax_of_one_unit_is_always_1():
    assert np.all(draw_outputs(Recipe(Stage(ends_in("softmax"))), VALUES) == 1)


def test_several_inputs_are_taken_by_name():
    assert np.allclose(draw_outputs(ex.RECIPES["two inputs"][0], ex.PORTRAITS).sum(axis=1), 1, atol=1e-4)


def test_the_model_keeps_its_weights():
    model = build_model(ends_in("relu"), VALUES)
    before = model.get_weights()
    drawn = draw_weights(model, np.random.default_rng(0), width=1.0)

    assert all(np.array_equal(*pair) for pair in zip(before, model.get_weights(), strict=True))
    assert all(not np.array_equal(weight, value) for weight, value in drawn)


GENERATOR = np.random.default_rng(3)


def broadcast(model, x, y, *, training):
    return ops.mean(ops.square(y - model(x, training=training)))


def matched(model, x, y, *, training):
    return ops.mean(ops.square(y - model(x, training=training)[:, 0]))


def noisy(model, x, y, *, training):
    return matched(model, x, y, training=training) + GENERATOR.normal()


def test_targets_that_broadcast_give_the_mean_over_all_pairs():
    pairs = pair_losses(Recipe(Stage(ends_in("linear"), objective=broadcast)), VALUES)

    assert pairs.together == pytest.approx(pairs.each.mean(), rel=1e-5)
    assert abs(pairs.each.diagonal().mean() - pairs.each.mean()) > 0.02 * pairs.each.max()


@pytest.mark.parametrize("fields", [{"loss": "mse"}, {"objective": matched}], ids=["loss", "objective"])
def test_a_paired_loss_is_the_mean_over_rows_with_their_own_targets(fields):
    pairs = pair_losses(Recipe(Stage(ends_in("linear"), **fields)), VALUES)

    assert pairs.together == pytest.approx(pairs.each.diagonal().mean(), rel=1e-5)


def test_a_loss_of_labels_is_paired_too():
    pairs = pair_losses(Recipe(Stage(ends_in("softmax", units=2))), ex.BINARY)

    assert pairs.together == pytest.approx(pairs.each.diagonal().mean(), rel=1e-5)


def test_a_loss_that_varies_by_itself_has_no_pairs():
    assert pair_losses(Recipe(Stage(ends_in("linear"), objective=noisy)), VALUES) is None


def test_a_covariance_is_zero_for_every_pair():
    def covariance(model, x, y, *, training):
        outputs, y = model(x, training=training), ops.reshape(y, (-1, 1))
        return -ops.abs(ops.mean((outputs - ops.mean(outputs)) * (y - ops.mean(y))))

    pairs = pair_losses(Recipe(Stage(ends_in("linear"), objective=covariance)), VALUES)

    assert not pairs.each.any()
    assert pairs.together < 0
