"""LoRA that was trained is saved beside Keras' own weights, in every engine, and frozen kernels stay as they are."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.arrays import digest_array
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.model import load_model, save_model
from negres_core.engine.trained import load_trained
from negres_core.errors import InputError
from tests.engine import examples as ex

CELL = ex.cells(ex.CLASSES)[0]


def base():
    ends = [layers.Dense(8, "relu", name="hidden"), layers.Dense(8, "softmax", name="classes")]
    return keras.Sequential([keras.Input((6,)), *ends])


def tuned():
    model = base()
    model.get_layer("hidden").enable_lora(2)
    return model


@pytest.mark.parametrize("frozen", [True, False])
def test_every_engine_trains_lora_after_inheriting(frozen, tmp_path):
    heir = ex.stage(tuned, inherits=base, freezes=base if frozen else None)
    recipe = Recipe(ex.stage(base), heir)
    check_recipe(recipe, ex.CLASSES)
    parent = ex.result_of("reference", recipe.parent, ex.CLASSES)
    (path := tmp_path / "parent.keras").write_bytes(parent.model)
    results = {
        engine: next(iter(ex.train(engine, recipe, ex.CLASSES, [Job(CELL, 0, path)]).values())) for engine in ex.ENGINES
    }
    plain = results["reference"]
    ends = {weight.path: weight.end for weight in parent.weights}
    for engine, result in results.items():
        weights = {weight.path: weight for weight in result.weights}
        fresh = {"hidden/lora_kernel_a", "hidden/lora_kernel_b"}
        assert {name for name, weight in weights.items() if weight.inherited_from is None} == fresh
        assert all(weights[name].start == end for name, end in ends.items())
        assert weights["hidden/kernel"].end == weights["hidden/kernel"].start
        assert all(weights[name].trainable and weights[name].start != weights[name].end for name in fresh)
        assert (weights["classes/kernel"].start == weights["classes/kernel"].end) == frozen
        assert weights["hidden/bias"].frozen == (not weights["hidden/bias"].trainable) == frozen
        assert result.metrics == pytest.approx(plain.metrics, rel=1e-4)
        # As Keras loads it, and as it was trained.
        (file := tmp_path / f"{engine}.keras").write_bytes(result.model)
        again = load_trained(recipe.last, ex.CLASSES, file, fold=lambda: None, seed=0)
        np.testing.assert_allclose(again(ex.CLASSES.x), load_model(file)(ex.CLASSES.x), atol=1e-5)
        assert [weight.end for weight in result.weights] == [digest_array(weight) for weight in again.weights]


def test_a_file_is_what_keras_writes_and_more(tmp_path):
    model = tuned()
    model.get_layer("hidden").lora_kernel_b.assign(np.ones((2, 8)))
    (path := tmp_path / "model.keras").write_bytes(save_model(model, "keras"))
    loaded = load_model(path)
    np.testing.assert_allclose(loaded(ex.CLASSES.x), model(ex.CLASSES.x), atol=1e-6)
    assert not loaded.get_layer("hidden").lora_kernel_b.numpy().any()  # Keras has added it to the kernel
    assert "save_own_variables" not in vars(model.get_layer("hidden"))


def test_a_file_in_the_old_format_is_refused():
    with pytest.raises(InputError, match="keeps the weights of a layer in their order") as error:
        check_recipe(Recipe(ex.stage(tuned, saved_as="h5")), ex.CLASSES)
    assert "hidden" in error.value.received
    assert 'saved_as="keras"' in error.value.remedy
