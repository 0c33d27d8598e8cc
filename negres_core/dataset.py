"""A data set: plain arrays with a name, checked once, hashed once."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from negres_core.arrays import Named, is_same, label_arrays, map_arrays, take_rows
from negres_core.errors import InputError

Task = Literal["classification", "regression", "reconstruction"]
"""What targets ask for: class labels, values, or images."""


@dataclass(frozen=True, eq=False, kw_only=True)
class Dataset:
    """Inputs and targets of one data set, as plain arrays.

    Attributes:
        x: inputs, (rows, ...); or several, a dictionary of such arrays by the names of the model's inputs. Held as
            float32. An array that is float32 already is not copied: leave it as it is.
        y: targets. Integers shaped (rows,) are class labels 0 to classes - 1, held as int32 (classification); floats
            shaped (rows,) or (rows, columns) are values, held as float32 (regression); floats shaped (rows, height,
            width, channels) are images (reconstruction), which may be x itself.
        name: what the data set is called in tables and evidence.
        source: where the arrays came from, for the evidence.
        groups: None, or one label a row, (rows,): rows of one group never straddle two folds. For duplicates, or
            several rows of one subject.
        attributes: what else is known of each row, by name, (rows,): integers, held as int32, are labels from 0, and
            floats, held as float32, are values. No arm is trained on them; what is computed of an arm may ask for them.

    Raises:
        InputError: the arrays do not fit together, hold values that are not finite in float32, or are empty.
    """

    x: Any
    y: Any
    name: str
    source: str = "arrays given by the caller"
    groups: Any = None
    attributes: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.name, str) or not self.name:
            raise InputError("A data set needs a name.", received=self.name, remedy='Give one: Dataset(name="mine").')
        if isinstance(self.x, Mapping) and not (self.x and all(name and isinstance(name, str) for name in self.x)):
            raise InputError(
                f"Several inputs of data set {self.name!r} need a name each.",
                received=f"x with the names {list(self.x)}",
                remedy='Name them as the model\'s inputs are named: x={"image": images, "age": ages}.',
            )
        x: Any = map_arrays(lambda given: self._array("x", given), self.x)
        y = self._array("y", self.y)
        inputs = label_arrays(x, "x")
        for label, array in (*inputs.items(), ("y", y)):
            if array.dtype.kind not in "biuf":
                raise InputError(
                    f"`{label}` of data set {self.name!r} has to be an array of numbers.",
                    received=f"an array of dtype {array.dtype}",
                    remedy="Encode it first; class names become labels with np.unique(names, return_inverse=True)[1].",
                )
        for label, array in inputs.items():
            if array.ndim < 2:
                raise InputError(
                    f"`{label}` of data set {self.name!r} needs a row axis and at least one feature axis.",
                    received=f"{label} of shape {array.shape}",
                    remedy=f"Reshape a single feature with {label}.reshape(-1, 1).",
                )
            if y.ndim == 0 or len(array) != len(y):
                raise InputError(
                    f"`{label}` and `y` of data set {self.name!r} differ in length.",
                    received=f"{label} of shape {array.shape} and y of shape {y.shape}",
                    remedy="Give one target for each row of inputs.",
                )
            if not len(array):
                raise InputError(
                    f"Data set {self.name!r} is empty.",
                    received=f"{label} of shape {array.shape}",
                    remedy="Give 2 rows or more; look at what selected them.",
                )
        if y.ndim == 2 and y.shape[1] == 1:
            y = y[:, 0]
        if y.ndim > 1 and y.dtype.kind in "biu":
            raise InputError(
                f"`y` of data set {self.name!r} holds integers in several columns; is it one-hot?",
                received=f"y of shape {y.shape} and dtype {y.dtype}",
                remedy="Give class labels, y.argmax(axis=1), with a sparse loss; or floats, for a regression.",
            )
        with np.errstate(over="ignore"):  # what float32 cannot hold is found below
            x = map_arrays(lambda array: np.ascontiguousarray(array, dtype=np.float32), x)
            y = y.astype(np.float32, copy=False) if y.dtype.kind == "f" else y
        for label, array in (*label_arrays(x, "x").items(), ("y", y)):
            bad = ~np.isfinite(array)
            if bad.any():
                rows = np.flatnonzero(bad.reshape(len(array), -1).any(axis=1))
                raise InputError(
                    f"`{label}` of data set {self.name!r} holds values that are not finite.",
                    received=f"{int(bad.sum())} values are NaN or infinite as float32, the first in row {rows[0]}",
                    remedy="Impute, rescale or drop these rows before the data set is made.",
                )
        if y.dtype.kind in "biu" and (y.min() < 0 or y.max() > np.iinfo(np.int32).max):
            raise InputError(
                f"Class labels of data set {self.name!r} have to count from 0, in int32.",
                received=f"labels from {y.min()} to {y.max()}",
                remedy="Encode them with np.unique(labels, return_inverse=True)[1].",
            )
        y = y if y.dtype.kind == "f" else y.astype(np.int32, copy=False)
        groups = self.groups
        if groups is not None:
            groups = np.asarray(groups)
            if groups.shape != (len(y),):
                raise InputError(
                    f"`groups` of data set {self.name!r} needs one label a row.",
                    received=f"groups of shape {groups.shape} for {len(y)} rows",
                    remedy="Give a one-dimensional array as long as x.",
                )
            groups = np.unique(groups, return_inverse=True)[1].astype(np.int32)
        attributes = {name: self._attribute(name, given) for name, given in dict(self.attributes).items()}
        for name, value in (("x", x), ("y", y), ("groups", groups)):
            object.__setattr__(self, name, None if value is None else map_arrays(_read_only, value))
        object.__setattr__(self, "attributes", MappingProxyType(attributes))

    def _attribute(self, name: str, given: Any) -> np.ndarray:
        values = self._array(f"attributes[{name!r}]", given)
        if values.shape != (len(self.y),) or values.dtype.kind not in "biuf":
            raise InputError(
                f"Attribute {name!r} of data set {self.name!r} needs one number a row.",
                received=f"an array of shape {values.shape} and dtype {values.dtype}, for {len(self.y)} rows",
                remedy="Give labels as integers from 0, np.unique(names, return_inverse=True)[1], or values as floats.",
            )
        if not np.isfinite(values).all() or (values.dtype.kind != "f" and values.min() < 0):
            raise InputError(
                f"Attribute {name!r} of data set {self.name!r} holds what is no label and no value.",
                received=f"values from {values.min()} to {values.max()}",
                remedy="Count labels from 0, and leave out rows of which something is not known.",
            )
        return _read_only(values.astype(np.float32 if values.dtype.kind == "f" else np.int32))

    def _array(self, label: str, given: Any) -> np.ndarray:
        try:
            return np.asarray(given)
        except ValueError as error:
            raise InputError(
                f"`{label}` of data set {self.name!r} cannot be made an array.",
                received=str(error),
                remedy='Give rows of one shape; and several inputs by name, x={"image": images, "age": ages}.',
            ) from error

    def __len__(self) -> int:
        return len(self.y)

    @property
    def task(self) -> Task:
        """What the targets ask for."""
        if self.y.dtype.kind == "i":
            return "classification"
        return "reconstruction" if self.y.ndim == 4 else "regression"

    @property
    def input_shape(self) -> Named[tuple[int, ...]]:
        """Shape of one row of inputs; by name, where there are several."""
        return map_arrays(lambda array: tuple(array.shape[1:]), self.x)

    @cached_property
    def outputs(self) -> int:
        """Number of classes, or of target columns: how many outputs a model of this data set needs."""
        if self.task == "classification":
            return int(self.y.max()) + 1
        return 1 if self.y.ndim == 1 else int(self.y.shape[1])

    @cached_property
    def span(self) -> float:
        """From the smallest target to the largest: 1 for images from 0 to 1, and where all targets are equal."""
        return float(self.y.max() - self.y.min()) or 1.0

    @cached_property
    def digest(self) -> str:
        """SHA-256 over names, shapes, dtypes and bytes of x, y, groups and attributes."""
        digest = hashlib.sha256()
        arrays = [*label_arrays(self.x, "").items(), ("", self.y), ("", self.groups), *sorted(self.attributes.items())]
        for name, array in arrays:
            if array is not None:
                digest.update(f"{name}{array.dtype.str}{array.shape}".encode())
                digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def take(self, rows: np.ndarray) -> Dataset:
        """Return the data set of some rows, in the order of their numbers given."""
        x = take_rows(self.x, rows)
        return Dataset(
            x=x,
            # Images that are their own targets stay one array, of which there is one copy on a device.
            y=x if is_same(self.x, self.y) else self.y[rows],
            name=self.name,
            source=self.source,
            groups=None if self.groups is None else self.groups[rows],
            attributes=take_rows(self.attributes, rows),
        )

    def flatten(self, rows: Any = slice(None)) -> np.ndarray:
        """Return some rows of all inputs side by side, (rows, width), float32; several in the order of their names."""
        parts = [each[rows].reshape(len(self.y[rows]), -1) for each in label_arrays(self.x, "x").values()]
        return parts[0] if len(parts) == 1 else np.concatenate(parts, axis=1)

    @property
    def width(self) -> int:
        """Numbers in a row, of all inputs together."""
        return sum(math.prod(shape) for shape in label_arrays(self.input_shape, "x").values())

    def shuffle_rows(self, seed: int) -> np.ndarray:
        """Draw all row numbers in random order; of a classification, the classes take turns, the last one first.

        So the first few are balanced, as far as there are rows of every class, and ask for as many outputs as all do.
        """
        order = np.random.default_rng(seed).permutation(len(self))
        if self.task != "classification":
            return order
        labels = self.y[order]
        counts = np.bincount(labels)
        turns = np.empty(len(self), dtype=np.int64)
        turns[np.argsort(labels, kind="stable")] = np.concatenate([np.arange(count) for count in counts])
        return order[np.lexsort((-labels, turns))]

    def as_shown(self, values: np.ndarray) -> np.ndarray:
        """Return values of images as 8 bits show them, uint8: clipped to the range of the targets."""
        return np.clip(np.round((values - float(self.y.min())) * (255 / self.span)), 0, 255).astype(np.uint8)

    def __repr__(self) -> str:
        targets = f" of {self.y.shape[1:]}" if self.task == "reconstruction" else f", {self.outputs} outputs"
        return f"Dataset({self.name!r}, {len(self)} rows of {self.input_shape}, {self.task}{targets})"


def _read_only(array: np.ndarray) -> np.ndarray:
    view = array.view()
    view.flags.writeable = False
    return view
