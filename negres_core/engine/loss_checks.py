"""Checks that a loss takes the targets that a data set has."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arms.functions import name_of
from negres_core.arms.stage import Stage
from negres_core.arrays import take_rows
from negres_core.dataset import Dataset
from negres_core.dataset.segmentation import NOT_COUNTED, counted
from negres_core.engine.model import make_loss, make_loss_object
from negres_core.engine.named_outputs import output_of
from negres_core.engine.output_layer import last_layer
from negres_core.engine.tensors import number_of
from negres_core.errors import InputError

ROWS = 2
"""Number of rows on which a loss is tried."""


def check_loss_of_labels(stage: Stage, model: Any, data: Dataset, *, outputs: int) -> None:
    """Raise InputError if a built-in Keras loss does not take class labels for this number of outputs."""
    loss = make_loss(stage, data.output)
    is_custom = stage.objective is not None or not loss.__module__.startswith("keras.")
    last = getattr(last_layer(model, data.output) if stage.losses else model.layers[-1], "activation", None)
    if is_custom and outputs == 1 and last is not keras.activations.sigmoid:
        raise InputError(
            f"With a custom loss or objective, the single output of {name_of(stage.build)} has to be a probability.",
            received=f"an output with activation {getattr(last, '__name__', last)}",
            remedy='End in a layer with activation="sigmoid", or give one output per class.',
        )
    if is_custom:
        return  # a custom loss is trusted to fit its targets
    loss_name = (name_of(loss) if callable(loss) and hasattr(loss, "__name__") else type(loss).__name__).lower()
    expected = "binary" if outputs == 1 else "sparse"
    if expected not in loss_name:
        raise InputError(
            f"Targets of {data.name!r} are class labels, which the loss of {name_of(stage.build)} does not take.",
            received=f"loss={loss_name!r} for {outputs} output{'s' if outputs > 1 else ''}",
            remedy=_remedy_for_loss(loss_name, outputs=outputs),
        )


def check_loss_runs(stage: Stage, model: Any, data: Dataset) -> None:
    """Raise InputError if a loss of the user's does not run on a batch of two rows."""
    loss = make_loss(stage, data.output)
    if stage.objective is not None or loss.__module__.startswith("keras."):
        return
    y = data.y[:ROWS]
    outputs = output_of(model(take_rows(data.x, slice(ROWS)), training=False), data.output)
    try:
        number_of(ops.mean(make_loss_object(stage, data.output)(y, outputs)))
    except Exception as error:
        name = getattr(loss, "__name__", type(loss).__name__)
        raise InputError(
            f"The loss {name} does not run on a batch of {data.name!r}.",
            received=f"targets of shape {y.shape}, outputs of shape {tuple(outputs.shape)}, and: {error}",
            remedy="Take (targets, outputs), use keras.ops, and return one value for each row.",
        ) from error


def _remedy_for_loss(loss_name: str, *, outputs: int) -> str:
    if outputs == 1:
        return (
            'For one output, Dense(1, "sigmoid"), use loss="binary_crossentropy". If the targets are values, give '
            "floats: y=y.astype(float)."
        )
    sparse = 'loss="sparse_categorical_crossentropy"'
    if "binary" in loss_name:
        return f'For one output per class, use {sparse}; for two classes, Dense(1, "sigmoid") goes with this loss.'
    if "categorical" in loss_name:
        return f"Use {sparse}: it gives the same value from labels as the other from one-hot rows."
    return f"For one output per class, use {sparse}. If the targets are values, give floats: y=y.astype(float)."


def check_loss_of_multilabel(stage: Stage, data: Dataset) -> None:
    """Raise InputError if a built-in Keras loss does not take 0 and 1 for each of several labels a row."""
    loss = make_loss(stage, data.output)
    loss_name = str(getattr(loss, "__name__", type(loss).__name__)).lower()
    fits = any(part in loss_name.replace("_", "") for part in ("binary", "meansquarederror"))
    if stage.objective is None and loss.__module__.startswith("keras.") and not fits:
        raise InputError(
            f"Targets of {data.name!r} are several labels a row, 0 and 1, which the loss of {name_of(stage.build)} "
            "does not take.",
            received=f"loss={loss_name!r}",
            remedy=f'Use loss="binary_crossentropy" with Dense({data.outputs}, "sigmoid").',
        )


def check_ignored(stage: Stage, model: Any, data: Dataset) -> None:
    """Raise InputError if a loss depends on outputs for steps or pixels that do not count, or fails on their label.

    A loss of the user's is tried on outputs of the untrained model, with those that do not count exchanged.
    """
    rows = np.flatnonzero((~counted(data.y)).reshape(len(data), -1).any(axis=1))[:ROWS]
    if stage.objective is not None or not len(rows):
        return  # an objective is trusted, as it is with its targets
    loss, y = make_loss_object(stage, data.output), data.y[rows]
    if (ignored := getattr(loss, "ignore_class", None)) == NOT_COUNTED:
        return
    received = f"a loss with ignore_class={ignored}"
    if not make_loss(stage, data.output).__module__.startswith("keras."):
        outputs = ops.convert_to_numpy(output_of(model(take_rows(data.x, rows), training=False), data.output))
        others = np.where(counted(y), outputs, outputs[..., ::-1] * 0.5 + 0.25)
        try:
            one, other = (float(ops.mean(loss(y, ops.convert_to_tensor(each)))) for each in (outputs, others))
        except Exception as error:
            received = str(error)
        else:
            if np.isclose(one, other, rtol=1e-5, atol=1e-7):
                return
            received = f"a loss of {one:.6g}, and of {other:.6g} with other outputs for these alone"
    raise InputError(
        f"The loss of {name_of(stage.build)} does not leave out steps or pixels of {data.name!r} that do not count.",
        received=received,
        remedy="Give one that does, with an output for each class; the data set stores their label as -1: "
        "loss=lambda: keras.losses.SparseCategoricalCrossentropy(ignore_class=-1).",
    )


def check_loss_of_values(stage: Stage, data: Dataset) -> None:
    """Raise InputError if a built-in Keras loss takes class labels, and the targets are values."""
    loss = make_loss(stage, data.output)
    loss_name = str(getattr(loss, "__name__", type(loss).__name__)).lower()
    if stage.objective is None and loss.__module__.startswith("keras.") and "sparse" in loss_name:
        raise InputError(
            f"Targets of {data.name!r} are floats, that is values, but the loss of {name_of(stage.build)} takes "
            "class labels.",
            received=f"loss={loss_name!r}",
            remedy='Use loss="mse"; or give class labels as integers: y=y.astype(int).',
        )
