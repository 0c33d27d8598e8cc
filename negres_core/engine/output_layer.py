"""The outline of a model: what its last layer and its loss say of its outputs, before anything is trained."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from negres_core.engine.model import make_loss
from negres_core.recipe import Stage
from negres_core.run import OutputLayer

RANGES = {
    "linear": (-np.inf, np.inf),
    "sigmoid": (0.0, 1.0),
    "hard_sigmoid": (0.0, 1.0),
    "softmax": (0.0, 1.0),
    "tanh": (-1.0, 1.0),
    "hard_tanh": (-1.0, 1.0),
    "softsign": (-1.0, 1.0),
    "relu": (0.0, np.inf),
    "relu6": (0.0, 6.0),
    "softplus": (0.0, np.inf),
    "exponential": (0.0, np.inf),
    "elu": (-1.0, np.inf),
}
"""Range of Keras' activations; one that is not here says nothing of its range."""

SHAPERS = ("Reshape", "Flatten", "Permute", "Dropout", "UpSampling", "Cropping", "Pooling")
"""Layers, by a part of their class' name, that keep the range of what they are given."""


def describe_output(model: Any, stage: Stage) -> OutputLayer:
    """OutputLayer a model of a stage."""
    loss = make_loss(stage)
    function = getattr(loss, "fn", loss)
    # A function of another author's may wear the name of one of Keras'.
    own = stage.objective is not None or not function.__module__.startswith("keras.")
    activation = activation_of(last_layer(model))
    low, high = RANGES.get(activation or "", (-np.inf, np.inf))
    return OutputLayer(
        activation=activation,
        low=low,
        high=high,
        loss=None if own else getattr(function, "__name__", None),
        logits=bool(getattr(loss, "from_logits", False)),
    )


def last_layer(model: Any) -> Any:
    """Return what makes a model's outputs, shapers apart: a layer, or another operation of Keras."""
    # A functional model also lists operations that are no layers, in the order of their depth.
    operations = getattr(model, "operations", None) or getattr(model, "layers", None) or ()
    for operation in reversed(operations):
        if not any(part in type(operation).__name__ for part in SHAPERS):
            return last_layer(operation) if isinstance(operation, keras.Model) else operation
    return model


def activation_of(layer: Any) -> str | None:
    """Name the activation that one of Keras' own layers ends in; None for any other."""
    if not type(layer).__module__.startswith("keras."):
        return None
    if isinstance(layer, keras.layers.ReLU) and not layer.negative_slope and not layer.threshold:
        return "relu"
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", None)
