"""Initial draws: the initial weights that a build function gives for a seed, without building its model again.

Keras draws a number for each layer that is random, by Python's generator, and the initial weights are a function of it.
Building its model takes most of the time of a small replicate, and nothing else in the model differs by the seed.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
from keras import ops

from negres_core.arms.stage import Build
from negres_core.dataset import Dataset
from negres_core.engine.model import build_model

MOST_DRAWS = 4096
"""Most numbers that building a model may draw."""


@dataclass(frozen=True)
class _Source:
    """Where the initial value of a variable comes from.

    Attributes:
        shape: its shape.
        dtype: its dtype.
        constant: its value under all seeds; None if it is drawn, so that large weights are not kept.
        initializer: what makes it of a drawn number; None if it is that number, the state of a generator.
        place: which of the drawn numbers.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any]
    constant: np.ndarray | None = None
    initializer: Any = None
    place: int = -1

    def under(self, draws: Sequence[int]) -> np.ndarray:
        if self.constant is not None:
            return self.constant
        if self.initializer is None:
            return np.array([draws[self.place], 0], dtype=self.dtype)
        self.initializer.seed = draws[self.place]
        value = self.initializer(self.shape, dtype=keras.backend.standardize_dtype(self.dtype))
        return np.asarray(ops.convert_to_numpy(value))


@dataclass(frozen=True)
class InitialDraws:
    """The initial values of a build function's models under any seed."""

    _sources: Sequence[_Source]

    def values(self, seed: int) -> list[np.ndarray]:
        """Return the initial value of each of `model.variables` under a seed of `build_model`."""
        draws = _draws(seed, 1 + max((source.place for source in self._sources), default=-1))
        return [source.under(draws) for source in self._sources]


def find_draws(build: Build, data: Dataset, built: Mapping[int, Sequence[np.ndarray]]) -> InitialDraws | None:
    """Find how the initial weights of a build function follow from its seed; None if they do not in this way.

    Args:
        build: the build function.
        data: the data set.
        built: by seed, the initial values of all variables of a model that was built; what is found has to give the
            same bits. Two seeds at least.
    """
    seed = min(built)
    try:
        draws = InitialDraws(_sources(build, data, seed=seed))
        is_found = all(_are_same(draws.values(each), values) for each, values in built.items())
    except Exception:  # a function that computes with weights, or an initializer of the user's own
        return None
    return draws if is_found else None


def _sources(build: Build, data: Dataset, *, seed: int) -> list[_Source]:
    # Inside the scope variables have no values yet, and remember what initializes them.
    with keras.StatelessScope():
        model = build_model(build, data, seed=seed)
        initializers = [variable._initializer for variable in model.variables]
    places = {draw: place for place, draw in enumerate(_draws(seed, MOST_DRAWS))}
    sources = []
    for variable, initializer in zip(model.variables, initializers, strict=True):
        value = np.asarray(ops.convert_to_numpy(variable))
        is_state = variable.name == "seed_generator_state"
        drawn = int(value[0]) if is_state else getattr(initializer, "seed", None)
        place = places.get(drawn) if isinstance(drawn, int) else None
        if place is None:
            sources.append(_Source(value.shape, value.dtype, constant=value))
        else:
            sources.append(
                _Source(value.shape, value.dtype, initializer=None if is_state else initializer, place=place)
            )
    return sources


def _draws(seed: int, count: int) -> list[int]:
    """Return the numbers that Keras draws after `keras.utils.set_random_seed(seed)`."""
    generator = random.Random(seed)
    return [generator.randint(1, int(1e9)) for _ in range(count)]


def _are_same(ones: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> bool:
    return len(ones) == len(others) and all(
        (one.dtype, one.shape, one.tobytes()) == (other.dtype, other.shape, other.tobytes())
        for one, other in zip(ones, others, strict=True)
    )
