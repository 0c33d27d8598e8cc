"""A build function leaves the seeds of its replicates to negres."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.engine.checks import check_recipe
from negres_core.errors import InputError, SeedWarning
from negres_core.recipe import Recipe
from tests.engine import examples as ex


def seeded_globally():
    keras.utils.set_random_seed(3)
    return ex.plain()


def drawn_by_numpy(seed=None):
    if seed is not None:
        np.random.seed(seed)  # noqa: NPY002
    model = ex.same_everywhere()
    model.set_weights([np.random.normal(size=weight.shape) for weight in model.get_weights()])  # noqa: NPY002
    return model


def seeded_by_numpy():
    return drawn_by_numpy(3)


@pytest.mark.parametrize("build", [seeded_globally, seeded_by_numpy])
def test_a_build_function_that_seeds_the_generators_is_refused(build):
    with pytest.raises(InputError, match="seeds the random generators"):
        check_recipe(Recipe(ex.stage(build)), ex.CLASSES)


@pytest.mark.parametrize("build", [ex.same_everywhere, drawn_by_numpy])
def test_a_build_function_that_leaves_the_generators_alone_passes(build):
    check_recipe(Recipe(ex.stage(build)), ex.CLASSES)


def test_initializers_with_fixed_seeds_are_said():
    def build():
        kernel = keras.initializers.GlorotUniform(seed=3)
        top = layers.Dense(8, "softmax", kernel_initializer=kernel, name="classes")
        return keras.Sequential([keras.Input((6,)), top])

    with pytest.warns(SeedWarning, match="the initializers of classes have fixed seeds"):
        check_recipe(Recipe(ex.stage(build)), ex.CLASSES)
