"""Initial draws: the initial weights that a build function gives for a seed, without building its model again.

Keras draws a number for each layer that is random, by Python's generator, and the initial weights are a function of it.
Most of the time of a small replicate is that of building its model, of which nothing else differs by the seed.
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
        value: its value under the seed that was tried.
        initializer: what makes it of a drawn number; None if it is that number, the state of a generator.
        place: which of the drawn numbers; None if the value is the same under all seeds.
    """

    value: np.ndarray
    initializer: Any = None
    place: int | None = None

    def under(self, draws: Sequence[int]) -> np.ndarray:
        if self.place is None:
            return self.value
        if self.initializer is None:
            return np.array([draws[self.place], 0], dtype=self.value.dtype)
        self.initializer.seed = draws[self.place]
        value = self.initializer(self.value.shape, dtype=keras.backend.standardize_dtype(self.value.dtype))
        return np.asarray(ops.convert_to_numpy(value))


@dataclass(frozen=True)
class InitialDraws:
    """The initial values of a build function's models under any seed."""

    _sources: Sequence[_Source]

    def values(self, seed: int) -> list[np.ndarray]:
        """Return the initial value of each of `model.variables` under a seed of `build_model`."""
        places = [source.place for source in self._sources if source.place is not None]
        draws = _draws(seed, max(places, default=-1) + 1)
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
        if variable.name == "seed_generator_state":
            sources.append(_Source(value, place=places.get(int(value[0]))))
        else:
            drawn = getattr(initializer, "seed", None)
            sources.append(_Source(value, initializer, places.get(drawn) if isinstance(drawn, int) else None))
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
