"""Models with several outputs: the one that a claim is about, and the loss that all of them are trained by."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras import ops

from negres_core.arms.stage import Stage
from negres_core.engine.model import make_loss_object


def output_of(outputs: Any, name: str | None) -> Any:
    """Return the output of a model that a claim is about: the named one of several, or the only one."""
    return outputs[name] if isinstance(outputs, Mapping) else outputs


def side_by_side(outputs: Any) -> Any:
    """Return all outputs of a model as one array: several, sorted by name, as the columns of (rows, values)."""
    if not isinstance(outputs, Mapping):
        return outputs
    return ops.concatenate([_in_columns(outputs[name]) for name in sorted(outputs)], axis=1)


def _in_columns(output: Any) -> Any:
    return ops.cast(ops.reshape(output, (output.shape[0], -1)), "float32")


def training_loss(stage: Stage) -> Any:
    """Return the loss that a stage is trained by, a function (targets, outputs, sample_weight=None).

    If there are several outputs, all three are dictionaries by their names, and the loss is the sum of the losses of
    the outputs, each times its weight, as `keras.Model.fit` minimizes it.
    """
    if not stage.losses:
        return make_loss_object(stage)
    losses = {name: make_loss_object(stage, name) for name in stage.losses}
    weights = stage.weights_of_losses

    def total(targets: Any, outputs: Any, sample_weight: Any = None) -> Any:
        of_rows = sample_weight or dict.fromkeys(losses)
        return sum(
            weights[name] * loss(targets[name], outputs[name], sample_weight=of_rows[name])
            for name, loss in losses.items()
        )

    return total
