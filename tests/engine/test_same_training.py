"""Recipes train the same if names and parts without an effect are all that differs; anything else is a difference."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from imblearn.over_sampling import SMOTE, RandomOverSampler
from keras import layers
from sklearn.preprocessing import MinMaxScaler

from negres_core import Dataset, Fit, Recipe, Stage
from negres_core.engine.same_training import same_training
from tests.engine import examples as ex


def build(input_shape, outputs, *, extra=None, use_attention=False, **options):
    """Build a network; `use_attention` is not read."""
    inputs = keras.Input(input_shape)
    add = extra(inputs) if extra else None
    hidden = hidden_layers(inputs, **options)
    return keras.Model(inputs, layers.Dense(outputs, "softmax")(hidden if add is None else hidden + add))


def hidden_layers(inputs, *, rate=0.0, momentum=0.9, initializer="glorot_uniform", activation="relu", **options):
    hidden = layers.Dense(8, activation, kernel_initializer=initializer, **options)(inputs)
    return layers.Dropout(rate)(layers.BatchNormalization(momentum=momentum)(hidden))


def disconnected(inputs):
    layers.Dropout(0.5)(layers.Dense(8)(inputs))


def times_zero(inputs):
    return 0 * layers.Dense(8)(layers.Dense(5, "relu")(inputs))


def gated(inputs):
    return layers.Dense(8, kernel_initializer="zeros")(layers.Dense(5, "relu")(inputs))


@keras.saving.register_keras_serializable(package="negres_tests")
class Switched(keras.layers.Layer):
    """Adds a term if a switch is on; its configuration does not show it."""

    def __init__(self, on, **options):
        super().__init__(**options)
        self.on = on
        self.inner = layers.Dense(8)

    def build(self, shape):
        self.inner.build(shape)

    def call(self, x):
        return self.inner(x) + (1.0 if self.on else 0.0)


def switched(input_shape, outputs, *, on, spare=None):
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, layers.Dense(outputs, "softmax")(Switched(on)(inputs)))


class OwnStep(keras.Sequential):
    def train_step(self, data):
        return super().train_step(data)


def own_step(input_shape, outputs):
    return OwnStep([keras.Input(input_shape), layers.Dense(outputs, "softmax")])


def linear(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), layers.Dense(outputs, "softmax")])


def pretrained(input_shape, outputs):
    model = linear(input_shape, outputs)
    model.set_weights([np.full(weight.shape, 0.1) for weight in model.weights])
    return model


def stage(function=build, *, fields=None, **options):
    return Recipe(Stage(functools.partial(function, **options), **(fields or {})))


def same(one, other):
    return same_training(one, other, ex.CLASSES)


@pytest.mark.parametrize(
    "other",
    [
        stage(),
        stage(use_attention=True),
        stage(name="renamed"),
        stage(extra=disconnected),
        stage(extra=times_zero),
        stage(fields={"optimizer": keras.optimizers.Adam}),
    ],
    ids=["itself", "flag", "name", "disconnected branch", "branch times 0", "optimizer by another way"],
)
def test_names_and_parts_without_an_effect_do_not_count(other):
    assert same(stage(), other)
    assert same(other, stage())


@pytest.mark.parametrize(
    "other",
    [
        stage(extra=gated),
        stage(rate=0.1),
        stage(momentum=0.99),
        stage(initializer="orthogonal"),
        stage(activation="gelu"),
        stage(kernel_regularizer="l2"),
        stage(kernel_constraint="non_neg"),
        stage(trainable=False),
        stage(fields={"epochs": 11}),
        stage(fields={"batch_size": 64}),
        stage(fields={"optimizer": lambda: keras.optimizers.Adam(1e-4)}),
        stage(fields={"loss": lambda: keras.losses.SparseCategoricalCrossentropy(ignore_class=0)}),
        Recipe(*stage().stages, preprocess=MinMaxScaler),
    ],
    ids=[
        *("gate that begins at 0", "dropout", "momentum", "initializer", "activation", "penalty", "constraint"),
        *("frozen", "epochs", "batch size", "rate", "loss", "preprocess"),
    ],
)
def test_all_that_changes_training_counts(other):
    assert not same(stage(), other)


def without_decay_of_biases():
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    return optimizer


class Silent(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule whose configuration leaves out its argument."""

    def __init__(self, rate):
        self.rate = rate

    def __call__(self, step):
        return self.rate

    def get_config(self):
        return {}


def silent(rate):
    return keras.optimizers.SGD(Silent(rate))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"optimizer": keras.optimizers.AdamW}, {"optimizer": without_decay_of_biases}),
        ({"optimizer": lambda: ex.halving(0.5)}, {"optimizer": lambda: ex.halving(0.1)}),
        (
            {"optimizer": lambda: keras.optimizers.SGD(Silent(0.5))},
            {"optimizer": lambda: keras.optimizers.SGD(Silent(1))},
        ),
        ({"loss": lambda: keras.losses.Huber(0.5)}, {"loss": lambda: keras.losses.Huber(1.0)}),
    ],
    ids=["weights without decay", "schedule without a configuration", "schedule's argument", "loss's argument"],
)
def test_what_a_configuration_leaves_out_counts(one, other):
    data = ex.VALUES if "loss" in one else ex.CLASSES
    assert not same_training(stage(fields=one), stage(fields=other), data)
    assert same_training(stage(fields=one), stage(name="renamed", fields=dict(one)), data)


def test_what_a_layer_does_counts_though_its_configuration_hides_it():
    assert not same(stage(switched, on=True), stage(switched, on=False))
    assert same(stage(switched, on=True), stage(switched, on=True, spare=1))


def test_a_training_step_of_its_own_counts():
    assert not same(Recipe(Stage(own_step)), Recipe(Stage(linear)))


def test_weights_that_do_not_depend_on_the_seed_count():
    assert not same(Recipe(Stage(pretrained)), Recipe(Stage(linear)))


def test_outputs_at_the_end_of_their_range_are_not_taken_for_equal():
    wide = Dataset(x=1e4 * (1 + ex.BINARY.x**2), y=ex.BINARY.y, name="unscaled")
    ends = [functools.partial(build_one, activation=activation) for activation in ("relu", "gelu")]

    assert not same_training(*(Recipe(Stage(end, loss="binary_crossentropy")) for end in ends), wide)


def build_one(input_shape, outputs, *, activation):
    hidden = layers.Dense(8, activation)
    return keras.Sequential([keras.Input(input_shape), hidden, layers.Dense(1, "sigmoid")])


def first(train, test):
    return test.x[:, 0].astype(int)


def second(train, test):
    return test.x[:, 1].astype(int)


def test_fits_are_the_same_if_their_code_is():
    assert same(Recipe(Fit(first)), Recipe(Fit(first)))
    assert not same(Recipe(Fit(first)), Recipe(Fit(second)))
    assert not same(Recipe(Fit(first)), Recipe(Stage(linear)))
    assert not same(Recipe(Stage(linear), Fit(first, inherits=linear)), Recipe(Stage(linear)))


def test_a_stage_more_counts():
    assert not same(Recipe(Stage(linear), Stage(linear, inherits=linear)), Recipe(Stage(linear)))


def test_arms_that_differ_in_weights_or_samplers_are_not_the_same():
    plain = Recipe(ex.stage(ex.plain))
    weighted = Recipe(ex.stage(ex.plain, class_weight="balanced"))
    resampled, other = (Recipe(ex.stage(ex.plain), resample=make) for make in (SMOTE, RandomOverSampler))
    assert not same_training(plain, weighted, ex.CLASSES)
    assert not same_training(plain, resampled, ex.CLASSES)
    assert not same_training(resampled, other, ex.CLASSES)
    assert same_training(resampled, Recipe(ex.stage(ex.plain), resample=lambda: SMOTE(k_neighbors=5)), ex.CLASSES)
