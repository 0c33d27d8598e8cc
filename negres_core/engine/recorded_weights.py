"""Weights that a fit hands over before and after its training, from which controls see whether and what it trained."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from negres_core.arrays import digest_array
from negres_core.errors import InputError
from negres_core.evidence import TrainedWeight

WANTED = "Give a PyTorch module, its state_dict(), a Keras model, or a dictionary of names to arrays of numbers."
COUNTS = ("epochs", "steps")


class Recorder:
    """What the function of a fit is given as `record`: it is called before training and after it.

    Attributes:
        is_finite: whether all weights were finite at the last call.
    """

    def __init__(self) -> None:
        self.is_finite = True
        self._snapshots: list[dict[str, _Weight]] = []
        self._counts: dict[str, int] = {}

    def __call__(self, weights: Any, *, epochs: int | None = None, steps: int | None = None) -> None:
        """Record the weights of a model: at the first call those before training, at the last those after it.

        Args:
            weights: a PyTorch module, which tells which of its parameters are trained (`requires_grad`); or a Keras
                model; or a dictionary of names to arrays or tensors, such as a state_dict, of which every array of
                floats counts as trained.
            epochs: passes over the training fold in all, if known.
            steps: optimizer steps in all, if known.

        Raises:
            InputError: the weights are of another kind, or a count is not a positive integer.
        """
        for name, count in (("epochs", epochs), ("steps", steps)):
            if count is None:
                continue
            if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
                raise InputError(
                    f"`{name}` of `record` has to be a positive integer.",
                    received=f"{name}={count!r}",
                    remedy=f"Give the number of all {name}: record(model, {name}=30).",
                )
            self._counts[name] = int(count)
        self.is_finite = True
        self._snapshots.append({name: self._look_at(each) for name, each in _named(weights)})

    def _look_at(self, named: tuple[Any, bool, bool]) -> _Weight:
        value, is_trained, is_parameter = named
        array = _array_of(value)
        self.is_finite &= array.dtype.kind != "f" or bool(np.isfinite(array).all())
        is_trained &= array.dtype.kind in "fc"
        return _Weight(tuple(array.shape), digest_array(array), is_trained, is_parameter and not is_trained)

    def weights(self, name: str) -> list[TrainedWeight]:
        """Return each weight before and after training.

        Args:
            name: the name of the fit's function, for messages.

        Raises:
            InputError: the function did not call it twice, or handed over other weights after training.
        """
        if len(self._snapshots) < 2:
            raise InputError(
                f"{name} has a parameter `record`, so it has to call it before and after training.",
                received=f"{len(self._snapshots)} calls",
                remedy="Call record(model) when the model has been made, and again after training; or leave out the "
                "parameter.",
            )
        first, last = self._snapshots[0], self._snapshots[-1]
        if {path: each.shape for path, each in first.items()} != {path: each.shape for path, each in last.items()}:
            differing = sorted(path for path in first.keys() | last.keys() if _shape(first, path) != _shape(last, path))
            raise InputError(
                f"{name} records different weights before and after training.",
                received=", ".join(differing[:3]) + (", ..." if len(differing) > 3 else ""),
                remedy="Record the same model, or the same names, at both calls.",
            )
        return [
            TrainedWeight(
                path=path,
                shape=start.shape,
                trainable=start.is_trained or last[path].is_trained,
                frozen=start.is_frozen and last[path].is_frozen,
                start=start.digest,
                end=last[path].digest,
                inherited_from=None,
            )
            for path, start in first.items()
        ]

    def budget(self, weights: list[TrainedWeight]) -> dict[str, int]:
        """Return the budget: counts that were given, or 0, and numbers of weights."""
        sizes = [int(np.prod(weight.shape)) for weight in weights]
        trainable = sum(size for size, weight in zip(sizes, weights, strict=True) if weight.trainable)
        counts = {name: self._counts.get(name, 0) for name in COUNTS}
        return counts | {"trainable_weights": trainable, "weights": sum(sizes), "step_flops": 0}


class _Weight:
    """One weight at one call: its shape and digest, and whether it is trained, or a parameter that is kept still."""

    def __init__(self, shape: tuple[int, ...], digest: str, is_trained: bool, is_frozen: bool) -> None:
        self.shape, self.digest, self.is_trained, self.is_frozen = shape, digest, is_trained, is_frozen


def _shape(snapshot: Mapping[str, _Weight], path: str) -> tuple[int, ...] | None:
    return snapshot[path].shape if path in snapshot else None


def _named(weights: Any) -> Iterator[tuple[str, tuple[Any, bool, bool]]]:
    """Yield the name and the value of each weight, whether it is trained, and whether it could be."""
    if hasattr(weights, "named_parameters") and hasattr(weights, "named_buffers"):  # a module of PyTorch
        for name, parameter in weights.named_parameters():
            yield name, (parameter, bool(parameter.requires_grad), True)
        for name, buffer in weights.named_buffers():
            yield name, (buffer, False, False)
    elif hasattr(weights, "trainable_weights") and hasattr(weights, "weights"):  # a model of Keras
        from negres_core.engine.inheritance import weight_paths

        trained = {id(weight) for weight in weights.trainable_weights}
        for path, weight in zip(weight_paths(weights), weights.weights, strict=True):
            # A layer's statistics are not trained either; only the layer's own flag says that it is frozen.
            yield path, (weight, id(weight) in trained, False)
    elif isinstance(weights, Mapping) and weights and all(isinstance(name, str) for name in weights):
        for name, value in weights.items():
            yield name, (value, True, False)
    else:
        raise InputError("`record` takes the weights of a model.", received=weights, remedy=WANTED)


def _array_of(value: Any) -> np.ndarray:
    if hasattr(value, "detach"):
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) == "torch.bfloat16" else value  # which NumPy does not have
        value = value.numpy()
    elif hasattr(value, "value") and hasattr(value, "trainable"):  # a variable of Keras
        from keras import ops

        value = ops.convert_to_numpy(value)
    array = np.asarray(value)
    if array.dtype.kind not in "biufc":
        raise InputError("`record` takes arrays of numbers.", received=f"{type(value).__name__}", remedy=WANTED)
    return array
