"""The settings of training of two arms, and a control arm that is trained as the treatment arm is."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.engine.layers import layers_of
from negres_core.engine.matched_training import build_relieved, match_training
from negres_core.engine.model import build_model
from tests.engine import examples as ex

ROWS = 48


def wide(input_shape, outputs, *, drop=0.0, penalty=0.0, frozen=False, width=12):
    hidden = layers.Dense(width, "relu", kernel_regularizer=keras.regularizers.L2(penalty) if penalty else None)
    hidden.trainable = not frozen
    top = layers.Dense(outputs, "softmax")
    return keras.Sequential([keras.Input(input_shape), hidden, layers.Dropout(drop), top])


def narrow(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), layers.Dense(4, "relu"), layers.Dense(outputs, "softmax")])


def slow():
    return keras.optimizers.Adam(1e-4)


def recipe(build=narrow, **fields):
    return Recipe(Stage(build, **{"epochs": 10, "batch_size": 16} | fields))


def match(control, treatment):
    return match_training(control, treatment, ex.CLASSES, rows=ROWS)


def test_arms_that_are_trained_alike_have_nothing_to_match():
    matched = match(recipe(), recipe(functools.partial(wide, width=20)))

    assert (matched.differences, matched.is_claim, matched.recipes) == ((), False, {})


@pytest.mark.parametrize(
    ("control", "difference", "handicap"),
    [
        (recipe(optimizer=slow), "optimizer Adam at 0.0001 against Adam at 0.001", "optimizer"),
        (recipe(epochs=1), "epochs 1 against 10", "steps"),
        (recipe(batch_size=48), "steps 10 against 30", "steps"),
        (recipe(functools.partial(wide, drop=0.9)), "dropout or noise 0.9 against 0", "dropout or noise"),
        (recipe(functools.partial(wide, penalty=0.3)), "penalty on weights 0.3 against 0", "penalty on weights"),
        (recipe(functools.partial(wide, frozen=True)), "frozen layers 1 against 0", "frozen layers"),
    ],
)
def test_a_setting_to_the_disadvantage_of_the_control_arm_is_taken_from_the_treatment_arm(
    control, difference, handicap
):
    treatment = recipe(functools.partial(wide, width=20))
    matched = match(control, treatment)

    assert difference in matched.differences
    assert list(matched.recipes) == [handicap]
    assert match(matched.recipes[handicap], treatment).recipes == {}
    assert build_model(matched.recipes[handicap].last.build, ex.CLASSES).count_params() == (
        build_model(control.last.build, ex.CLASSES).count_params()
    )


@pytest.mark.parametrize(
    "treatment",
    [
        recipe(functools.partial(wide, width=20), epochs=5),
        recipe(functools.partial(wide, width=20, drop=0.5)),
        recipe(functools.partial(wide, width=20, penalty=0.1)),
        recipe(functools.partial(wide, width=20, frozen=True)),
    ],
)
def test_a_difference_to_the_disadvantage_of_the_treatment_arm_is_reported_only(treatment):
    matched = match(recipe(), treatment)

    assert len(matched.differences) >= 1
    assert matched.recipes == {}


@pytest.mark.parametrize(
    "control",
    [
        recipe(wide, optimizer=slow),
        recipe(wide, epochs=1),
        recipe(functools.partial(wide, drop=0.9)),
        recipe(functools.partial(wide, penalty=0.3)),
        recipe(functools.partial(wide, frozen=True)),
        recipe(functools.partial(wide, drop=0.9), optimizer=slow),
    ],
)
def test_arms_that_differ_in_settings_alone_are_a_claim_about_them(control):
    matched = match(control, recipe(wide))

    assert matched.differences
    assert matched.is_claim
    assert matched.recipes == {}


def test_the_optimizer_is_also_left_as_it_is_if_other_settings_differ():
    """The treatment arm's may not suit the control arm."""
    matched = match(recipe(functools.partial(wide, drop=0.9), optimizer=slow), recipe())

    both, one = matched.recipes.values()
    assert list(matched.recipes) == ["dropout or noise, optimizer", "dropout or noise"]
    assert [each.last.optimizer for each in (both, one)] == ["adam", slow]


def test_a_network_whose_opponent_is_none_is_compared_with_the_defaults_of_keras():
    matched = match(recipe(functools.partial(wide, drop=0.9), optimizer=slow, epochs=1), None)

    assert matched.differences == (
        "optimizer Adam at 0.0001 against Adam at 0.001",
        "dropout or noise 0.9 against 0",
    )
    assert list(matched.recipes) == ["dropout or noise, optimizer", "dropout or noise"]


def test_stages_are_paired_from_the_last():
    treatment = Recipe(Stage(narrow, epochs=3), Stage(wide, inherits=narrow, epochs=5))
    control = Recipe(Stage(narrow, epochs=5, optimizer=slow))

    matched = match(control, treatment)

    assert matched.differences == ("optimizer Adam at 0.0001 against Adam at 0.001",)
    assert match(treatment, control).differences[0] == "optimizer Adam at 0.001 against Adam at 0.0001"
    last = match(treatment, control).recipes["optimizer, steps"]
    assert [(stage.epochs, stage.optimizer) for stage in last.stages] == [(5, slow), (5, slow)]


def test_a_relieved_model_has_less_noise_smaller_penalties_and_no_frozen_layers():
    build = functools.partial(wide, drop=0.5, penalty=0.3, frozen=True)
    relieved = functools.partial(build_relieved, build=build, noise=0.1, penalty=0.01, thaw=True)
    model = build_model(relieved, ex.CLASSES)

    hidden, dropout, _ = model.layers
    assert dropout.rate == 0.1
    assert hidden.trainable
    norm = float(np.sum(keras.ops.convert_to_numpy(hidden.kernel) ** 2))
    assert [float(loss) for loss in model.losses] == pytest.approx([0.01 * norm])
    assert hidden.get_config()["kernel_regularizer"]["config"]["l2"] == pytest.approx(0.01)


def test_penalties_that_models_share_are_left_alone():
    shared = keras.regularizers.L2(0.3)

    def build(input_shape, outputs):
        return keras.Sequential([keras.Input(input_shape), layers.Dense(outputs, "softmax", kernel_regularizer=shared)])

    build_model(functools.partial(build_relieved, build=build, noise=0.0, penalty=0.0, thaw=False), ex.CLASSES)

    assert float(shared.l2) == pytest.approx(0.3)


def test_layers_that_models_share_are_left_alone():
    """To change them would change the arm itself."""
    dropout = layers.Dropout(0.9)

    def build(input_shape, outputs):
        return keras.Sequential([keras.Input(input_shape), dropout, layers.Dense(outputs, "softmax")])

    matched = match(recipe(build), recipe())

    assert matched.differences == ("dropout or noise 0.9 against 0",)
    assert matched.recipes == {}
    assert dropout.rate == 0.9


@pytest.mark.parametrize(
    "layer",
    [
        layers.SpatialDropout1D(0.4),
        layers.GaussianNoise(0.4),
        layers.GaussianDropout(0.4),
        layers.LSTM(4, dropout=0.4, return_sequences=True),
        layers.GRU(4, recurrent_dropout=0.4, return_sequences=True),
        layers.Bidirectional(layers.LSTM(4, dropout=0.4, return_sequences=True)),
    ],
    ids=lambda layer: layer.name,
)
def test_noise_is_known_from_any_of_keras_layers(layer):
    config = layer.get_config()

    def build(input_shape, outputs):
        column = keras.Input(input_shape)
        hidden = type(layer).from_config(config)(keras.ops.expand_dims(column, -1))
        return keras.Model(column, layers.Dense(outputs, "softmax")(layers.Flatten()(hidden)))

    matched = match(recipe(build), recipe())

    assert "dropout or noise 0.4 against 0" in matched.differences
    model = build_model(matched.recipes["dropout or noise"].last.build, ex.CLASSES)
    x = ex.CLASSES.x[:8]
    assert np.allclose(model(x, training=True), model(x, training=False), atol=1e-6)
    assert list(layers_of(model))


class Silent(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule without a configuration."""

    def __call__(self, step):
        return 0.01


def test_an_optimizer_whose_schedule_has_no_configuration_is_compared_by_its_other_settings():
    scheduled = recipe(optimizer=lambda: keras.optimizers.Adam(Silent()))

    assert match(scheduled, scheduled).differences == ()
    (text,) = match(scheduled, recipe(optimizer=lambda: keras.optimizers.SGD(Silent()))).differences
    assert text == "optimizer Adam against SGD"


@pytest.mark.parametrize(
    ("control", "treatment", "difference"),
    [
        ({}, {"class_weight": "balanced"}, "class weights none against balanced"),
        ({"class_weight": {0: 1, 1: 9}}, {}, "class weights 1 of class 0, 9 of class 1 against none"),
    ],
)
def test_weights_of_one_arm_are_a_difference_of_training(control, treatment, difference):
    matched = match(recipe(**control), recipe(**treatment))
    assert matched.differences == (difference,)
    assert matched.recipes == {}


def test_so_is_the_resampling_of_one_arm():
    one, other = Recipe(Stage(narrow)), Recipe(Stage(narrow), resample=SMOTE)
    assert match(one, other).differences == ("resampling none against SMOTE()",)
    assert match(other, Recipe(Stage(wide), resample=SMOTE)).differences == ()
