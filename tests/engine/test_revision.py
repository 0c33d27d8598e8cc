"""Stages that earlier versions trained wrongly have another identity, and all others the one that they had."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from keras import layers, ops

from negres_core.arms.recipe import Recipe
from negres_core.engine import revision
from negres_core.engine.description import describe_recipe
from negres_core.engine.revision import COMPARING, REVISION, revision_of
from tests.engine import examples as ex


def projection(input_shape, outputs):
    fixed = np.random.normal(size=(input_shape[0], 5)).astype("float32")  # noqa: NPY002  # what a user may write
    inputs = keras.Input(input_shape)
    return keras.Model(inputs, layers.Dense(outputs, "softmax")(ops.matmul(inputs, fixed)))


@keras.saving.register_keras_serializable(package="revision")
class Noise(layers.Layer):
    """Adds noise, with a seed of its own or without."""

    def __init__(self, *, seeded, **given):
        super().__init__(**given)
        self.seeded, self.generator = seeded, keras.random.SeedGenerator(0) if seeded else None

    def call(self, inputs, training=False):
        if not training:
            return inputs
        return inputs + keras.random.normal(ops.shape(inputs), seed=self.generator)

    def get_config(self):
        return super().get_config() | {"seeded": self.seeded}


def noisy(input_shape, outputs, seeded=False):
    return keras.Sequential([keras.Input(input_shape), Noise(seeded=seeded), layers.Dense(outputs, "softmax")])


def seeded_noise(input_shape, outputs):
    return noisy(input_shape, outputs, seeded=True)


def half(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), layers.Dense(outputs, "softmax")])


def scaled():
    return keras.optimizers.SGD(0.1, loss_scale_factor=8.0)


def identity_of(stage):
    description = describe_recipe(Recipe(stage), ex.CLASSES)
    return description.stages[0].revision, description


@pytest.fixture
def float16():
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy("mixed_float16")
    yield
    keras.config.set_dtype_policy(before)


@pytest.fixture(autouse=True)
def forgotten(monkeypatch):
    """Let no test know the revisions that another one found."""
    monkeypatch.setattr(revision, "_revisions", {})


CASES = {"drawn constants": ex.stage(projection), "scaled loss": ex.stage(half, optimizer=scaled)}
if keras.backend.backend() != "jax":  # JAX cannot compile such a layer, so it never trained one
    CASES["no seed"] = ex.stage(noisy)


@pytest.mark.parametrize("name", CASES)
def test_stages_that_were_trained_wrongly_have_another_identity(name):
    found, description = identity_of(CASES[name])

    assert found == REVISION
    [stage] = description.stages
    before = description.updated(stages=[stage.updated(revision=None)])
    assert description.digest != before.digest
    assert description.digest_by_text != before.digest_by_text


def weighted(y, outputs):
    return keras.losses.sparse_categorical_crossentropy(y, outputs) * ops.where(is_rare(y), 9.0, 1.0)


def is_rare(y):
    return ops.reshape(y, (-1,)) == 1


def weighted_by(choose):
    def loss(y, outputs):
        return keras.losses.sparse_categorical_crossentropy(y, outputs) * ops.where(choose(y), 9.0, 1.0)

    return loss


def objective(model, x, y, *, training):
    each = keras.losses.sparse_categorical_crossentropy(y, model(x, training=training))
    return ops.mean(ops.where(y != 1, 1.0, 9.0) * each)


@keras.saving.register_keras_serializable(package="revision")
class Masked(keras.layers.Layer):
    """A layer that compares in a method."""

    def call(self, x):
        return ops.where(self.is_missing(x), 0.0, x)

    def is_missing(self, x):
        return x == -1.0


def masked(input_shape, outputs):
    return keras.Sequential([keras.Input(input_shape), Masked(), keras.layers.Dense(outputs, "softmax")])


def chosen(input_shape, outputs, last="softmax"):
    return keras.Sequential([keras.Input(input_shape), keras.layers.Dense(outputs, last if last != "none" else None)])


@pytest.mark.parametrize(
    ("stage", "expected"),
    [
        (ex.stage(half, loss=weighted), COMPARING),
        (ex.stage(half, loss=lambda: weighted), COMPARING),
        (ex.stage(half, loss=weighted_by(is_rare)), COMPARING),
        (ex.stage(half, objective=objective), COMPARING),
        (ex.stage(masked), COMPARING),
        (ex.stage(chosen), None),  # a build function compares settings
    ],
    ids=["loss", "made loss", "loss with a closure", "objective", "layer", "build function"],
)
def test_stages_whose_code_compared_tensors_by_identity_have_another_identity(stage, expected):
    assert identity_of(stage)[0] == expected


def test_mixed_float16_has_another_identity(float16):
    assert identity_of(ex.stage(half))[0] == REVISION


@pytest.mark.parametrize("stage", [ex.stage(half), ex.stage(seeded_noise), ex.RECIPES["dropout"][0].last])
def test_other_stages_have_none(stage):
    assert identity_of(stage)[0] is None


def test_a_stage_that_inherits_a_mistaken_one_has_another_identity_too():
    heir = Recipe(ex.stage(half, optimizer=scaled), ex.stage(half, inherits=half))
    right = Recipe(ex.stage(half, optimizer="sgd"), ex.stage(half, inherits=half))
    described, other = (describe_recipe(each, ex.CLASSES) for each in (heir, right))

    assert [stage.revision for stage in described.stages] == [REVISION, None]
    assert other.digest != described.digest


def test_a_stage_that_does_not_run_on_the_data_has_none():
    def broken(y, outputs):
        raise ValueError(y.shape)

    assert identity_of(ex.stage(half, loss=broken))[0] is None


def test_a_revision_is_found_once_for_each_content(monkeypatch):
    stage, calls = ex.stage(half), []
    monkeypatch.setattr(revision, "draws_unseeded", lambda *arguments: calls.append(arguments) or False)

    for digest in ("one", "one", "other"):
        model = half((6,), 8)
        assert revision_of(stage, model, ex.CLASSES, digest=digest) is None

    assert len(calls) == 2
