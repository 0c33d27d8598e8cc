"""The functions that the engines need from JAX."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import jax
import keras
import numpy as np

from negres_core.arrays import Named

Scope = keras.StatelessScope
"""The scope of a call of a model, as in keras.Model.fit."""

RELEASES_PER_CLEARING = 16
"""Programs that are released before everything that JAX compiled is freed: two for each of 8 stages."""

_releases = itertools.count(1)


def put(arrays: Named[np.ndarray], device: Any = None) -> Any:
    """Place an array, or several by name, on a device, or on the default one."""
    return jax.device_put(arrays, device)


def compile_program(function: Callable[..., Any], *, jit: bool) -> Callable[..., Any]:
    """Compile a function of arrays; JAX always compiles with XLA."""
    del jit
    return jax.jit(function)


def trace(program: Callable[..., Any], *arguments: Any) -> Callable[[], Any] | None:
    """Return None: JAX traces and compiles a function in one step, when it is called."""
    del program, arguments
    return None


def release(program: Callable[..., Any]) -> None:
    """Free what a compiled function holds; if it is called again, it is compiled again.

    JAX also keeps what it compiled for single operations on arrays of new shapes, as when a model is built. That can
    only be freed together with all programs, which are then compiled again, and so is freed now and then.
    """
    program.clear_cache()  # type: ignore[attr-defined]  # of what jax.jit returns
    if next(_releases) % RELEASES_PER_CLEARING == 0:
        clear: Callable[[], None] = jax.clear_caches
        clear()


def value_and_gradient(objective: Callable[[Any], Any], trainable: list[Any]) -> tuple[Any, list[Any]]:
    """Return the value of `objective(trainable)`, (loss, more), and the gradient of the loss."""
    return jax.value_and_grad(objective, has_aux=True)(trainable)


def stateless_optimizer(optimizer: Any) -> Any:
    """Return the optimizer unchanged: under JAX, Keras' optimizers have a working `stateless_apply`."""
    return optimizer


def vectorize(function: Callable[..., Any], *, stacked: int) -> Callable[..., Any]:
    """Compile a function for a stack of replicates: its first `stacked` arguments have a leading replicate axis."""

    def over(*arguments: Any) -> Any:
        axes = (*(0 for _ in arguments[:stacked]), *(None for _ in arguments[stacked:]))
        return jax.vmap(function, in_axes=axes)(*arguments)

    return jax.jit(over)


def devices(kind: str) -> list[Any]:
    """Return the devices of a kind, "cpu" or "gpu"."""
    return jax.devices(kind)


def free_memory_bytes(device: Any) -> int | None:
    """Return the free memory of a device, or None if it does not report it."""
    stats = device.memory_stats()
    return stats["bytes_limit"] - stats["bytes_in_use"] if stats and "bytes_limit" in stats else None


def peak_memory_bytes(device: Any) -> int | None:
    """Return the peak of the memory in use on a device, or None if it does not report it."""
    return (device.memory_stats() or {}).get("peak_bytes_in_use")


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that the device ran out of memory."""
    return isinstance(error, jax.errors.JaxRuntimeError) and "RESOURCE_EXHAUSTED" in str(error)
