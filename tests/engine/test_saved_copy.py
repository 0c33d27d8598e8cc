"""A model that becomes another one when it is saved and loaded is refused."""

from __future__ import annotations

import errno
import tempfile

import keras
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.engine.checks import check_recipe
from negres_core.errors import EvidenceError, InputError
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
    with pytest.raises(InputError, match="whose outputs change when it is saved and loaded") as error:
        check_recipe(Recipe(ex.stage(with_layer(lambda: Forgetful(3.0)))), ex.CLASSES)
    assert "get_config" in error.value.remedy


def test_a_model_that_draws_in_inference_mode_is_not_compared_with_itself():
    check_recipe(Recipe(ex.stage(with_layer(Restless))), ex.CLASSES)


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EACCES, errno.ENOENT])
@pytest.mark.parametrize("when", ["made", "written"])
def test_a_folder_for_temporary_files_that_cannot_be_used_is_not_the_models_fault(monkeypatch, number, when):
    def refuse(*arguments, **options):
        raise OSError(number, "refused")

    monkeypatch.setenv("TMPDIR", "/somewhere")
    if when == "made":
        monkeypatch.setattr(tempfile, "mkdtemp", refuse)
    else:
        monkeypatch.setattr(keras.Model, "save", refuse)

    with pytest.raises(EvidenceError, match="the folder for temporary files cannot be written") as raised:
        check_recipe(Recipe(ex.stage(ex.plain)), ex.CLASSES)
    assert "Received: /somewhere: refused" in str(raised.value)
    assert "set TMPDIR" in str(raised.value)


def test_another_error_of_the_system_while_a_model_is_saved_is_the_models(monkeypatch):
    def refuse(*arguments, **options):
        raise OSError("the layer opens a device")

    monkeypatch.setattr(keras.Model, "save", refuse)

    with pytest.raises(InputError, match="returns a model that Keras cannot save"):
        check_recipe(Recipe(ex.stage(ex.plain)), ex.CLASSES)
