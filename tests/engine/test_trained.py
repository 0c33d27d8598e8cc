from __future__ import annotations

import keras
import numpy as np
import pytest

from negres_core.arms.stage import Stage
from negres_core.engine.model import save_model
from negres_core.engine.trained import load_trained
from tests.engine import examples as ex


def narrow(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs, activation="softmax", name="last")])


def wide(input_shape, outputs):
    hidden = keras.layers.Dense(7, name="hidden")
    return keras.Sequential([keras.Input(input_shape), hidden, keras.layers.Dense(outputs, name="last")])


@pytest.mark.parametrize("saved_as", ["keras", "h5"])
def test_a_trained_model_has_the_weights_of_its_file(tmp_path, saved_as, monkeypatch):
    trained = narrow(ex.CLASSES.input_shape, ex.CLASSES.outputs)
    path = tmp_path / f"model.{saved_as}"
    path.write_bytes(save_model(trained, saved_as))
    monkeypatch.setattr(keras.models, "load_model", lambda *arguments, **options: pytest.fail("it was deserialized"))

    again = load_trained(Stage(narrow, saved_as=saved_as), ex.CLASSES, path, fold=lambda: ex.CLASSES.x, seed=1)

    assert again is not trained
    for one, two in zip(trained.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_the_architecture_is_that_of_the_build_function_and_not_that_of_the_file(tmp_path):
    path = tmp_path / "model.keras"
    path.write_bytes(save_model(wide(ex.CLASSES.input_shape, ex.CLASSES.outputs), "keras"))

    model = load_trained(Stage(narrow), ex.CLASSES, path, fold=lambda: ex.CLASSES.x, seed=1)

    assert [layer.name for layer in model.layers] == ["last"]
