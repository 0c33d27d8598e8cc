"""Every public hook of Keras has a fate, and what a user overrides is trained as by keras.Model.fit, or refused."""

from __future__ import annotations

import functools

import keras
import numpy as np
import pytest
from keras import layers, ops

from negres_core.arms.recipe import Recipe
from negres_core.arrays import take_rows
from negres_core.engine import selection
from negres_core.engine.checks import check_recipe
from negres_core.engine.contract import Job
from negres_core.engine.hooks import HOOKS, fate_of, overridden
from negres_core.engine.model import make_loss_object, make_optimizer
from negres_core.engine.replicate import epoch_orders, start_replicate
from negres_core.errors import EngineWarning, InputError
from tests.engine import examples as ex

JOB = Job(ex.cells(ex.CLASSES)[0], 0)
CLASSES = {
    "model": [keras.Model, keras.Sequential],
    "layer": [keras.layers.Layer],
    "optimizer": [keras.optimizers.Optimizer],
    "loss": [keras.losses.Loss],
}


@pytest.mark.parametrize("kind", CLASSES)
def test_every_public_hook_of_keras_is_in_the_inventory(kind):
    names = {name for each in CLASSES[kind] for name in dir(each) if not name.startswith("_")}
    assert sorted(name for name in names if fate_of(kind, name) is None) == []


def test_every_fate_has_a_reason():
    fates = {fate for hooks in HOOKS.values() for fate in hooks.values()}
    assert all(fate.reason for fate in fates)
    assert {fate.outcome for fate in fates} == {"used", "slow", "refused", "irrelevant"}


# Overridden methods; each has an effect if it is called.


def larger(super_, self, *arguments, **options):
    """Half as much again of what Keras returns."""
    return super_(*arguments, **options) * 1.5


def squared(super_, self, *arguments, **options):
    """The square of what Keras returns."""
    return super_(*arguments, **options) ** 2


def called(super_, self, *arguments, **options):
    """What Keras returns."""
    return super_(*arguments, **options)


def own(base, name, change):
    """A class of the user's that overrides a method."""

    # Keras looks at the signatures of `call` and `build`.
    @functools.wraps(getattr(base, name))
    def method(self, *arguments, **options):
        return change(getattr(super(made, self), name), self, *arguments, **options)

    made = type("Own", (base,), {name: method, "__module__": __name__})
    return made


def own_property(base, name, change):
    """A class of the user's that overrides a property."""
    return type("Own", (base,), {name: property(lambda self: change(getattr(base, name).fget(self)))})


def model_of_class(kind, first=None):
    def build():
        first_layer = first() if first else layers.Dense(6, "relu", activity_regularizer="l2", name="hidden")
        return kind([keras.Input((6,)), first_layer, layers.Dense(8, "softmax", name="classes")])

    return build


def stage_of(kind, name, change, *, is_property=False):
    """A stage whose model, layer, optimizer or loss overrides a hook."""
    override = own_property if is_property else own
    if kind == "model":
        return ex.stage(model_of_class(override(keras.Sequential, name, change)), optimizer=lambda: SGD(0.3))
    if kind == "layer":
        dense = override(layers.Dense, name, change)
        build = model_of_class(keras.Sequential, lambda: dense(6, "relu", kernel_regularizer="l2", name="hidden"))
        return ex.stage(build, optimizer=lambda: SGD(0.3))
    if kind == "optimizer":
        optimizer = override(keras.optimizers.SGD, name, change)
        return ex.stage(model_of_class(keras.Sequential), optimizer=lambda: optimizer(0.3))
    loss = override(keras.losses.SparseCategoricalCrossentropy, name, change)
    return ex.stage(model_of_class(keras.Sequential), loss=loss, optimizer=lambda: SGD(0.3))


SGD = keras.optimizers.SGD


def by_fit(stage):
    """The weights after keras.Model.fit, epoch by epoch in the order of negres."""
    recipe = Recipe(stage)
    model = start_replicate(recipe, ex.CLASSES, JOB).model
    model.compile(optimizer=make_optimizer(stage), loss=make_loss_object(stage))
    for order in epoch_orders(recipe, JOB):
        model.fit(take_rows(ex.CLASSES.x, order), ex.CLASSES.y[order], batch_size=16, shuffle=False, verbose=0)
    return model.get_weights()


def trained(stage, monkeypatch):
    """The weights of the model that negres trains, taken where it is saved."""
    kept = []
    monkeypatch.setattr(
        "negres_core.engine.replicate.save_model", lambda model, saved_as: kept.append(model.get_weights()) or b""
    )
    list(selection.train(Recipe(stage), ex.CLASSES, [JOB], device=ex.device()))
    return kept[0]


def same(one, other):
    return all(np.allclose(a, b, atol=1e-5) for a, b in zip(one, other, strict=True))


@functools.cache
def plain(kind):
    """The weights after keras.Model.fit of a stage that overrides nothing with an effect."""
    return by_fit(stage_of(kind, "__repr__", called))


def halved_kernel(super_, self, *arguments, **options):
    super_(*arguments, **options)
    self.kernel.assign(self.kernel * 0.5)


def ones(super_, self, *arguments, **options):
    return super_(*arguments, **options | {"initializer": "ones"})


def first_rows(super_, self, inputs, previous_mask=None):
    return inputs[:, 0] > 0


def scaled_loss(super_, self, loss):
    return super_(loss) * 1.5


def scaled_gradient(super_, self, gradient, *arguments, **options):
    return super_(gradient * 0.5, *arguments, **options)


def scaled_gradients(super_, self, gradients, *arguments, **options):
    return super_([gradient * 0.5 for gradient in gradients], *arguments, **options)


USED = {
    ("layer", "call"): larger,
    ("layer", "build"): halved_kernel,
    ("layer", "add_weight"): ones,
    ("layer", "compute_mask"): first_rows,
    ("model", "call"): squared,
    ("optimizer", "update_step"): scaled_gradient,
    ("optimizer", "apply"): scaled_gradients,
    ("optimizer", "scale_loss"): scaled_loss,
    ("optimizer", "assign_sub"): lambda super_, self, variable, value: super_(variable, value * 0.5),
    ("loss", "call"): larger,
}


@pytest.mark.parametrize(("kind", "name"), USED)
def test_a_hook_that_is_used_trains_as_keras_does(kind, name, monkeypatch):
    assert fate_of(kind, name).outcome == "used"
    stage = stage_of(kind, name, USED[kind, name])
    check_recipe(Recipe(stage), ex.CLASSES)
    expected = by_fit(stage)
    assert not same(expected, plain(kind))  # the hook has an effect
    assert same(trained(stage, monkeypatch), expected)


def test_the_losses_of_a_model_are_used(monkeypatch):
    stage = stage_of("model", "losses", lambda losses: [3 * loss for loss in losses], is_property=True)
    expected = by_fit(stage)
    assert not same(expected, plain("model"))
    assert same(trained(stage, monkeypatch), expected)


def test_a_loss_scale_factor_is_used(monkeypatch):
    def stage(factor):
        return ex.stage(model_of_class(keras.Sequential), optimizer=lambda: SGD(0.3, loss_scale_factor=factor))

    expected = by_fit(stage(8.0))
    assert same(trained(stage(8.0), monkeypatch), expected)
    assert same(expected, by_fit(stage(None)))


def test_layers_that_the_build_function_freezes_stay_as_they_are(monkeypatch):
    def build():
        model = model_of_class(keras.Sequential)()
        model.get_layer("hidden").trainable = False
        return model

    stage = ex.stage(build, optimizer=lambda: SGD(0.3))
    start = start_replicate(Recipe(stage), ex.CLASSES, JOB).model.get_weights()
    weights = trained(stage, monkeypatch)
    assert same(weights, by_fit(stage))
    assert same(weights[:2], start[:2])
    assert not same(weights[2:], start[2:])


# Slow hooks: the reference engine calls them.


def step_of_own(super_, self, data):
    """A step that trains on inputs of twice the size, and reports a loss."""
    return super_((2 * data[0], data[1]))


def fit_of_own(super_, self, x, y, **options):
    """A fit that trains on inputs of twice the size."""
    return super_(2 * x, y, **options)


SLOW = {
    ("model", "train_step"): step_of_own,
    ("model", "compute_loss"): larger,
    ("model", "stateless_compute_loss"): called,
    ("model", "fit"): fit_of_own,
    ("model", "make_train_function"): called,
    ("model", "stateless_call"): called,
    ("optimizer", "apply_gradients"): lambda super_, self, pairs: super_([(0.5 * g, v) for g, v in pairs]),
    ("optimizer", "stateless_apply"): called,
}


@pytest.mark.parametrize(("kind", "name"), SLOW)
def test_a_slow_hook_trains_by_fit_with_a_warning(kind, name, monkeypatch):
    assert fate_of(kind, name).outcome == "slow"
    stage = stage_of(kind, name, SLOW[kind, name])
    check_recipe(Recipe(stage), ex.CLASSES)
    with pytest.warns(EngineWarning, match=f"Own has its own {name}"):
        weights = trained(stage, monkeypatch)
    assert same(weights, by_fit(stage))


def test_every_slow_hook_of_this_backend_is_tried():
    slow = {(kind, name) for kind, hooks in HOOKS.items() for name, fate in hooks.items() if fate.outcome == "slow"}
    assert {(kind, name) for kind, name in slow if hasattr(CLASSES[kind][0], name)} == set(SLOW)


def test_a_step_that_reports_no_loss_is_refused():
    stage = stage_of("model", "train_step", lambda super_, self, data: {"mine": super_(data)["loss"]})
    with pytest.warns(EngineWarning), pytest.raises(InputError, match="does not report a loss"):
        list(selection.train(Recipe(stage), ex.CLASSES, [JOB], device=ex.device()))


def test_a_fit_of_its_own_has_to_report_a_loss(monkeypatch):
    def with_losses(losses):
        return stage_of("model", "fit", lambda super_, self, *data, **options: super_(*data, **options) and losses)

    expected = by_fit(with_losses([]))
    with pytest.warns(EngineWarning, match="its own fit"):
        assert same(trained(with_losses({"loss": [0.5]}), monkeypatch), expected)
    for losses in (None, {"mine": [0.5]}, {"loss": []}):
        with pytest.warns(EngineWarning), pytest.raises(InputError, match="does not report a loss"):
            list(selection.train(Recipe(with_losses(losses)), ex.CLASSES, [JOB], device=ex.device()))


def confident(model, x, y, *, training):
    return -ops.mean(ops.max(model(x, training=training), axis=-1))


def test_a_slow_hook_and_an_objective_exclude_each_other():
    stage = stage_of("model", "train_step", step_of_own)
    with pytest.raises(InputError, match="cannot be trained with an objective") as error:
        check_recipe(Recipe(ex.stage(stage.build, objective=confident)), ex.CLASSES)
    assert "train_step" in error.value.received


# Refused hooks.

REFUSED = [(kind, name) for kind, hooks in HOOKS.items() for name, fate in hooks.items() if fate.outcome == "refused"]


@pytest.mark.parametrize(("kind", "name"), REFUSED)
def test_a_hook_that_nothing_would_call_is_refused(kind, name):
    with pytest.raises(InputError, match=f"Own has its own {name}, which negres would never call") as error:
        check_recipe(Recipe(stage_of(kind, name, called)), ex.CLASSES)
    assert error.value.remedy.endswith(".")


def test_a_hook_that_is_set_on_the_model_itself_is_seen():
    model = model_of_class(keras.Sequential)()
    assert overridden(model, "model") == {}
    model.train_step = lambda data: {}
    assert list(overridden(model, "model")) == ["train_step"]


def test_the_hooks_of_a_nested_model_are_those_of_a_layer():
    inner = own(keras.Sequential, "train_step", step_of_own)
    build = model_of_class(keras.Sequential, lambda: inner([keras.Input((6,)), layers.Dense(6, name="inside")]))
    check_recipe(Recipe(ex.stage(build)), ex.CLASSES)
    assert selection.needs_reference(Recipe(ex.stage(build)), ex.CLASSES) is None


# Irrelevant hooks that keras.Model.fit calls.

IRRELEVANT = {
    "compute_metrics": lambda super_, self, *data, **options: super_(*data, **options) | {"mine": 3.0},
    "get_metrics_result": lambda super_, self: super_() | {"mine": 3.0},
    "reset_metrics": called,
}


@pytest.mark.parametrize("name", IRRELEVANT)
def test_an_irrelevant_hook_leaves_the_weights_as_they_are(name, monkeypatch):
    assert fate_of("model", name).outcome == "irrelevant"
    stage = stage_of("model", name, IRRELEVANT[name])
    expected = by_fit(stage)
    assert same(expected, plain("model"))
    assert same(trained(stage, monkeypatch), expected)


def test_keras_own_classes_override_nothing():
    for optimizer in (keras.optimizers.Adam(), keras.optimizers.Lion(), keras.optimizers.Muon()):
        assert overridden(optimizer, "optimizer") == {}
    for layer in layers_of_keras():
        assert overridden(layer, "layer") == {}


def layers_of_keras():
    return [
        layers.Dense(3),
        layers.LSTM(3),
        layers.BatchNormalization(),
        layers.MultiHeadAttention(2, 3),
        layers.Dot(1),
    ]
