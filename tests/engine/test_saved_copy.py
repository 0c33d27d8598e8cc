"""A model that becomes another one when it is saved and loaded is refused."""

from __future__ import annotations

import keras
import pytest
from keras import layers

from negres_core.engine.checks import check_recipe
from negres_core.errors import InputError
from negres_core.recipe import Recipe
from tests.engine import examples as ex


@keras.saving.register_keras_serializable(package="negres_tests")
class Forgetful(layers.Layer):
    """A layer whose configuration lacks the argument of its constructor."""

    def __init__(self, factor=1.0, **options):
        super().__init__(**options)
        self.factor = factor

    def call(self, inputs):
        return inputs * self.factor

    def get_config(self):
        return super().get_config()


@keras.saving.register_keras_serializable(package="negres_tests")
class Restless(layers.Layer):
    """A layer that draws in inference mode too."""

    def __init__(self, **options):
        super().__init__(**options)
        self.generator = keras.random.SeedGenerator(1)

    def call(self, inputs):
        return inputs + keras.random.normal(keras.ops.shape(inputs), seed=self.generator)


def with_layer(layer):
    return lambda: keras.Sequential([keras.Input((6,)), layer(), layers.Dense(8, "softmax", name="classes")])


def test_a_model_that_is_another_after_loading_is_refused():
    check_recipe(Recipe(ex.stage(with_layer(Forgetful))), ex.CLASSES)
    with pytest.raises(InputError, match="computes something else after it was saved and loaded") as error:
        check_recipe(Recipe(ex.stage(with_layer(lambda: Forgetful(3.0)))), ex.CLASSES)
    assert "get_config" in error.value.remedy


def test_a_model_that_draws_in_inference_mode_is_not_compared_with_itself():
    check_recipe(Recipe(ex.stage(with_layer(Restless))), ex.CLASSES)
