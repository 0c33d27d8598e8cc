"""A build function leaves the seeds of its replicates to negres, and draws nothing but weights."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.engine import seeding, selection
from negres_core.engine.checks import check_recipe
from negres_core.engine.model import build_model
from negres_core.engine.seeding import check_seeds, seed_use
from negres_core.errors import InputError, SeedWarning
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


MODEL = ex.plain()
BACKBONE = keras.Sequential([keras.Input((6,)), layers.Dense(6, "relu", name="hidden")], name="backbone")
FROZEN = keras.Sequential([keras.Input((6,)), layers.Dense(6, "relu", name="hidden")], name="frozen")
FROZEN.trainable = False


def head_on(base):
    return keras.Sequential([keras.Input((6,)), base, layers.Dense(8, "softmax", name="classes")])


def cloned():
    base = keras.models.clone_model(BACKBONE)
    base.set_weights(BACKBONE.get_weights())
    return head_on(base)


@pytest.mark.parametrize(
    ("build", "weights"), [(lambda: MODEL, "classes/kernel"), (lambda: head_on(BACKBONE), "hidden/kernel")]
)
def test_a_build_function_that_returns_the_same_weights_again_is_refused(build, weights):
    with pytest.raises(InputError, match="weights that it has returned before") as caught:
        check_recipe(Recipe(ex.stage(build)), ex.CLASSES)
    assert weights in caught.value.received
    assert "base = keras.models.clone_model(base); base.set_weights(trained" in caught.value.remedy


@pytest.mark.parametrize("build", [cloned, lambda: head_on(FROZEN)])
def test_a_copy_of_trained_weights_and_weights_that_nothing_trains_pass(build):
    check_recipe(Recipe(ex.stage(build)), ex.CLASSES)


def test_initializers_with_fixed_seeds_are_said():
    def build():
        kernel = keras.initializers.GlorotUniform(seed=3)
        top = layers.Dense(8, "softmax", kernel_initializer=kernel, name="classes")
        return keras.Sequential([keras.Input((6,)), top])

    with pytest.warns(SeedWarning, match="the initializers of classes have fixed seeds"):
        check_recipe(Recipe(ex.stage(build)), ex.CLASSES)


def test_the_models_of_a_build_function_are_compared_once_whatever_its_stage(monkeypatch):
    def once(input_shape, outputs):
        return ex.plain()

    seeds = []

    def counted(build, data, *, seed):
        seeds.append(seed)
        return build_model(build, data, seed=seed)

    monkeypatch.setattr(seeding, "build_model", counted)
    check_seeds(build_model(once, ex.CLASSES), ex.stage(once), ex.CLASSES)
    check_seeds(build_model(once, ex.CLASSES), ex.stage(once, epochs=3), ex.CLASSES)
    assert selection.needs_reference(Recipe(ex.stage(once)), ex.CLASSES) is None
    assert seeds == [1, 2]


def test_models_that_draw_constants_differ_with_the_same_weights():
    def constant(input_shape, outputs):
        projection = np.random.normal(size=(*input_shape, 4)).astype("float32")  # noqa: NPY002
        inputs = keras.Input(input_shape)
        return keras.Model(inputs, layers.Dense(outputs, "softmax")(keras.ops.matmul(inputs, projection)))

    assert seed_use(constant, ex.CLASSES).draws_constants
    assert not seed_use(ex.plain, ex.CLASSES).draws_constants
