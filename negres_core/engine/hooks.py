"""The inventory of Keras' hooks: what becomes of each public method and property that a user's class may override.

`keras.Model.fit` calls the hooks of the user's model, layers, optimizer and loss. The compiled programs call Keras' own
versions of some, and never call others. So every hook has a fate here, and none is ignored without a word.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import keras

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.engine.layers import layers_of
from negres_core.engine.loss_scale import chain_of
from negres_core.engine.model import make_losses, make_optimizer
from negres_core.errors import InputError

Kind = Literal["model", "layer", "optimizer", "loss"]
Outcome = Literal["used", "slow", "refused", "irrelevant"]


@dataclass(frozen=True)
class Fate:
    """What becomes of a hook.

    Attributes:
        outcome: "used" by all engines; "slow": only the reference engine uses it; "refused"; or "irrelevant".
        reason: why, or for a refused hook what to do instead.
    """

    outcome: Outcome
    reason: str


OBJECTIVE = "Pass the loss to the stage: loss= for a function of targets and outputs, objective= for anything else."
FIT = "Train the model in a Fit, whose function may call its own `fit`, `evaluate` and `predict`."

CALLED = Fate("used", "the compiled programs call it as keras.Model.fit does")
SAVED = Fate("used", "models are saved and loaded by it")
STEP = Fate("slow", "only keras.Model.fit calls it")
WHOLE = Fate("slow", "the reference engine calls it once per epoch")
APPLIED = Fate("slow", "keras.Model.fit calls it and the compiled programs do not, or the other way round")
FITTED = Fate("refused", FIT)
TESTED = Fate("refused", f"A test fold is evaluated by calling the model. {OBJECTIVE}")
AVERAGED = Fate("refused", "Keras calls it when `fit` returns, but negres trains epoch by epoch. Leave it out.")
REPORTED = Fate("irrelevant", "it reports numbers and trains nothing, and negres computes metrics from predictions")
COMPILED = Fate("irrelevant", "it tells how `compile` was called, and the stage has the optimizer and the loss")
DEVICES = Fate("irrelevant", "it chooses how and where Keras computes, and negres chooses that itself")
BY_BATCH = Fate("irrelevant", "keras.Model.fit does not call it: it is for loops of the user's own")
SHOWN = Fate("irrelevant", "it describes or exports a model, which no training does")
QUANTIZED = Fate("irrelevant", "it is for models that are quantized after training")
NOT_SAVED = Fate("irrelevant", "it saves or loads an object that negres always makes anew from the user's function")

INVENTORY: dict[Kind, dict[Fate, str]] = {
    "model": {
        STEP: "train_step make_train_function compute_loss stateless_compute_loss",
        WHOLE: "fit",
        FITTED: "compile evaluate predict",
        TESTED: "test_step predict_step make_test_function make_predict_function",
        APPLIED: "stateless_call compute_loss_and_updates jax_state_sync",
        CALLED: "layers get_layer inputs outputs input_shape output_shape add pop",
        SAVED: "save load_weights",
        REPORTED: "compute_metrics get_metrics_result metrics_names reset_metrics compiled_metrics",
        COMPILED: "compile_from_config get_compile_config compiled_loss loss",
        DEVICES: "distribute_reduction_method distribute_strategy jit_compile run_eagerly",
        BY_BATCH: "train_on_batch test_on_batch predict_on_batch get_state_tree set_state_tree save_weights",
        SHOWN: "export summary to_json",
        QUANTIZED: "get_quantization_layer_structure",
    },
    "layer": {
        CALLED: "add_loss add_variable add_weight build call compute_dtype compute_mask compute_output_shape "
        "compute_output_spec count_params dtype dtype_policy get_weights input input_dtype input_spec losses "
        "non_trainable_variables non_trainable_weights output path rematerialized_call supports_masking symbolic_call "
        "trainable trainable_variables trainable_weights variable_dtype variables weights",
        SAVED: "build_from_config from_config get_build_config get_config load_own_variables save_own_variables "
        "set_weights",
        REPORTED: "add_metric metrics metrics_variables",
        BY_BATCH: "stateless_call",
        QUANTIZED: "quantization_mode quantize quantized_build quantized_call",
    },
    "optimizer": {
        CALLED: "add_optimizer_variables add_variable add_variable_from_reference apply assign assign_add assign_sub "
        "build exclude_from_weight_decay get_config iterations learning_rate scale_loss update_step variables",
        APPLIED: "apply_gradients stateless_apply",
        AVERAGED: "finalize_variable_values",
        NOT_SAVED: "from_config load_own_variables save_own_variables set_weights",
    },
    "loss": {CALLED: "call dtype", NOT_SAVED: "from_config get_config"},
}
"""The names of all public hooks, by kind and fate. A model is a layer too, and its own entries come first. Some
exist only under one backend, or only in a sequential model."""

HOOKS: dict[Kind, dict[str, Fate]] = {
    kind: {name: fate for fate, names in fates.items() for name in names.split()} for kind, fates in INVENTORY.items()
}


def fate_of(kind: Kind, name: str) -> Fate | None:
    """Return what becomes of a hook, or None if the inventory does not name it."""
    return HOOKS[kind].get(name) or (HOOKS["layer"].get(name) if kind == "model" else None)


def overridden(made: Any, kind: Kind) -> dict[str, Fate]:
    """Return the hooks of Keras that a user's object overrides, in its class or on itself, with their fates."""
    found = {}
    for name in dir(type(made)):
        fate = fate_of(kind, name)
        if fate is None:
            continue
        owner = next(parent for parent in type(made).__mro__ if name in vars(parent))
        # Keras itself sets only `build` and `quantize` on an object, and those are used or irrelevant.
        is_set = name in vars(made) and fate.outcome in ("slow", "refused")
        if is_set or not is_keras(owner.__module__):
            found[name] = fate
    return found


def slow_hook(stage: Stage, model: Any) -> str | None:
    """Return a hook that only keras.Model.fit calls, in words, or None if the stage overrides none."""
    for owner, name, fate in _overridden_by(stage, model):
        if fate.outcome == "slow":
            return f"{owner} has its own {name}, and {fate.reason}"
    return None


def refuse_hooks(stage: Stage, model: Any) -> None:
    """Raise InputError if a stage's model, optimizer or loss overrides a hook that no engine calls."""
    for owner, name, fate in _overridden_by(stage, model):
        if fate.outcome == "refused":
            raise InputError(
                f"{owner} has its own {name}, which negres would never call.",
                received=f"{owner}.{name} in stage {name_of(stage.build)}",
                remedy=fate.reason,
            )


def _overridden_by(stage: Stage, model: Any) -> list[tuple[str, str, Fate]]:
    """Return class, hook and fate of each hook that a stage overrides."""
    made: list[tuple[Any, Kind]] = [(model, "model")]
    made += [(each, "optimizer") for each in chain_of(make_optimizer(stage))]
    made += [(loss, "loss") for loss in make_losses(stage).values() if isinstance(loss, keras.losses.Loss)]
    # Keras calls the training hooks of the outermost model only: a nested model is just a layer.
    made += [(layer, "layer") for layer in layers_of(model)]
    return [(type(each).__name__, *hook) for each, kind in made for hook in overridden(each, kind).items()]


def is_keras(module: str) -> bool:
    """Return whether a module belongs to Keras."""
    # Optimizers under TensorFlow inherit from TensorFlow's own classes.
    return module.partition(".")[0] in ("keras", "tensorflow", "builtins")
