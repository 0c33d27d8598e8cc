"""What the compiled engine needs of TensorFlow."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import tensorflow as tf

from negres_core.arrays import Named, map_arrays
from negres_core.engine.contract import NotBatchableError

# Where the arguments of a graph take more than 200 MB, TensorFlow's graph optimizer turns sums of gradients into
# temporary variables, over which two traces of one loop crash the process. That has no switch of its own. The whole
# optimizer gains nothing here that could be measured: an epoch of a convolutional autoencoder takes .50 to .54 s with
# it and .49 to .60 s without, in one run.
tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def put(arrays: Named[np.ndarray], device: str | None = None) -> Any:
    """Place an array, or several by name, on a device, or on the default one."""
    with tf.device(device):
        return map_arrays(tf.constant, arrays)


def compile_program(function: Callable[..., Any], *, jit: bool) -> Callable[..., Any]:
    """Compile a function of tensors, under XLA where `jit`; a Python integer becomes a tensor, not a new trace."""
    # A partial has no code object, by which TensorFlow would take every program for one that is traced too often.
    traced = tf.function(functools.partial(function), jit_compile=jit, autograph=False)

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
    the other backends use as it is, does not: its methods are put in front of those that TensorFlow's class overrides,
    and behind an optimizer's own.
    """
    given = type(optimizer)
    plain = next(kind for kind in given.__mro__ if kind.__name__ == "BaseOptimizer")
    special = next(kind for kind in given.__mro__ if kind.__name__ == "TFOptimizer")
    restored = {name: vars(plain)[name] for name in vars(special) if name in vars(plain) and not name.startswith("__")}
    in_front = type("StatelessOptimizer", (), restored)

    class Lineage(type(given)):  # type: ignore[misc]  # the metaclass of an optimizer is known when it is given
        def mro(cls) -> list[type]:
            lineage = list(given.__mro__)
            lineage.insert(lineage.index(special), in_front)
            return [cls, *lineage]

    # The class is exchanged on the optimizer itself: a copy would need its schedule to survive its own get_config.
    object.__setattr__(optimizer, "__class__", Lineage(given.__name__, (given,), {}))
    return optimizer


def vectorize(function: Callable[..., Any], *, stacked: int) -> Callable[..., Any]:
    """Compile a function for a stack of replicates: its first `stacked` arguments have a leading axis over them.

    Raises:
        NotBatchableError: at the first call, where TensorFlow cannot: a convolution whose filter differs by replicate
            is such a case.
    """

    def over(*arguments: Any) -> Any:
        shared = arguments[stacked:]
        return tf.vectorized_map(
            lambda each: function(*each, *shared), tuple(arguments[:stacked]), fallback_to_while_loop=False
        )

    compiled = compile_program(over, jit=False)

    def call(*arguments: Any) -> Any:
        try:
            return compiled(*arguments)
        except (ValueError, NotImplementedError) as error:
            raise NotBatchableError(str(error).splitlines()[0]) from error

    return call


def devices(kind: str) -> list[str]:
    """Return the devices of a kind, "cpu" or "gpu"."""
    return [device.name for device in tf.config.list_logical_devices(kind.upper())]


def free_memory_bytes(device: str) -> int | None:
    """Return the free memory of a device, or None where it does not tell."""
    del device  # TensorFlow tells what it uses, not what there is
    return None


def peak_memory_bytes(device: str) -> int | None:
    """Return the most memory that was in use on a device, or None where it does not tell."""
    return tf.config.experimental.get_memory_info(device)["peak"] if "GPU" in device else None


def is_out_of_memory(error: BaseException) -> bool:
    """Tell whether an error says that the device's memory ran out."""
    return isinstance(error, tf.errors.ResourceExhaustedError)
