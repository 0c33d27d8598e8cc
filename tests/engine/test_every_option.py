"""Every option of a stage, and layers that Keras users have: the engines agree, or one warning says why not.

What an engine cannot do falls back to the reference engine, with its numbers.
"""

from __future__ import annotations

import dataclasses
import functools
import warnings

import keras
import numpy as np
import pytest
from keras import layers

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.dataset import Dataset
from negres_core.engine import batched, compiled, selection
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.device import Device
from negres_core.errors import EngineWarning
from negres_core.rescoring import TYPE_ROUNDING
from tests.engine import examples as ex

RANDOM = np.random.default_rng(17)
STEPS = Dataset(x=RANDOM.normal(size=(31, 4, 3)), y=np.arange(31) % 3, name="steps")
TOKENS = Dataset(x=RANDOM.integers(1, 9, size=(31, 4)), y=np.arange(31) % 3, name="tokens")
GPU = Device("gpu", "a processor", keras.backend.backend(), 1)


def of(*begin, shape=(4, 3)):
    """A build function of some layers, made anew at each call, and a softmax."""

    def build():
        made = [make() for make in begin]
        ends = [layers.Flatten(), layers.Dense(3, "softmax", name="classes")]
        return keras.Sequential([keras.Input(shape), *made, *ends])

    return build


def make(kind, *arguments, **options):
    return functools.partial(kind, *arguments, **options)


def transformer():
    x = keras.Input((4,))
    words = layers.Embedding(9, 4, name="words")(x)
    attended = layers.MultiHeadAttention(2, 3, dropout=0.2, name="attention")(words, words)
    hidden = layers.LayerNormalization(name="norm")(words + attended)
    outputs = layers.Dense(3, "softmax", name="classes")(layers.GlobalAveragePooling1D()(hidden))
    return keras.Model(x, outputs)


words = make(layers.Embedding, 9, 4, mask_zero=True, name="words")
of_images = functools.partial(of, shape=(8, 8, 1))
flatten = make(layers.Flatten)

LAYERS = {
    "LSTM": (of(make(layers.LSTM, 3, dropout=0.3, recurrent_dropout=0.3, name="reader")), STEPS),
    "GRU of masked tokens": (of(words, make(layers.GRU, 3, name="reader"), shape=(4,)), TOKENS),
    "both directions": (of(lambda: layers.Bidirectional(layers.LSTM(2, dropout=0.2), name="reader")), STEPS),
    "a small transformer": (transformer, TOKENS),
    "augmentation": (
        of_images(make(layers.RandomFlip), make(layers.RandomRotation, 0.1), make(layers.RandomTranslation, 0.1, 0.1)),
        ex.IMAGES,
    ),
    "augmentation of contrast": (
        of_images(make(layers.RandomContrast, 0.2), make(layers.RandomZoom, 0.2)),
        ex.IMAGES,
    ),
    "Normalization": (of(make(layers.Normalization, name="scale")), STEPS),
    "mixed precision of 16-bit floats": (of(flatten, make(layers.Dense, 4, "relu", dtype="mixed_float16")), STEPS),
}
"""Layers that all engines train."""

FALL_BACK = {
    "bins": (of(make(layers.Discretization, num_bins=3), make(layers.Embedding, 3, 2)), STEPS, {}),
    "callbacks": (of(flatten), STEPS, {"callbacks": lambda: [keras.callbacks.LearningRateScheduler(slower)]}),
}
"""Stages that only the reference engine trains."""


def scaled(*, optimizer=keras.optimizers.SGD, rate=0.1, **options):
    """A function that makes an optimizer with a loss scale of its own."""
    return lambda: keras.optimizers.LossScaleOptimizer(optimizer(rate), **options)


PRECISIONS = {
    "mixed_bfloat16": ("mixed_bfloat16", {}),
    # Some steps are skipped, because the scale is too large, and it grows again.
    "mixed_float16": ("mixed_float16", {"optimizer": scaled(initial_scale=2.0**20, dynamic_growth_steps=2)}),
    "a loss scale alone": ("float32", {"optimizer": scaled(optimizer=keras.optimizers.Adam)}),
}
"""Policies of precision that hold for the whole program, and options of a stage."""


def slower(epoch, rate):
    return rate / 2


OPTIONS = {
    "build": "every example",
    "inherits": "test_compiled, test_lora, test_adapted",
    "freezes": "test_compiled, test_lora, test_adapted",
    "start": "test_start_rule",
    "optimizer": "test_compiled, test_hooks; its loss scale here, and test_loss_scale",
    "loss": "test_compiled, test_hooks",
    "objective": "test_compiled, test_target_use",
    "callbacks": "here, and test_callbacks",
    "epochs": "test_replicate",
    "batch_size": "test_compiled: a last partial batch, and one that is larger than the fold",
    "share": "test_start_rule",
    "saved_as": "test_compiled",
    "class_weight": "test_weighting, test_compiled",
    "loss_weights": "test_named_outputs, test_compiled",
    **dict.fromkeys(("validation", "patience", "monitor", "restore_best", "plateau"), "test_watch, test_monitor"),
}
"""Where the engines are compared under each option of a stage."""


def test_every_option_of_a_stage_is_tried():
    assert {field.name for field in dataclasses.fields(Stage) if field.name != "_"} <= set(OPTIONS)


@pytest.fixture
def policy():
    """Set a policy of precision for the whole program, until the end of the test."""
    before = keras.config.dtype_policy()
    yield keras.config.set_dtype_policy
    keras.config.set_dtype_policy(before)


@pytest.mark.parametrize(("build", "data"), LAYERS.values(), ids=LAYERS)
def test_the_engines_agree(build, data):
    check_agreement(Recipe(ex.stage(build, epochs=1)), data)


@pytest.mark.parametrize(("name", "options"), PRECISIONS.values(), ids=PRECISIONS)
def test_the_engines_agree_in_mixed_precision(name, options, policy):
    policy(name)
    check_agreement(
        Recipe(ex.stage(of(flatten, make(layers.Dense, 4, "relu")), epochs=1, batch_size=4, **options)), STEPS
    )


def check_agreement(recipe, data):
    """Check that all engines train the same weights, and that the fast ones train it."""
    job = Job(ex.cells(data)[0], 0)
    check_recipe(recipe, data)
    results = {engine: next(iter(ex.train(engine, recipe, data, [job]).values())) for engine in ex.ENGINES}
    assert selection.needs_reference(recipe, data) is None
    plain = results.pop("reference")
    for result in results.values():
        for one, other in zip(ex.model_of(result).get_weights(), ex.model_of(plain).get_weights(), strict=True):
            np.testing.assert_allclose(one, other, rtol=0, atol=1e-5)
        assert result.curve == pytest.approx(plain.curve, rel=1e-4)
        # Rounding may change the order of rows whose outputs are nearly equal, and so an area, but not a loss. The
        # reference computes the test fold layer by layer, and a compiler may round only once.
        rounding = TYPE_ROUNDING.get(keras.config.dtype_policy().compute_dtype, 1e-4)
        assert result.metrics["loss"] == pytest.approx(plain.metrics["loss"], rel=rounding)


@pytest.mark.parametrize(("build", "data", "options"), FALL_BACK.values(), ids=FALL_BACK)
def test_what_only_the_reference_trains_falls_back_with_one_warning(build, data, options, monkeypatch):
    recipe, job = Recipe(ex.stage(build, epochs=1, **options)), Job(ex.cells(data)[0], 0)
    for engine in (batched, compiled):
        monkeypatch.setattr(engine, "train", lambda *arguments, **named: pytest.fail("a faster engine trained it"))
    for device in (ex.device(), GPU):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always", EngineWarning)
            ((_, result),) = selection.train(recipe, data, [job], device=device)
        assert [each.category for each in caught].count(EngineWarning) == 1
    plain = ex.result_of("reference", recipe, data)
    assert [weight.end for weight in result.weights] == [weight.end for weight in plain.weights]


def test_augmentation_is_for_training_alone_and_has_a_seed_for_each_replicate():
    build, data = LAYERS["augmentation"]
    recipe, cell = Recipe(ex.stage(build, epochs=1)), ex.cells(ex.IMAGES)[0]
    one, other = ex.train("compiled", recipe, data, [Job(cell, 0), Job(cell, 1)]).values()
    (again,) = ex.train("compiled", recipe, data, [Job(cell, 0)]).values()
    assert one.curve == again.curve != other.curve
    model = ex.model_of(one)
    np.testing.assert_array_equal(model(data.x, training=False), model(data.x, training=False))
