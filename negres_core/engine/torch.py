"""The functions that the reference engine and the inspection of models need from PyTorch, which no engine compiles."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import torch

from negres_core.arrays import Named, map_arrays
from negres_core.engine.contract import NotBatchableError
from negres_core.errors import DeviceError


class Scope(keras.StatelessScope):
    """The scope of a call of a model, in which gradients end at a variable, as in keras.Model.fit under PyTorch."""

    def add_update(self, update: tuple[Any, Any]) -> None:
        """Remember the new value of a variable."""
        variable, value = update
        super().add_update((variable, value.detach() if isinstance(value, torch.Tensor) else value))


def put(arrays: Named[np.ndarray], device: Any = None) -> Any:
    """Copy an array, or several by name, to a device, or to the one that Keras chose; optimizers change it in place."""
    with keras.device(device or keras_device()):
        return map_arrays(lambda array: keras.ops.convert_to_tensor(array.copy()), arrays)


def keras_device() -> str:
    """Return the device that Keras puts tensors on, such as "cpu" or "cuda:0"."""
    return str(keras.ops.zeros(()).device)


def compile_program(function: Callable[..., Any], *, jit: bool) -> Callable[..., Any]:
    """Refuse, because no engine compiles whole epochs for PyTorch."""
    del function, jit
    raise DeviceError(
        "The compiled engine trains with Keras on TensorFlow or JAX, not on PyTorch.",
        received="the Keras backend 'torch'",
        remedy="Leave the choice of the engine to negres, or set KERAS_BACKEND to tensorflow or jax.",
    )


def vectorize(function: Callable[..., Any], *, stacked: int) -> Callable[..., Any]:
    """Refuse, because no engine stacks replicates for PyTorch."""
    del function, stacked
    raise NotBatchableError("no engine stacks replicates for PyTorch")


def value_and_gradient(objective: Callable[[Any], Any], trainable: list[Any]) -> tuple[Any, list[Any]]:
    """Return the value of `objective(trainable)`, (loss, more), and the gradient of the loss."""
    leaves = [torch.as_tensor(each).detach().clone().requires_grad_(True) for each in trainable]
    loss, more = objective(leaves)
    gradients = torch.autograd.grad(loss, leaves, allow_unused=True)
    pairs = zip(leaves, gradients, strict=True)
    filled = [torch.zeros_like(leaf) if gradient is None else gradient for leaf, gradient in pairs]
    return (loss.detach(), more), filled


def stateless_optimizer(optimizer: Any) -> Any:
    """Return the optimizer unchanged: under PyTorch, Keras' optimizers have a working `stateless_apply`."""
    return optimizer


def gpu_names() -> list[str]:
    """Return the names of the GPUs that PyTorch can use."""
    return [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]


def use_processor() -> None:
    """Let Keras put tensors on the processor, and hide GPUs from what has not looked for them yet."""
    os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
    # Keras chose a default when it was imported, and has no function to change it for all that follows.
    sys.modules["keras.src.backend.torch.core"].DEFAULT_DEVICE = "cpu"  # type: ignore[attr-defined]
