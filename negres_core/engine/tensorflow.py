"""What the compiled engine needs of TensorFlow."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf


def put(array: np.ndarray) -> Any:
    """Place an array on the device."""
    return tf.constant(array)


def compile_program(function: Callable[..., Any], *, jit: bool) -> Callable[..., Any]:
    """Compile a function of tensors, under XLA where `jit`; a Python integer becomes a tensor, not a new trace."""
    traced = tf.function(function, jit_compile=jit, autograph=False)

    def call(*arguments: Any) -> Any:
        return traced(*(tf.constant(a, tf.int32) if isinstance(a, int) else a for a in arguments))

    return call


def value_and_gradient(objective: Callable[[Any], Any], trainable: list[Any]) -> tuple[Any, list[Any]]:
    """Return what `objective(trainable)` returns, (loss, more), and the gradient of the loss."""
    with tf.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(trainable)
        loss, more = objective(trainable)
    # A weight that the loss does not depend on has a gradient of zero, as it has in JAX.
    return (loss, more), tape.gradient(loss, trainable, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def stateless_optimizer(optimizer: Any) -> Any:
    """Return an optimizer whose `stateless_apply` works.

    Keras' TensorFlow optimizers refuse it, because they hand their variables to tf.distribute. The base class, which
    the other backends use as it is, does not: its methods take the place of those that TensorFlow's class overrides.
    """
    lineage = type(optimizer).__mro__
    plain = next(kind for kind in lineage if kind.__name__ == "BaseOptimizer")
    special = next(kind for kind in lineage if kind.__name__ == "TFOptimizer")
    restored = {name: vars(plain)[name] for name in vars(special) if name in vars(plain) and not name.startswith("__")}
    kind: Any = type(type(optimizer).__name__, (type(optimizer),), restored)
    return kind.from_config(optimizer.get_config())
