"""What the compiled engine needs of JAX."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import numpy as np


def put(array: np.ndarray) -> Any:
    """Place an array on the device."""
    return jax.device_put(array)


def compile_program(function: Callable[..., Any], *, jit: bool) -> Callable[..., Any]:
    """Compile a function of arrays; JAX always compiles with XLA."""
    del jit
    return jax.jit(function)


def value_and_gradient(objective: Callable[[Any], Any], trainable: list[Any]) -> tuple[Any, list[Any]]:
    """Return what `objective(trainable)` returns, (loss, more), and the gradient of the loss."""
    return jax.value_and_grad(objective, has_aux=True)(trainable)


def stateless_optimizer(optimizer: Any) -> Any:
    """Return the optimizer: under JAX, Keras' own apply statelessly."""
    return optimizer
