"""The scale of a loss in 16-bit floats: Keras' `LossScaleOptimizer`, around the optimizer of a stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import keras

SCALED_POLICY = "mixed_float16"
"""The policy of a model whose loss `keras.Model.compile` scales."""


def scaled_as_by_compile(optimizer: Any, model: Any) -> Any:
    """Return an optimizer as `keras.Model.compile` uses it for a model: in mixed_float16 with a loss scale."""
    if model.dtype_policy.name != SCALED_POLICY or isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer
    return keras.optimizers.LossScaleOptimizer(optimizer)


def chain_of(optimizer: Any) -> Iterator[Any]:
    """Yield an optimizer and the one that it wraps, if any: the last of them changes the weights."""
    while optimizer is not None:
        yield optimizer
        optimizer = getattr(optimizer, "inner_optimizer", None)


def innermost(optimizer: Any) -> Any:
    """Return the optimizer that changes the weights."""
    return list(chain_of(optimizer))[-1]
