"""The output layer of a model: its activation, the range of its outputs, and its loss, known before training."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from negres_core.arms.preprocessing import as_models_see
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.arrays import spread_rows, take_rows
from negres_core.dataset import Dataset
from negres_core.engine.model import build_model, make_loss
from negres_core.engine.named_outputs import output_of
from negres_core.metrics import probabilities_of
from negres_core.run.models import OutputLayer

ACTIVATION_RANGES = {
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
"""Range of the outputs of Keras' activations; the range of any other is unknown."""

PROBABILITY_ROWS = 64
"""Rows, spread over the data set, on which it is tried whether a model gives probabilities."""

RANGE_KEEPING_LAYERS = ("Reshape", "Flatten", "Permute", "Dropout", "UpSampling", "Cropping", "Pooling")
"""Layers, by a part of their class name, whose outputs stay in the range of their inputs."""


def describe_output(model: Any, stage: Stage, output: str | None = None) -> OutputLayer:
    """Describe the output layer of a stage's model; of several outputs, that of the one that a claim is about."""
    loss = make_loss(stage, output)
    function = getattr(loss, "fn", loss)
    # A user's function may have the same name as a Keras loss.
    is_custom = stage.objective is not None or not function.__module__.startswith("keras.")
    activation = activation_of(last_layer(model, output))
    low, high = ACTIVATION_RANGES.get(activation or "", (-np.inf, np.inf))
    return OutputLayer(
        activation=activation,
        low=low,
        high=high,
        loss=None if is_custom else getattr(function, "__name__", None),
        logits=bool(getattr(loss, "from_logits", False)),
    )


def gives_probabilities(recipe: Recipe, data: Dataset) -> bool:
    """Return whether the untrained model of a recipe's last stage gives probabilities of labels, or logits of them."""
    data = as_models_see(recipe, data)
    model = build_model(recipe.last.build, data)
    x = take_rows(data.x, spread_rows(len(data), most=PROBABILITY_ROWS))
    outputs = keras.ops.convert_to_numpy(output_of(model(x, training=False), data.output))
    logits = takes_logits(recipe.last, data.output)
    # Inputs that are not finite are for other checks.
    return not np.isfinite(outputs).all() or probabilities_of(outputs, logits=logits, task=data.task) is not None


def last_layer(model: Any, output: str | None = None) -> Any:
    """Return the last layer, or other operation of Keras, that determines the range of a model's outputs.

    If there are several outputs, it is that of the named one; a subclassed model does not tell which layer that is.
    """
    symbolic = getattr(model, "output", None) if getattr(model, "inputs", None) else None
    if isinstance(symbolic, dict):
        return last_layer(keras.Model(model.inputs, symbolic[output])) if output in symbolic else model
    # A functional model also lists operations that are not layers, in the order of their depth.
    operations = getattr(model, "operations", None) or getattr(model, "layers", None) or ()
    for operation in reversed(operations):
        if not any(part in type(operation).__name__ for part in RANGE_KEEPING_LAYERS):
            return last_layer(operation) if isinstance(operation, keras.Model) else operation
    return model


def activation_of(layer: Any) -> str | None:
    """Return the name of the activation of a built-in Keras layer; None for any other layer."""
    if not type(layer).__module__.startswith("keras."):
        return None
    if isinstance(layer, keras.layers.ReLU) and not layer.negative_slope and not layer.threshold:
        return "relu"
    if isinstance(layer, keras.layers.Softmax):
        return "softmax"
    return getattr(getattr(layer, "activation", None), "__name__", None)


def takes_logits(stage: Stage, output: str | None = None) -> bool:
    """Return whether the loss of a stage takes the outputs of its model, or the named one, as logits."""
    return bool(getattr(make_loss(stage, output), "from_logits", False))
