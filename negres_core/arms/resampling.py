"""Resampling: the rows of a training fold that an arm is trained on, drawn or made by a sampler of its own.

A sampler, such as imbalanced-learn's SMOTE, is given the training fold of a cell alone, after preprocessing. The rows
that it returns are no rows of the data set: they follow those in the arrays of the cell, under numbers of their own.
Rows that are validated or tested are never resampled.
"""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from negres_core.arms.functions import name_of
from negres_core.arms.preprocessing import prepare_inputs
from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import count_share
from negres_core.arrays import Named, label_arrays, map_arrays
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.errors import InputError
from negres_core.seeds import derive_seed


@dataclass(frozen=True)
class PreparedRows:
    """The rows of a data set as they are prepared for one cell, followed by those that a sampler returned.

    Attributes:
        x: inputs, (rows, ...), or several by name; rows of the data set keep their numbers.
        y: targets, (rows, ...).
        targets: the targets that the last stage is trained on, those of several outputs by name.
        train: numbers of the rows to train on, int32.
    """

    x: Named[np.ndarray]
    y: np.ndarray
    targets: Named[np.ndarray]
    train: np.ndarray


def make_sampler(recipe: Recipe) -> Any:
    """Return a new sampler of a recipe that has `resample`.

    Raises:
        InputError: `resample` does not return a sampler.
    """
    sampler: Any = recipe.resample() if recipe.resample else None
    if isinstance(sampler, type) or not callable(getattr(sampler, "fit_resample", None)):
        raise InputError(
            "`resample` has to return a sampler with `fit_resample`, such as those of imbalanced-learn.",
            received=sampler,
            remedy="Return one such as imblearn.over_sampling.SMOTE().",
        )
    return sampler


def rows_of_share(cell: Cell, share: float | None) -> np.ndarray:
    """Return the rows of a training fold that a stage is trained on, ascending; all of them without a share."""
    if share is None:
        return cell.train
    rng = np.random.default_rng(derive_seed("share", repeat=cell.repeat, fold=cell.fold))
    return np.sort(rng.permutation(cell.train)[: count_share(len(cell.train), share)])


def count_trained(recipe: Recipe, data: Dataset, cell: Cell) -> int:
    """Return how many rows the last stage of a recipe, or its fit, is trained on in a cell.

    A sampler may return more or fewer than there are in the training fold.
    """
    if recipe.resample is not None:
        return len(prepare_rows(recipe, data, cell).train)
    return count_share(len(cell.train), recipe.share)


def prepare_rows(recipe: Recipe, data: Dataset, cell: Cell) -> PreparedRows:
    """Return the rows of a data set, prepared for one cell, and the rows to train on.

    Args:
        recipe: its `preprocess` is fitted on the training fold, and its `resample` resamples it.
        data: the data set.
        cell: the rows of the training fold.

    Raises:
        InputError: the sampler fails on the training fold, or returns something else than rows of this kind.
    """
    x = prepare_inputs(recipe, data, cell)
    if recipe.resample is None:
        losses = recipe.last.losses if recipe.stages and recipe.fit is None else ()
        return PreparedRows(x, data.y, data.targets_of(losses), rows_of_share(cell, recipe.share))
    parts = label_arrays(x, "")
    flat = np.concatenate([part[cell.train].reshape(len(cell.train), -1) for part in parts.values()], axis=1)
    seed = derive_seed("resample", repeat=cell.repeat, fold=cell.fold)
    new_x, new_y = _resample(recipe, flat, data.y[cell.train], seed=seed, of=data.name)
    widths = np.cumsum([part[0].size for part in parts.values()])
    columns = dict(zip(parts, np.split(new_x, widths[:-1], axis=1), strict=True))
    joined = {
        name: np.concatenate([part, columns[name].reshape(len(new_y), *part.shape[1:])]) for name, part in parts.items()
    }
    names, y = iter(parts), np.concatenate([data.y, new_y])
    return PreparedRows(
        x=map_arrays(lambda _: joined[next(names)], x),
        y=y,
        targets=y,
        train=np.arange(len(data), len(data) + len(new_y), dtype=np.int32),
    )


def _resample(recipe: Recipe, x: np.ndarray, y: np.ndarray, *, seed: int, of: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the rows of a training fold as a sampler returns them, in the dtypes of the fold."""
    sampler, name = make_sampler(recipe), name_of(recipe.resample) if recipe.resample else ""
    if hasattr(sampler, "get_params"):
        unset = {key for key, value in sampler.get_params().items() if value is None and key.endswith("random_state")}
        sampler = sampler.set_params(**dict.fromkeys(unset, seed)) if unset else sampler
    try:
        with _seeded(seed):
            returned = sampler.fit_resample(x.copy(), y.copy())
        new_x, new_y = (np.asarray(each) for each in returned)
    except InputError:
        raise
    except Exception as error:
        classes = f", with {_in_words(y)}" if y.dtype.kind == "i" and y.ndim == 1 else ""
        raise InputError(
            f"The sampler of {name} cannot resample a training fold of {of!r}.",
            received=f"{len(x)} rows of {x.shape[1]} values{classes}, and from the sampler: {error}",
            remedy="Return a sampler of numbers for these targets. SMOTE needs more rows of each class that it adds to "
            "than it has neighbours: SMOTE(k_neighbors=2).",
        ) from error
    is_same_kind = new_x.ndim == 2 and new_x.shape[1] == x.shape[1] and new_y.shape == (len(new_x), *y.shape[1:])
    if not is_same_kind or not len(new_x) or new_x.dtype.kind not in "biuf" or not np.isfinite(new_x).all():
        raise InputError(
            f"The sampler of {name} has to return finite inputs of the same width, and one target for each row.",
            received=f"inputs of shape {new_x.shape} and targets of shape {new_y.shape} for rows of {x.shape[1]} "
            f"values and targets of shape {y.shape}",
            remedy="Return (x, y) from `fit_resample`, plain arrays; to encode or scale, use `preprocess`.",
        )
    if y.dtype.kind == "i" and not np.isin(new_y, y).all():
        raise InputError(
            f"The sampler of {name} returns labels that the training fold does not have.",
            received=f"labels {', '.join(map(str, np.setdiff1d(new_y, y)[:5]))}",
            remedy="Return rows of the same classes.",
        )
    return new_x.astype(np.float32), new_y.astype(y.dtype)


def _in_words(y: np.ndarray) -> str:
    """Return how many rows each class has, in words."""
    labels, counts = np.unique(y, return_counts=True)
    return ", ".join(f"{count} of class {label}" for label, count in zip(labels, counts, strict=True))


@contextlib.contextmanager
def _seeded(seed: int) -> Iterator[None]:
    """Seed the global generators, from which a sampler of the user's own may draw, and restore them in the end."""
    state, numpy_state = random.getstate(), np.random.get_state()  # noqa: NPY002  # the one that user code draws from
    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(state)
        np.random.set_state(numpy_state)  # noqa: NPY002
